import Configuration

/// What `doctor` finds about settings that only make sense together.
enum ClientCheck {
  static func findings(_ settings: AccountSettings) -> [Finding] {
    (server(settings) + authentication(settings) + redirects(settings) + tokens(settings)
      + document(settings)).map { finding in
        Finding(
          weight: finding.weight, sentence: "\(settings.name) \(finding.sentence)",
          hint: finding.hint)
      }
  }

  private static func server(_ settings: AccountSettings) -> [Finding] {
    var findings: [Finding] = []
    let isFound = settings["issuer"] != nil || settings.findsServerByResource
    let canSignIn =
      settings["authorization_endpoint"] != nil || settings["device_authorization_endpoint"] != nil
    if !isFound, !canSignIn || settings["token_endpoint"] == nil {
      findings.append(
        .problem("has neither issuer nor authorization_endpoint and token_endpoint, nor a resource")
      )
    }
    if settings["client_id"] == nil, settings["client_id_metadata_document"] == nil {
      // The server may register one, which it says in metadata nobody asks for here.
      let mayRegister = isFound || settings["registration_endpoint"] != nil
      findings.append(
        mayRegister
          ? .fine("has no client_id: a client is registered at the sign-in if the server does that")
          : .problem("has no client_id"))
    }
    if isOn("require_pushed_authorization_requests", settings), !isFound,
      settings["pushed_authorization_request_endpoint"] == nil
    {
      findings.append(
        .problem(
          "requires pushed requests and has neither pushed_authorization_request_endpoint nor"
            + " issuer"))
    }
    if let mode = settings["response_mode"], mode.hasSuffix("jwt"), !isFound {
      findings.append(
        .problem("has response_mode = \(mode) and no issuer, whose signature could be checked"))
    }
    return findings
  }

  /// RFC 7591 §2 and RFC 8705 §2: what each way to authenticate needs.
  private static func authentication(_ settings: AccountSettings) -> [Finding] {
    let method = settings["token_endpoint_auth_method"]
    let algorithm = settings["token_endpoint_auth_signing_alg"]
    let secrets = ["client_secret", "client_secret_file", "client_secret_command"]
    let hasSecret = secrets.contains { settings.setting($0) != nil }
    let hasKey = settings["client_key_file"] != nil
    let hasCertificate = settings["client_certificate_file"] != nil
    func lacks(_ what: String) -> Finding { .problem("has \(method ?? "a key") but no \(what)") }
    var findings: [Finding] = []
    switch method {
    case "private_key_jwt" where !hasKey: findings.append(lacks("client_key_file"))
    case "tls_client_auth", "self_signed_tls_client_auth":
      if !hasCertificate { findings.append(lacks("client_certificate_file")) }
      if !hasKey { findings.append(lacks("client_key_file")) }
    case "client_secret_basic", "client_secret_post", "client_secret_jwt":
      if !hasSecret { findings.append(lacks(secrets.joined(separator: " or "))) }
    case nil where hasCertificate && !hasKey:
      findings.append(
        .problem("has client_certificate_file but no client_key_file, the key of it"))
    default: break
    }
    findings += unused(settings, method: method, hasSecret: hasSecret)
    let isByKey = method == "private_key_jwt" || method == nil && hasKey
    if isByKey && algorithm == "HS256"
      || method == "client_secret_jwt" && algorithm != "HS256"
        && algorithm != nil
    {
      findings.append(
        .problem(
          "has a token_endpoint_auth_signing_alg that does not fit: HS256 is for"
            + " client_secret_jwt, and it alone"))
    }
    return findings
  }

  /// What is given and changes nothing.
  private static func unused(
    _ settings: AccountSettings, method: String?, hasSecret: Bool
  ) -> [Finding] {
    var findings: [Finding] = []
    let hasKey = settings["client_key_file"] != nil
    let hasCertificate = settings["client_certificate_file"] != nil
    if method == "none", hasSecret || hasKey || hasCertificate {
      findings.append(
        .warning("has token_endpoint_auth_method = none: no secret, key or certificate is used"))
    }
    if method == nil, hasSecret, hasKey || hasCertificate {
      let taken = hasCertificate ? "tls_client_auth" : "private_key_jwt"
      findings.append(
        .warning(
          "has a secret that is not used beside a key: it signs in by \(taken) until"
            + " token_endpoint_auth_method says something else"))
    }
    if settings["client_key_id"] != nil, !hasKey {
      findings.append(.warning("has a client_key_id and no client_key_file"))
    }
    // RFC 8705 §2: a certificate is shown in the handshake of TLS.
    let isPlain = settings["issuer"].flatMap { WebURL($0)?.scheme } == "http"
    if isPlain, method?.contains("tls_client_auth") ?? hasCertificate {
      findings.append(
        .problem("has a certificate, which can only be shown over https, and its issuer is http"))
    }
    return findings
  }

  /// RFC 8252 §7.3 with TLS: a listener needs both files, and an address that is https.
  private static func redirects(_ settings: AccountSettings) -> [Finding] {
    let hasCertificate = settings["redirect_certificate"] != nil
    let hasKey = settings["redirect_key"] != nil
    if hasCertificate != hasKey {
      return [
        .problem("has one of redirect_certificate and redirect_key, which belong together")
      ]
    }
    for uri in settings.all("redirect_uri") {
      // RFC 8252 §8.3: a free port may be chosen on an address alone.
      guard let url = WebURL(uri), url.isLoopback, url.host == "localhost",
        SignInMessages.loopbackPort(uri) == nil
      else { continue }
      return [
        .problem("has redirect_uri \(uri) without a port: write http://localhost:3000/callback")
      ]
    }
    let secure = settings.all("redirect_uri").first { uri in
      WebURL(uri).map { $0.scheme == "https" && $0.isLoopback } ?? false
    }
    switch (secure, hasCertificate) {
    case (.some(let uri), false):
      return [
        .warning(
          "is sent back to \(uri), where nothing can listen without redirect_certificate and"
            + " redirect_key: the address has to be pasted")
      ]
    case (nil, true):
      return [
        .warning(
          "has a redirect_certificate and no redirect_uri such as https://localhost:3443/callback")
      ]
    default: return []
    }
  }

  /// A token that needs a proof is of no use to git and mail programs, which cannot make one.
  private static func tokens(_ settings: AccountSettings) -> [Finding] {
    guard isOn("dpop_bound_access_tokens", settings) else { return [] }
    if settings["credential_url"] != nil {
      return [
        .warning("has dpop_bound_access_tokens, and git cannot send such a token to credential_url")
      ]
    }
    return [.fine("gets tokens that are bound to a key of the agent (DPoP)")]
  }

  /// The server fetches the document itself.
  private static func document(_ settings: AccountSettings) -> [Finding] {
    guard let address = settings["client_id_metadata_document"], let url = WebURL(address),
      url.isLoopback
    else { return [] }
    return [
      .warning(
        "has a client_id_metadata_document on this machine, where a server elsewhere cannot fetch"
          + " it")
    ]
  }

  private static func isOn(_ key: String, _ settings: AccountSettings) -> Bool {
    settings[key] == "yes" || settings[key] == "true"
  }
}
