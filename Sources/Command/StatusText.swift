import Platform

/// The report as a person reads it.
extension StatusReport {
  /// - Parameter now: seconds since the Unix epoch.
  func text(now: Int64) -> String {
    accounts.map { account in
      let isAsked = userInfo != nil && userInfo?.account == account.account
      return account.text(
        now: now, userInfo: isAsked ? userInfo : nil,
        exposures.filter { $0.account == account.account })
    }.joined(separator: "\n")
  }

  /// What is to be said beside the accounts, on standard error.
  var remarks: [String] {
    guard let agent else {
      return accounts.contains { $0.state == "closed" }
        ? ["no agent is running; sallyport unlock starts one and opens the vault"]
        : ["no agent is running, so nobody is signed in"]
    }
    var remarks: [String] = []
    if agent.version != Self.ownVersion {
      remarks.append(
        "the agent is version \(agent.version), this is \(Self.ownVersion): run sallyport stop")
    }
    remarks += agent.vault.remarks
    if agent.memoryGuard == "plain" {
      remarks.append("the agent's secrets are in ordinary memory, which may be swapped to disk")
    }
    if let error = agent.logError {
      remarks.append("it is not written down who gets tokens: \(error)")
    }
    if let error = agent.configurationError { remarks.append("configuration: \(error)") }
    return remarks
  }
}

extension AccountStatus {
  fileprivate func text(
    now: Int64, userInfo: UserInfo?, _ exposures: [ExposureStatus]
  ) -> String {
    var lines = ["\(account): \(headline)"]
    lines.append(row("issuer", issuer))
    lines.append(row("client", clientID.map { $0 + (isRegistered ? " (registered here)" : "") }))
    lines.append(row("scope", scope))
    for resource in resources { lines.append(row("resource", resource)) }
    lines.append(row("token", token))
    lines.append(row("narrower", narrower))
    // A token that was refreshed was obtained then: one line says it.
    lines.append(
      row("obtained", lastRefreshAt == nil ? obtainedAt.map { Self.ago($0, now: now) } : nil))
    lines.append(row("refreshed", lastRefreshAt.map { Self.ago($0, now: now) }))
    lines.append(row("refresh", nextRefreshAt.map { "in \(Timestamp.length(Self.gap(now, $0)))" }))
    lines.append(row("ends", end(now: now)))
    for url in credentialURLs { lines.append(row("answers", url)) }
    for exposure in exposures { lines.append(row("exposed", exposure.text)) }
    for allowed in allowed { lines.append(row("allow", allowed)) }
    lines.append(row("confirm", confirm))
    lines.append(row("warning", warning))
    lines.append(row("error", lastError.map { $0 + errorTime(now: now) }))
    lines.append(row("try", hint))
    if let userInfo { lines += ["  userinfo"] + userInfo.lines }
    return lines.filter { !$0.isEmpty }.joined(separator: "\n") + "\n"
  }

  private var headline: String {
    let person = (username ?? subject).map { " as \(printable($0, limit: 100))" } ?? ""
    return switch state {
    case "signed-in": "signed in\(person)"
    case "refreshing": "signed in\(person), refreshing now"
    case "signing-in": "a sign-in is going on"
    case "expired": "signed in\(person), but the token has expired"
    case "signed-out": "signed out"
    case "locked": "locked"
    case "closed": "not known, because the vault is closed"
    default: printable(state, limit: 40)
    }
  }

  private var token: String? {
    guard let expiresIn else { return nil }
    let time =
      expiresIn > 0 ? "valid for \(Timestamp.length(expiresIn))" : "expired"
    let refresh = isRefreshable == false ? ", cannot be refreshed" : ""
    return time + refresh + (isBound ? ", good only with a proof (DPoP)" : "")
  }

  /// When the session ends by `lifetime` or `idle`.
  private func end(now: Int64) -> String? {
    let ends = [
      lifetimeEndsAt.map { "in \(Timestamp.length(Self.gap(now, $0)))" },
      idleEndsAt.map { "in \(Timestamp.length(Self.gap(now, $0))) if it is not used" },
    ].compactMap(\.self)
    return ends.isEmpty ? nil : ends.joined(separator: ", or ")
  }

  private var narrower: String? {
    guard let narrowed, narrowed > 0 else { return nil }
    return narrowed == 1 ? "one token for less than that" : "\(narrowed) tokens for less than that"
  }

  private func errorTime(now: Int64) -> String {
    lastErrorAt.map { " (\(Self.ago($0, now: now)))" } ?? ""
  }

  private func row(_ name: String, _ value: String?) -> String {
    guard let value else { return "" }
    let padding = String(repeating: " ", count: max(0, 9 - name.utf8.count))
    return "  \(name)\(padding) \(printable(value))"
  }

  private static func ago(_ instant: Int64, now: Int64) -> String {
    let seconds = gap(instant, now)
    return seconds == 0 ? "just now" : "\(Timestamp.length(seconds)) ago"
  }

  /// Seconds from one instant to a later one; none when it is not later.
  private static func gap(_ from: Int64, _ to: Int64) -> Int64 {
    let (seconds, overflow) = to.subtractingReportingOverflow(from)
    return overflow ? 0 : max(0, seconds)
  }
}
