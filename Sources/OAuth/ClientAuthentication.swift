/// Why no way to authenticate the client can be chosen.
package enum ClientAuthenticationFault: Error, Equatable, CustomStringConvertible {
  case unknownMethod(PrintableText)
  case secretMissing(method: String)

  package var description: String {
    switch self {
    case .unknownMethod(let method):
      "the client authentication method \(method) is not supported"
    case .secretMissing(let method): "\(method) needs a client secret, and there is none"
    }
  }
}

/// How a client proves who it is at the token endpoint (RFC 6749 §2.3).
package enum ClientAuthentication: Sendable, Redacted {
  /// A public client: its identifier in the body and no `Authorization` header.
  case none
  /// The secret in an HTTP Basic header.
  case basic(secret: String)
  /// The secret in the body.
  case post(secret: String)

  /// Chooses the method.
  ///
  /// - Parameters:
  ///   - secret: the client's secret; `nil` for a public client.
  ///   - method: what the account says; it wins over everything.
  ///   - metadata: what the server says. With a secret, `client_secret_basic` where the server
  ///     lists it or lists nothing (it is RFC 8414 §2's default); `client_secret_post` where it
  ///     lists only others, or where there is no document to say anything.
  package static func choose(
    secret: String?, method: String?, metadata: ServerMetadata
  ) throws(ClientAuthenticationFault) -> ClientAuthentication {
    if let method { return try named(method, secret: secret) }
    guard let secret else { return .none }
    guard metadata.origin == .discovered else { return .post(secret: secret) }
    let methods = metadata.list(.tokenEndpointAuthMethods) ?? ["client_secret_basic"]
    return methods.contains("client_secret_basic")
      ? .basic(secret: secret) : .post(secret: secret)
  }

  private static func named(
    _ method: String, secret: String?
  ) throws(ClientAuthenticationFault) -> ClientAuthentication {
    switch (method, secret) {
    case ("none", _): return .none
    case ("client_secret_basic", let secret?): return .basic(secret: secret)
    case ("client_secret_post", let secret?): return .post(secret: secret)
    case ("client_secret_basic", nil), ("client_secret_post", nil):
      throw .secretMissing(method: method)
    default: throw .unknownMethod(PrintableText(method))
    }
  }
}

/// A client and how it authenticates.
package struct Client: Sendable, Redacted {
  package let id: String
  package let authentication: ClientAuthentication

  package init(id: String, authentication: ClientAuthentication) {
    self.id = id
    self.authentication = authentication
  }

  /// What the body says about the client; a second method beside Basic is forbidden (§2.3).
  var bodyParameters: [FormParameter] {
    switch authentication {
    case .none: [FormParameter("client_id", id)]
    case .basic: []
    case .post(let secret):
      [FormParameter("client_id", id), FormParameter("client_secret", secret)]
    }
  }

  /// The value of the `Authorization` header, both parts form-encoded (RFC 6749 §2.3.1).
  var authorization: String? {
    guard case .basic(let secret) = authentication else { return nil }
    let credentials = "\(FormParameters.encode(id)):\(FormParameters.encode(secret))"
    return "Basic \(Base64.encode(Array(credentials.utf8)))"
  }

  /// The secret, to be kept out of what the server says; `nil` for a public client.
  var secret: String? {
    switch authentication {
    case .none: nil
    case .basic(let secret), .post(let secret): secret
    }
  }
}
