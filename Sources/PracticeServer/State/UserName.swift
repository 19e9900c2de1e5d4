/// Who can sign in: anyone, under any plain name.
enum UserName {
  /// Characters: it becomes part of pages, addresses and tokens.
  static let maximumLength = 32

  /// Those the sign-in page offers.
  static let offered = ["alice", "bob", "carol"]

  /// The rule, for a person.
  static let rule = "a user name is 1 to 32 letters, digits, dots, hyphens or underscores"

  static func isValid(_ text: String) -> Bool {
    guard (1...maximumLength).contains(text.utf8.count), let first = text.utf8.first,
      isAlphanumeric(first)
    else { return false }
    return text.utf8.allSatisfy { isAlphanumeric($0) || "._-".utf8.contains($0) }
  }

  /// The name as a person is called: `alice` is Alice.
  static func display(_ user: String) -> String {
    user.prefix(1).uppercased() + user.dropFirst()
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"):
      true
    default: false
    }
  }
}
