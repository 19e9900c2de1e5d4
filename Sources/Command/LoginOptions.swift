import Attributes
import Configuration
import Glibc
import Platform

/// The options of `login` that stand for settings of an account.
enum LoginOptions {
  static let options: [Option] = [
    Option("issuer", "URL", key: "issuer", "the server; its endpoints are discovered"),
    Option("client-id", "ID", key: "client_id", "the client as registered there"),
    Option("scope", "SCOPES", key: "scope", "what to ask for, separated by spaces"),
    Option(
      "redirect-uri", "URI", isRepeatable: true, key: "redirect_uri",
      "default http://localhost:3000/callback; repeatable, tried in order"),
    Option("resource", "URI", key: "resource", "the API the token is for (RFC 8707)"),
    Option(
      "authorization-endpoint", "URL", key: "authorization_endpoint", "wins over what is discovered"
    ),
    Option("token-endpoint", "URL", key: "token_endpoint", "wins over what is discovered"),
    Option(
      "revocation-endpoint", "URL", key: "revocation_endpoint", "wins over what is discovered"),
    Option("jwks-uri", "URL", key: "jwks_uri", "wins over what is discovered"),
    Option(
      "client-secret-file", "FILE", completion: .file, key: "client_secret_file",
      "a file whose first line is the client secret"),
    Option(
      "client-secret-command", "COMMAND", key: "client_secret_command",
      "a command that prints the client secret"),
    Option(
      "token-endpoint-auth-method", "METHOD", completion: .words(KnownKey.authenticationMethods),
      key: "token_endpoint_auth_method", "none, client_secret_basic or client_secret_post"),
    Option(
      "authorize", "NAME=VALUE", isRepeatable: true, key: "authorize.NAME",
      "another parameter of the authorization request; repeatable"),
    Option(
      "credential-url", "URL", isRepeatable: true, key: "credential_url",
      "answer git and others for this URL; repeatable"),
    Option("username", "NAME", key: "username", "the user name git and mail programs get"),
    Option("ca-file", "FILE", completion: .file, key: "ca_file", "certificates to trust, PEM"),
    Option("proxy", "URL", key: "proxy", "an HTTP proxy to the server"),
  ]

  /// The settings a command line gives, in its order, each judged as the configuration file would.
  static func settings(of invocation: Invocation) throws(Failure) -> [Setting] {
    var settings: [Setting] = []
    for (option, value) in invocation.options {
      guard let key = option.key else { continue }
      settings.append(try setting(option, key: key, value, invocation))
    }
    return settings
  }

  private static func setting(
    _ option: Option, key: String, _ value: String, _ invocation: Invocation
  ) throws(Failure) -> Setting {
    if option.name == "authorize" { return try parameter(value, invocation) }
    var value = value
    if case .file = option.completion { value = try absolute(value) }
    guard let known = KnownKey.named(key) else {
      throw invocation.mistake("--\(option.name) cannot be used")
    }
    let fault = known.fault(in: value)
    if option.name == "issuer", let better = IssuerAdvice(value, isUnfit: fault != nil) {
      throw better.failure(fault: fault, account: invocation.operand)
    }
    if let fault { throw invocation.mistake("--\(option.name) \(fault)") }
    return Setting(key: key, value: value)
  }

  /// `NAME=VALUE` as the setting `authorize.NAME`.
  private static func parameter(
    _ text: String, _ invocation: Invocation
  ) throws(Failure) -> Setting {
    guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
      throw invocation.mistake("--authorize takes NAME=VALUE")
    }
    let name = String(text[..<equals])
    let value = String(text[text.index(after: equals)...])
    if let refusal = AuthorizeParameter.refusal(of: name) { throw invocation.mistake(refusal) }
    let key = KnownKey.authorizePrefix + name
    if let fault = KnownKey.named(key)?.fault(in: value) {
      throw invocation.mistake("--authorize \(name) \(fault)")
    }
    return Setting(key: key, value: value)
  }

  /// The courier runs in another folder: a relative path would mean another file there.
  private static func absolute(_ path: String) throws(Failure) -> String {
    if path.hasPrefix("/") || path.isEmpty { return path }
    guard let folder = getcwd(nil, 0) else {
      let reason = SystemError.last("getcwd").reason
      throw Failure(.failed, "cannot tell the current folder, give a whole path: \(reason)")
    }
    defer { free(folder) }
    return String(cString: folder) + "/" + path
  }
}
