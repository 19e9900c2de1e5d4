import Platform

/// What the server says about itself once it listens.
struct StartBlock {
  let settings: Settings
  let port: UInt16
  /// The file whose certificates a client has to trust; `nil` without TLS, or without a file.
  let certificateFile: String?
  let processID: Int32

  /// For programs: an attribute block, ended by a blank line.
  var attributes: String {
    var lines = [("issuer", settings.issuer), ("port", String(port))]
    lines += AuthorizationServer.announced.map { ($0.name, settings.address(of: $0.place)) }
    if settings.behaviour.servesResource {
      lines.append(("resource", settings.address(of: .resource)))
      lines.append(("admin_resource", settings.address(of: .adminResource)))
      lines.append(("strong_resource", settings.address(of: .strongResource)))
    }
    if let fault = settings.misbehaviour?.fault { lines.append(("fault", fault.name)) }
    let builtIn = RegisteredClient.builtIn.compactMap { settings.clients[$0.id] }
    for client in builtIn {
      lines.append((client.isPublic ? "client_id" : "confidential_client_id", client.id))
      if let secret = client.secret { lines.append(("confidential_client_secret", secret)) }
    }
    if let certificateFile { lines.append(("ca_file", certificateFile)) }
    lines.append(("pid", String(processID)))
    return lines.map { "\($0.0)=\($0.1)\n" }.joined() + "\n"
  }

  /// For a person: what to do with it.
  var greeting: [String] {
    fault + [
      "practice server at \(settings.issuer), for this machine alone; control-c stops it", "",
      "  \(command)", "",
      "It signs you in as anyone, without a password, and keeps nothing when it stops.",
    ]
  }

  /// What is wrong with it, if anything.
  private var fault: [String] {
    guard let fault = settings.misbehaviour?.fault else { return [] }
    return ["this server misbehaves: \(fault.name) (\(fault.section))"]
  }

  /// The command to paste.
  private var command: String {
    let login = "sallyport login practice --issuer \(settings.issuer) --client-id practice"
    return certificateFile.map { "\(login) --ca-file \(shellQuoted($0))" } ?? login
  }
}
