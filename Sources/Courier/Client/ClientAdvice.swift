import OAuth

extension ClientIdentity {
  /// The codes with which a server says that it does not believe the client or its proof.
  private static let disbelief: Set<String> = [
    "invalid_client", "unauthorized_client", "invalid_dpop_proof", "use_dpop_nonce",
  ]

  /// What may be behind a refusal, as far as it can be seen from here.
  func advice(after fault: EndpointFailure, skew: ClockSkew?, isProven: Bool) -> [String] {
    let code: String
    switch fault {
    case .refused(let error): code = error.code
    case .refusedWithoutReason(status: 401): code = "invalid_client"
    // Where a server says nothing at all, what it was shown is the first thing to doubt.
    case .refusedWithoutReason(status: 403) where method.usesAssertion || method.usesCertificate:
      code = "invalid_client"
    default: return []
    }
    guard Self.disbelief.contains(code) else { return [] }
    var advice: [String] = []
    // Both kinds of signed statement tell the time they were made at.
    if isProven || method.usesAssertion, let skew, skew.isExcessive { advice.append(skew.remedy) }
    if code == "invalid_client", let remedy { advice.append(remedy) }
    return advice
  }

  /// What has to be right at the server for the client to be believed.
  private var remedy: String? {
    switch method {
    case .none where renewal != nil: nil
    case .none: "\(Remedy.client); this was none: no secret, key or certificate was shown"
    case .basic where needsEncoding:
      "the client's id or secret has characters that a Basic header holds percent-encoded, and "
        + "some servers do not decode them (RFC 6749 section 2.3.1): "
        + "token_endpoint_auth_method = client_secret_post may help"
    // A client that was registered has the method that its server gave it.
    case .basic where renewal != nil, .post where renewal != nil: nil
    case .basic, .post:
      "\(Remedy.client); this was \(method.rawValue); token_endpoint_auth_method chooses another"
    case .privateKeyJWT:
      "the server must have the public half of client_key_file for client \(shown(id)), under the "
        + "kid that client_key_id says; \(audienceRemedy)"
    case .secretJWT: audienceRemedy
    case .tls, .selfSignedTLS:
      "the server must know the certificate of client_certificate_file for client \(shown(id))"
    }
  }
}

extension ClientIdentity {
  /// Servers do not agree on whom an assertion is for (RFC 7523 §3, point 3).
  private var audienceRemedy: String {
    "some servers want client_assertion_audience = \(otherAudiences.joined(separator: " or "))"
  }
}

extension ClockSkew {
  /// The difference, and who can end it.
  var remedy: String {
    "\(description); \(Remedy.clocks)"
  }
}
