/// What one line of the configuration file says.
enum ConfigurationLine {
  /// Nothing, or a comment.
  case empty
  case section(AccountName)
  case setting(Setting, KnownKey)

  /// Reads one line; no message repeats what stands on it.
  init(_ bytes: UnsafeRawBufferPointer, _ line: FileLine) throws(ConfigurationFault) {
    let range = line.range
    guard !bytes[range].contains(where: { $0 < 0x20 && $0 != UInt8(ascii: "\t") || $0 == 0x7F })
    else {
      throw ConfigurationFault(line: line.number, "there is a control character on the line")
    }
    guard isUTF8(bytes[range]) else {
      throw ConfigurationFault(line: line.number, "the line is not UTF-8")
    }
    let text = trim(bytes, range)
    guard let first = text.first else {
      self = .empty
      return
    }
    switch bytes[first] {
    case UInt8(ascii: ";"), UInt8(ascii: "#"): self = .empty
    case UInt8(ascii: "["): self = .section(try Self.section(bytes, text, line.number))
    default: self = try Self.setting(bytes, text, line.number)
    }
  }

  private static func section(
    _ bytes: UnsafeRawBufferPointer, _ text: Range<Int>, _ number: Int
  ) throws(ConfigurationFault) -> AccountName {
    guard let end = bytes[text].firstIndex(of: UInt8(ascii: "]")),
      isComment(bytes, (end + 1)..<text.upperBound)
    else { throw ConfigurationFault(line: number, "the line is not [NAME]") }
    let inside = trim(bytes, (text.lowerBound + 1)..<end)
    guard let name = AccountName(String(decoding: bytes[inside], as: UTF8.self)) else {
      throw ConfigurationFault(line: number, "the section has no fit name: \(AccountName.rule)")
    }
    return name
  }

  private static func setting(
    _ bytes: UnsafeRawBufferPointer, _ text: Range<Int>, _ number: Int
  ) throws(ConfigurationFault) -> ConfigurationLine {
    guard let equals = bytes[text].firstIndex(of: UInt8(ascii: "=")) else {
      throw ConfigurationFault(line: number, "the line is neither key = value nor [NAME]")
    }
    let name = trim(bytes, text.lowerBound..<equals)
    let known = try KnownKey.find(bytes, name, line: number)
    let value = try self.value(bytes, (equals + 1)..<text.upperBound, number)
    guard !value.isEmpty else {
      throw ConfigurationFault(line: number, "\(known.name) has no value")
    }
    let isSecret = known.name == KnownKey.clientSecret
    let key = known.isFamily ? String(decoding: bytes[name], as: UTF8.self) : known.name
    let setting = Setting(
      key: key, value: isSecret ? "" : String(decoding: bytes[value], as: UTF8.self),
      line: number, valueRange: value)
    let sentence =
      isSecret ? ValueRule.judgeSecret(bytes[value]) : known.rule.judge(setting.value)
    if let sentence { throw ConfigurationFault(line: number, "\(key) \(sentence)") }
    return .setting(setting, known)
  }

  /// The place of a value: between its quotes, or up to a comment.
  private static func value(
    _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ number: Int
  ) throws(ConfigurationFault) -> Range<Int> {
    let text = trim(bytes, range)
    guard let first = text.first, bytes[first] == UInt8(ascii: "\"") else {
      return trim(bytes, text.lowerBound..<startOfComment(bytes, text))
    }
    let inside = (first + 1)..<text.upperBound
    guard let end = bytes[inside].firstIndex(of: UInt8(ascii: "\"")) else {
      throw ConfigurationFault(line: number, "the value starts with a quote that nothing closes")
    }
    guard isComment(bytes, (end + 1)..<text.upperBound) else {
      throw ConfigurationFault(line: number, "something follows the value's closing quote")
    }
    return inside.lowerBound..<end
  }

  /// Where white space and then `;` or `#` start a comment; the end where there is none.
  private static func startOfComment(_ bytes: UnsafeRawBufferPointer, _ text: Range<Int>) -> Int {
    var afterSpace = true
    for place in text {
      if afterSpace, isCommentSign(bytes[place]) { return place }
      afterSpace = isSpace(bytes[place])
    }
    return text.upperBound
  }

  /// Whether nothing, or only a comment, stands there.
  private static func isComment(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
    let text = trim(bytes, range)
    guard let first = text.first else { return true }
    return first > range.lowerBound && isCommentSign(bytes[first])
  }
}

private func isCommentSign(_ byte: UInt8) -> Bool {
  byte == UInt8(ascii: ";") || byte == UInt8(ascii: "#")
}

private func isSpace(_ byte: UInt8) -> Bool {
  byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
}

/// The range without white space at both ends.
private func trim(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Range<Int> {
  var start = range.lowerBound
  var end = range.upperBound
  while start < end, isSpace(bytes[start]) { start += 1 }
  while end > start, isSpace(bytes[end - 1]) { end -= 1 }
  return start..<end
}

/// Whether bytes are UTF-8, found without making a String of them: a secret may be among them.
private func isUTF8(_ bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
  if bytes.allSatisfy({ $0 < 0x80 }) { return true }
  var decoder = UTF8()
  var iterator = bytes.makeIterator()
  while true {
    switch decoder.decode(&iterator) {
    case .scalarValue: continue
    case .emptyInput: return true
    case .error: return false
    }
  }
}
