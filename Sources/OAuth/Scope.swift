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

  /// What both ask for, each token once: a step up must not lose what was granted before
  /// (RFC 6750 §3.1, RFC 9470 §5).
  package func union(_ other: Scope) -> Scope {
    var seen: Set<String> = []
    return Scope(tokens: (tokens + other.tokens).filter { seen.insert($0).inserted })
  }

  /// The tokens that a granted scope leaves out, in order; empty where it has them all.
  ///
  /// - Parameter granted: the `scope` of a token response; `nil` there means that everything was
  ///   granted (RFC 6749 §5.1). GitHub puts commas between the tokens.
  package func withheld(from granted: String?) -> [String] {
    guard let granted else { return [] }
    let words = granted.utf8.split { $0 == 0x20 || $0 == 0x2C }.map { String($0) ?? "" }
    let whole = granted.utf8.split(separator: 0x20).map { String($0) ?? "" }
    let names = Set(words + whole)
    return tokens.filter { !names.contains($0) }
  }

  /// What a granted scope has beyond this one, in its order; empty where it says nothing.
  package func surplus(in granted: String?) -> [String] {
    guard let granted else { return [] }
    let whole = granted.utf8.split(separator: 0x20).map { String($0) ?? "" }
    return whole.flatMap { word -> [String] in
      if contains(word) { return [] }
      return word.utf8.split(separator: 0x2C).map { String($0) ?? "" }.filter { !contains($0) }
    }
  }

  private init(tokens: [String]) { self.tokens = tokens }
}
