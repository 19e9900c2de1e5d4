/// Why a `WWW-Authenticate` field is refused.
package enum AuthenticationChallengeFault: Error, Equatable, CustomStringConvertible {
  case tooLong
  case tooMany
  case malformed
  case repeated(PrintableText)

  package var description: String {
    switch self {
    case .tooLong: "the www-authenticate field is longer than 16 KiB"
    case .tooMany: "the www-authenticate field has too many challenges or parameters"
    case .malformed: "the www-authenticate field is not spelled as http has it"
    case .repeated(let name):
      "the www-authenticate field has \(name) more than once in one challenge"
    }
  }
}

/// One challenge of a `WWW-Authenticate` field (RFC 9110 §11.3, §11.6.1).
package struct AuthenticationChallenge: Sendable, Hashable {
  /// The longest field, in bytes: a head has at most 64 KiB.
  static let maximumLength = 16 * 1024
  /// The most challenges of an answer and the most parameters of a challenge.
  static let maximumCount = 32

  /// In lower case: its case does not matter.
  package let scheme: String
  /// What some schemes have instead of parameters (`Negotiate`, for one).
  package let token68: String?
  /// The names in lower case; the values without their quotes, of any characters at all.
  package let parameters: [String: String]

  package init(scheme: String, token68: String? = nil, parameters: [String: String] = [:]) {
    self.scheme = scheme.lowercased()
    self.token68 = token68
    self.parameters = parameters
  }

  /// The value of a parameter, by its name in lower case; `nil` when absent or empty.
  package subscript(_ name: String) -> String? {
    parameters[name].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Whether the challenge is of the scheme, given in lower case.
  package func isOf(_ scheme: String) -> Bool { self.scheme.isIdentical(to: scheme) }

  /// Reads every challenge of an answer's fields, in order.
  ///
  /// A field that cannot be read is refused whole: what stands behind the mistake could otherwise
  /// be read in two ways.
  package static func parse(
    _ fields: [String]
  ) throws(AuthenticationChallengeFault) -> [AuthenticationChallenge] {
    var challenges: [AuthenticationChallenge] = []
    for field in fields {
      guard field.utf8.count <= maximumLength else { throw .tooLong }
      var reader = AuthenticationChallengeReader(bytes: Array(field.utf8))
      challenges += try reader.challenges()
      guard challenges.count <= maximumCount else { throw .tooMany }
    }
    return challenges
  }
}
