/// A client and how it authenticates.
package struct Client: Sendable, Redacted {
  /// The two ways of RFC 8705 §2; to the form they are one.
  package enum CertificateMethod: Sendable {
    case issuedByAnAuthority
    case selfSigned
  }

  package let id: String
  /// The secret that is shown; `.none` where there is none, which says nothing of the other ways.
  package let authentication: ClientAuthentication
  /// The assertion of this one request; `nil` for the methods without one.
  package let assertion: ClientAssertion?
  package let method: ClientAuthenticationMethod

  /// A client that shows a secret, or none.
  package init(id: String, authentication: ClientAuthentication) {
    self.id = id
    self.authentication = authentication
    assertion = nil
    method =
      switch authentication {
      case .none: .none
      case .basic: .basic
      case .post: .post
      }
  }

  /// A client that signs (RFC 7523 §2.2); for one request, since an assertion is used once.
  package init(id: String, assertion: ClientAssertion) {
    self.id = id
    authentication = .none
    self.assertion = assertion
    method = assertion.method
  }

  /// A client whose certificate the server sees in the handshake (RFC 8705 §2).
  package init(id: String, certificate: CertificateMethod) {
    self.id = id
    authentication = .none
    assertion = nil
    method = certificate == .selfSigned ? .selfSignedTLS : .tls
  }

  /// What the body says about the client; a second method beside Basic is forbidden (§2.3).
  ///
  /// `client_id` stands beside an assertion too: RFC 7521 §4.2 allows it and Entra ID wants it.
  var bodyParameters: [FormParameter] {
    var parameters = [FormParameter("client_id", id)]
    switch authentication {
    case .none: break
    case .basic: return []
    case .post(let secret): parameters.append(FormParameter("client_secret", secret))
    }
    return parameters + (assertion?.parameters ?? [])
  }

  /// The value of the `Authorization` header, both parts form-encoded (RFC 6749 §2.3.1).
  var authorization: String? {
    guard case .basic(let secret) = authentication else { return nil }
    let credentials = "\(FormParameters.encode(id)):\(FormParameters.encode(secret))"
    return "Basic \(Base64.encode(Array(credentials.utf8)))"
  }

  /// What is to be kept out of the server's texts; empty for a public client.
  var secrets: [String] {
    switch authentication {
    case .none: [assertion?.text].compactMap { $0 }
    case .basic(let secret), .post(let secret): [secret]
    }
  }
}
