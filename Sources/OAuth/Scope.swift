/// Why a scope is refused.
package enum ScopeFault: Error, Equatable, CustomStringConvertible {
  case badCharacter

  package var description: String {
    "the scope is not words of printable ascii without quotes and backslashes, one space between"
  }
}

/// A scope that is asked for (RFC 6749 §3.3): tokens with one space between.
package struct Scope: Sendable, Hashable, CustomStringConvertible {
  package let tokens: [String]

  package var text: String { tokens.joined(separator: " ") }

  package var description: String { text }

  /// Takes at least one token; further spaces between and around them are left out.
  package init(_ text: String) throws(ScopeFault) {
    tokens = text.utf8.split(separator: UInt8(ascii: " ")).map { String($0) ?? "" }
    guard !tokens.isEmpty, tokens.allSatisfy(Grammar.isScopeToken) else { throw .badCharacter }
  }

  package func contains(_ token: String) -> Bool { tokens.contains(token) }

  /// Whether an ID token is asked for (OpenID Connect Core 1.0 §3.1.2.1).
  package var asksForIDToken: Bool { contains("openid") }
}
