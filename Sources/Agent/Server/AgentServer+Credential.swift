import Attributes
import Configuration
import Platform
import Secrets

/// git's credential helper: which account answers for a URL, and in which form.
extension AgentServer {
  func get(_ request: AttributeBlock, of connection: Connection, now: BootInstant) {
    switch accountForURL(of: request) {
    case .none: answer(connection) { _ in }
    case .ambiguous(let names):
      answer(
        connection,
        Failure(
          .failed, "several accounts answer for this URL: \(names.joined(separator: ", "))",
          hint: "git config --global credential.useHttpPath true"))
    case .account(let settings):
      let onDemand = settings["login"] == "on-demand" && request.flag("interactive")
      let credential = TokenRequest(
        connection: connection.id,
        form: .credential(
          asBearer: wantsBearer(request), username: username(for: request, settings)),
        validity: RefreshPolicy.defaultValidity, mayLogin: onDemand)
      admit(connection, to: made(settings.name), for: .get, mayLogin: onDemand, now: now) {
        self.serve(credential, from: $0, to: $1, now: $2)
      }
    }
  }

  /// The rejected password is forgotten, if it is the token that was handed out last.
  func erase(_ request: AttributeBlock, of connection: Connection) {
    if case .account(let settings) = accountForURL(of: request),
      let session = accounts[settings.name.text]?.session, let token = session.accessToken
    {
      let rejected = request["password"] ?? request["credential"]
      if rejected.map({ token.equalsInConstantTime($0) }) ?? true { session.dropAccessToken() }
    }
    answer(connection) { _ in }
  }

  private enum Choice {
    case none
    case account(AccountSettings)
    case ambiguous([String])
  }

  private func accountForURL(of request: AttributeBlock) -> Choice {
    guard let url = CredentialRequest(request) else { return .none }
    let matches = configuration.accounts(answering: url)
    if matches.count < 2 { return matches.first.map(Choice.account) ?? .none }
    return .ambiguous(matches.map(\.name.text))
  }

  private func username(for request: AttributeBlock, _ settings: AccountSettings) -> String? {
    request.string("username") ?? settings["username"]
  }

  /// Whether the caller can take a Bearer credential and the server asks for nothing else.
  ///
  /// Where a server offers Basic as well, the token goes as a password: GitLab takes nothing else
  /// for git, and no server that offers Basic is known to refuse it.
  func wantsBearer(_ request: AttributeBlock) -> Bool {
    guard request.strings("capability").contains("authtype") else { return false }
    let schemes = request.strings("wwwauth").map { $0.prefix { $0 != " " }.lowercased() }
    return schemes.contains("bearer") && !schemes.contains("basic")
  }

  func writeCredential(
    _ token: AccessToken, to reply: inout SecretBuffer, asBearer: Bool, username: String?,
    now: BootInstant
  ) throws(AttributeFault) {
    if asBearer {
      // git demands that a reply repeats each capability it makes use of, and before using it.
      try reply.append(key: "capability", isList: true, value: "authtype")
      try reply.append("authtype", token.type)
      try token.secret?.withUnsafeBytes { (bytes) throws(AttributeFault) in
        try reply.append("credential", bytes)
      }
      reply.append("ephemeral", constant: "1")
    } else {
      try reply.append("username", username ?? "oauth2")
      try token.secret?.withUnsafeBytes { (bytes) throws(AttributeFault) in
        try reply.append("password", bytes)
      }
    }
    if let expiresAt = token.expiresAt {
      reply.append("password_expiry_utc", expiresAt)
    }
  }
}
