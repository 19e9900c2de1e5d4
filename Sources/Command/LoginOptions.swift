import Attributes
import Configuration
import Glibc
import Platform

/// The options of `login` that stand for settings of an account.
enum LoginOptions {
  /// All of them; each has the name of its key.
  static let options = common + servers + clients + requests

  /// Those a first sign-in is made with.
  private static let common: [Option] = [
    Option("issuer", "URL", key: "issuer", "the server; its endpoints are discovered"),
    Option("client-id", "ID", key: "client_id", "the client as registered there"),
    Option("scope", "SCOPES", key: "scope", "what to ask for, separated by spaces"),
    Option(
      "redirect-uri", "URI", isRepeatable: true, key: "redirect_uri",
      "default http://localhost:3000/callback; repeatable, tried in order"),
    Option(
      "resource", "URI", isRepeatable: true, key: "resource",
      "the API the token is for (RFC 8707); repeatable"),
    Option(
      "client-secret-file", "FILE", completion: .file, key: "client_secret_file",
      "a file whose first line is the client secret"),
    Option(
      "client-secret-command", "COMMAND", key: "client_secret_command",
      "a command that prints the client secret"),
    Option(
      "client-key-file", "FILE", completion: .file, key: "client_key_file",
      "the private key of the client, PEM"),
    Option(
      flag: "dpop-bound-access-tokens", key: "dpop_bound_access_tokens",
      "bind the token to a key of the agent (RFC 9449)"),
    Option(
      "authorize", "NAME=VALUE", isRepeatable: true, key: "authorize.NAME",
      "another parameter of the authorization request; repeatable"),
    Option(
      "credential-url", "URL", isRepeatable: true, key: "credential_url",
      "answer git and others for this URL; repeatable"),
    Option("username", "NAME", key: "username", "the user name git and mail programs get"),
  ]

  /// Where the server is, for those without metadata.
  private static let servers: [Option] =
    endpoints.map { endpoint in
      let name = endpoint.split(separator: "_").joined(separator: "-")
      return Option(
        name, "URL", key: endpoint, isRare: true, "wins over what is discovered")
    } + [
      Option(
        "ca-file", "FILE", completion: .file, key: "ca_file", isRare: true,
        "certificates to trust, PEM"),
      Option("proxy", "URL", key: "proxy", isRare: true, "an HTTP proxy to the server"),
    ]

  private static let endpoints = [
    "authorization_endpoint", "token_endpoint", "device_authorization_endpoint",
    "pushed_authorization_request_endpoint", "revocation_endpoint", "registration_endpoint",
    "end_session_endpoint", "jwks_uri", "userinfo_endpoint",
  ]

  /// How the client proves who it is, and how it gets an identifier.
  private static let clients: [Option] = [
    Option(
      "token-endpoint-auth-method", "METHOD", completion: .words(KnownKey.authenticationMethods),
      key: "token_endpoint_auth_method", isRare: true, "how the client authenticates"),
    Option(
      "token-endpoint-auth-signing-alg", "ALG", completion: .words(KnownKey.signingAlgorithms),
      key: "token_endpoint_auth_signing_alg", isRare: true, "what it signs its assertions with"),
    Option(
      "client-key-id", "KID", key: "client_key_id", isRare: true,
      "the name of that key at the server"),
    Option(
      "client-certificate-file", "FILE", completion: .file, key: "client_certificate_file",
      isRare: true, "the certificate of the client, PEM (RFC 8705)"),
    Option(
      "client-assertion-audience", "AUDIENCE", completion: .words(KnownKey.assertionAudiences),
      key: "client_assertion_audience", isRare: true, "whom its assertions are made out to"),
    Option(
      "client-id-metadata-document", "URL", key: "client_id_metadata_document", isRare: true,
      "the document that describes the client"),
    Option(
      "initial-access-token-file", "FILE", completion: .file, key: "initial_access_token_file",
      isRare: true, "a file with the token that allows to register (RFC 7591)"),
  ]

  private static let requests: [Option] = [
    Option(
      "response-mode", "MODE", completion: .words(KnownKey.responseModes), key: "response_mode",
      isRare: true, "how the browser brings the answer"),
    Option(
      flag: "require-pushed-authorization-requests", key: "require_pushed_authorization_requests",
      isRare: true, "send the request by the back channel first (RFC 9126)"),
    Option(
      "redirect-certificate", "FILE", completion: .file, key: "redirect_certificate",
      isRare: true, "the certificate of an https redirect URI, PEM"),
    Option(
      "redirect-key", "FILE", completion: .file, key: "redirect_key", isRare: true,
      "the key of that certificate, PEM"),
    Option(
      "post-logout-redirect-uri", "URI", key: "post_logout_redirect_uri", isRare: true,
      "where the browser ends after logout --browser"),
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
    if option.value == nil { return Setting(key: key, value: "yes") }
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
    if path.hasPrefix("/") || path.hasPrefix("~/") || path.isEmpty { return path }
    guard let folder = getcwd(nil, 0) else {
      let reason = SystemError.last("getcwd").reason
      throw Failure(.failed, "cannot tell the current folder, give a whole path: \(reason)")
    }
    defer { free(folder) }
    return String(cString: folder) + "/" + path
  }
}
