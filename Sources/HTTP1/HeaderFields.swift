/// The field lines of a message, in the order they were sent (RFC 9110 §5).
package struct HeaderFields: Sendable, Equatable {
  /// One field line: the name as it was spelled, the value without surrounding white space.
  package struct Field: Sendable, Equatable {
    package var name: String
    package var value: String

    package init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  package private(set) var fields: [Field] = []

  package init() {}

  package mutating func append(_ name: String, _ value: String) {
    fields.append(Field(name: name, value: value))
  }

  /// Adds `more` to the last field's value, after a space; false where there is no field yet.
  mutating func extendLast(with more: String) -> Bool {
    guard !fields.isEmpty else { return false }
    fields[fields.count - 1].value += " " + more
    return true
  }

  /// The value of the first field called `name`, whatever its case (RFC 9110 §5.1).
  package subscript(name: String) -> String? {
    fields.first { Self.isSame($0.name, name) }?.value
  }

  /// Every value given for `name`, in order; repeated lines are not joined.
  package func values(for name: String) -> [String] {
    fields.filter { Self.isSame($0.name, name) }.map(\.value)
  }

  package func contains(_ name: String) -> Bool {
    fields.contains { Self.isSame($0.name, name) }
  }

  /// The members of the comma-separated list `name` stands for, over all its lines, in lower case.
  ///
  /// Empty members are left out (RFC 9110 §5.6.1.2). Only for lists of tokens: quoted strings are
  /// not looked at.
  func tokens(of name: String) -> [String] {
    values(for: name).flatMap { value in
      value.utf8.split(separator: UInt8(ascii: ",")).compactMap { member in
        let token = Syntax.trimmed(Array(member)[...])
        return token.isEmpty ? nil : String(decoding: token.map(Syntax.lowercased), as: UTF8.self)
      }
    }
  }

  private static func isSame(_ left: String, _ right: String) -> Bool {
    let (left, right) = (left.utf8, right.utf8)
    return left.count == right.count
      && zip(left, right).allSatisfy { Syntax.lowercased($0) == Syntax.lowercased($1) }
  }
}

extension HeaderFields: ExpressibleByDictionaryLiteral {
  package init(dictionaryLiteral elements: (String, String)...) {
    for (name, value) in elements { append(name, value) }
  }
}
