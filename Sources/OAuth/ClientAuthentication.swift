/// Why no way to authenticate the client can be chosen.
package enum ClientAuthenticationFault: Error, Equatable, CustomStringConvertible {
  case unknownMethod(PrintableText)
  case secretMissing(method: String)
  case secretTooShort
  case keyMissing(method: String)
  case certificateMissing(method: String)

  package var description: String {
    switch self {
    case .unknownMethod(let method):
      "the client authentication method \(method) is not supported"
    case .secretMissing(let method):
      "\(method) needs a client secret, and there is none; give client_secret_file or "
        + "client_secret_command"
    case .secretTooShort:
      "client_secret_jwt needs a client secret of at least 32 bytes, and this one is shorter"
    case .keyMissing(let method):
      "\(method) needs a private key, and there is none; give client_key_file"
    case .certificateMissing(let method):
      "\(method) needs a certificate and its key, and there is none; give client_certificate_file "
        + "and client_key_file"
    }
  }
}

/// How a client proves who it is by a secret it shows (RFC 6749 §2.3), or that it does not.
package enum ClientAuthentication: Sendable, Redacted {
  /// No secret: its identifier in the body and no `Authorization` header.
  case none
  /// The secret in an HTTP Basic header.
  case basic(secret: String)
  /// The secret in the body.
  case post(secret: String)

  /// Chooses between the three.
  ///
  /// - Parameters:
  ///   - secret: the client's secret; `nil` for a public client.
  ///   - method: what the account says; it wins over everything.
  ///   - metadata: what the server says. With a secret, `client_secret_basic` where the server
  ///     lists it or lists nothing (it is RFC 8414 §2's default); `client_secret_post` where it
  ///     lists only others, or where there is no document to say anything.
  /// - Throws: `unknownMethod` for a method that shows no secret as well.
  package static func choose(
    secret: String?, method: String?, metadata: ServerMetadata
  ) throws(ClientAuthenticationFault) -> ClientAuthentication {
    let credentials = ClientCredentials(secret: secret)
    let chosen = try ClientAuthenticationMethod.choose(
      configured: method, credentials: credentials, metadata: metadata)
    switch (chosen, secret) {
    case (.none, _): return .none
    case (.basic, let secret?): return .basic(secret: secret)
    case (.post, let secret?): return .post(secret: secret)
    default: throw .unknownMethod(PrintableText(chosen.rawValue))
    }
  }
}
