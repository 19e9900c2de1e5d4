/// One field line (RFC 9112 §5).
enum FieldLine {
  /// The field of `line`; nil where white space stands before the colon, the name is not a token,
  /// the value holds a control character, or the line continues another (§5.1, §5.2).
  static func parse(_ line: ArraySlice<UInt8>) -> HeaderFields.Field? {
    guard let colon = line.firstIndex(of: Syntax.colon) else { return nil }
    let name = line[line.startIndex..<colon]
    let value = Syntax.trimmed(line[line.index(after: colon)...])
    guard Syntax.isToken(name), value.allSatisfy(Syntax.isFieldValueCharacter) else { return nil }
    return HeaderFields.Field(
      name: String(decoding: name, as: UTF8.self), value: String(decoding: value, as: UTF8.self))
  }

  /// Whether `line` is the continuation of the one before, an `obs-fold` (RFC 9112 §5.2).
  static func isContinuation(_ line: ArraySlice<UInt8>) -> Bool {
    line.first == Syntax.space || line.first == Syntax.tab
  }
}
