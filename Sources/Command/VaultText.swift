import Platform

extension VaultReport {
  /// The report as a person reads it.
  var text: String {
    var lines = ["vault: \(sentence)"]
    lines.append(row("source", state == "memory" ? nil : source))
    lines.append(row("setting", settingRow))
    lines.append(row("file", state == "memory" ? nil : fileRow))
    // While it is closed, nobody knows how many there are.
    lines.append(row("accounts", isLocked ? nil : accounts.map(String.init)))
    lines.append(row("error", error))
    lines.append(row("try", remedy))
    return lines.filter { !$0.isEmpty }.joined(separator: "\n") + "\n"
  }

  /// What the state means.
  var sentence: String {
    switch state {
    case "memory": "in memory alone: sessions end with the agent"
    case "absent":
      source == "passphrase"
        ? "not made yet; a sign-in or sallyport unlock asks for a new passphrase"
        : "not made yet; the first sign-in makes it"
    case "sealed": "closed: the agent does not have its key"
    case "opening": "being opened"
    case "open": "open"
    case "locking": "being locked"
    case "locked": "locked, in memory alone: sessions end with the agent"
    case "faulty": "cannot be used; sessions are in memory alone"
    case "closed": "closed: no agent is running; sallyport unlock starts one and opens it"
    case .some(let state): printable(state, limit: 40)
    case nil: "unknown: the agent does not tell"
    }
  }

  /// A command that helps.
  var remedy: String? {
    if let hint { return hint }
    if isLocked { return "sallyport unlock" }
    guard isOfAnotherSource, let configured else { return nil }
    return "sallyport vault change \(shellQuoted(configured))"
  }

  /// What `status` says of it beside the accounts; nothing while all is well.
  var remarks: [String] {
    var remarks: [String] = []
    switch state {
    case "sealed", "locked":
      // What a command of another kind mends stands with the reason.
      let isOfAnother = error != nil && hint != nil && hint != "sallyport unlock"
      remarks.append(
        isOfAnother ? "the vault is locked" : "the vault is locked: run sallyport unlock")
    case "opening", "locking": remarks.append("the vault is \(sentence)")
    case "faulty": remarks.append("the vault cannot be used, and sessions are in memory alone")
    default: break
    }
    if let error {
      let way = hint.flatMap { $0 == "sallyport unlock" ? nil : ": try \($0)" }
      remarks.append("vault: \(error)\(way ?? "")")
    }
    return remarks
  }

  private var settingRow: String? {
    guard let configured else { return nil }
    return isOfAnotherSource ? "\(configured), which is not what is in use" : configured
  }

  private var fileRow: String? {
    guard let path else { return nil }
    return bytes.map { "\(path), \(Self.size($0))" } ?? path
  }

  static func size(_ bytes: Int64) -> String {
    switch bytes {
    case ..<10_240: "\(bytes) bytes"
    case ..<10_485_760: "\(bytes / 1024) KiB"
    default: "\(bytes / 1_048_576) MiB"
    }
  }

  private func row(_ name: String, _ value: String?) -> String {
    guard let value else { return "" }
    let padding = String(repeating: " ", count: max(0, 9 - name.utf8.count))
    return "  \(name)\(padding) \(printable(value))"
  }

  /// The report as one line of JSON, with the names of the protocol.
  func json() -> JSONText {
    var json = JSONText()
    json.beginObject()
    let texts: [(StaticString, String?)] = [
      ("vault", source), ("configured", configured), ("vault_state", state), ("vault_path", path),
    ]
    for (key, value) in texts {
      if let value { json.add(key, value) }
    }
    if let accounts { json.add("accounts", accounts) }
    if let bytes { json.add("bytes", bytes) }
    if let error { json.add("vault_error", error) }
    if let hint { json.add("vault_hint", hint) }
    json.endObject()
    json.endLine()
    return json
  }
}
