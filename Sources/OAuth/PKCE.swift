/// What Proof Key for Code Exchange (RFC 7636) refuses.
package enum PKCEFault: Error, Equatable, CustomStringConvertible {
  case malformedVerifier
  case noS256(listed: [String])

  package var description: String {
    switch self {
    case .malformedVerifier:
      "the code verifier is not 43 to 128 letters, digits, hyphens, dots, underscores or tildes"
    case .noS256(let listed):
      "the server lists its code challenge methods without S256 "
        + "(\(PrintableText(listed.joined(separator: ", ")))), and nothing weaker is used"
    }
  }
}

/// The secret that proves who asked for the code (RFC 7636 §4.1).
package struct CodeVerifier: Sendable, Redacted {
  package let text: String

  package init(_ entropy: consuming Entropy) { text = entropy.spelled() }

  /// Takes a verifier from a request, as a server does.
  package init(text: String) throws(PKCEFault) {
    guard (43...128).contains(text.utf8.count), Grammar.isUnreserved(text) else {
      throw .malformedVerifier
    }
    self.text = text
  }

  /// `BASE64URL-ENCODE(SHA256(ASCII(code_verifier)))` (RFC 7636 §4.2).
  package func challenge<Failure: Error>(
    sha256: ([UInt8]) throws(Failure) -> [UInt8]
  ) throws(Failure) -> CodeChallenge {
    CodeChallenge(text: Base64URL.encode(try sha256(Array(text.utf8))))
  }
}

/// The S256 challenge of a verifier; there is no other method here (RFC 7636 §7.2).
package struct CodeChallenge: Sendable {
  package static let method = "S256"

  package let text: String

  fileprivate init(text: String) { self.text = text }
}

extension ServerMetadata {
  /// Refuses a server that says which challenge methods it has and leaves S256 out.
  ///
  /// A server that says nothing may well know it: most do (RFC 8414 §2 leaves the list out where
  /// PKCE is not supported, but it is younger than many servers).
  package func checkChallengeMethods() throws(PKCEFault) {
    guard let methods = list(.codeChallengeMethods) else { return }
    guard methods.contains(CodeChallenge.method) else { throw .noS256(listed: methods) }
  }
}
