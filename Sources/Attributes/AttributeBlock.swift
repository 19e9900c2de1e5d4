/// One block of `key=value` lines, read in place.
///
/// It refers to the bytes it was made from and copies none of them: it must not outlive them.
package struct AttributeBlock {
  /// One line: a key, without its `[]`, and its value, as ranges of the block's bytes.
  struct Line {
    let key: Range<Int>
    let isList: Bool
    let value: Range<Int>
  }

  private let bytes: UnsafeRawBufferPointer
  private let lines: [Line]

  /// Reads lines up to a blank one or the end of `bytes`.
  ///
  /// A value holds any byte but newline and NUL; nothing but the byte 0x0A ends a line
  /// (CVE-2024-50338: a lone CR is data).
  package init(_ bytes: UnsafeRawBufferPointer) throws(AttributeFault) {
    self.bytes = bytes
    var lines: [Line] = []
    var start = 0
    while start < bytes.count, bytes[start] != UInt8(ascii: "\n") {
      let number = lines.count + 1
      if number > AttributeLimits.linesInBlock { throw .blockTooLong }
      let (line, end) = try Self.readLine(of: bytes, from: start, number: number)
      if !line.isList, Self.find(line.key, in: lines, of: bytes) {
        throw .keyRepeated(line: number)
      }
      lines.append(line)
      start = end + 1
    }
    self.lines = lines
  }

  /// The value of a key given at most once; nil when it is absent.
  package subscript(_ key: StaticString) -> UnsafeRawBufferPointer? {
    for line in lines where !line.isList && matches(line.key, key) { return slice(line.value) }
    return nil
  }

  /// The value as text; nil when the key is absent or the value is not UTF-8.
  package func string(_ key: StaticString) -> String? { self[key].flatMap(Self.text) }

  /// The value as a decimal number; nil when it is absent or anything else.
  package func integer(_ key: StaticString) -> Int64? { string(key).flatMap { Int64($0) } }

  /// Whether the key has the value `yes`, `true` or `1`.
  package func flag(_ key: StaticString) -> Bool {
    guard let value = string(key) else { return false }
    return value == "1" || value == "yes" || value == "true"
  }

  /// The values of a list, `key[]=value`, in their order.
  package func list(_ key: StaticString) -> [UnsafeRawBufferPointer] {
    lines.filter { $0.isList && matches($0.key, key) }.map { slice($0.value) }
  }

  /// The values of a list as text, without those that are not UTF-8.
  package func strings(_ key: StaticString) -> [String] { list(key).compactMap(Self.text) }

  /// Whether the value of `key` is exactly `value`.
  package func has(_ key: StaticString, _ value: StaticString) -> Bool {
    guard let bytes = self[key] else { return false }
    return Self.equal(bytes, value)
  }

  /// Calls `body` with every line in order: key, whether it is a list item, value.
  package func visit<E: Error>(
    _ body: (_ key: UnsafeRawBufferPointer, _ isList: Bool, _ value: UnsafeRawBufferPointer)
      throws(E) -> Void
  ) throws(E) {
    for line in lines { try body(slice(line.key), line.isList, slice(line.value)) }
  }

  /// Whether the block has no line at all.
  package var isEmpty: Bool { lines.isEmpty }

  /// Bytes as text; nil when they are not UTF-8.
  package static func text(_ bytes: UnsafeRawBufferPointer) -> String? {
    String(validating: bytes, as: UTF8.self)
  }

  private func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[range])
  }

  private func matches(_ range: Range<Int>, _ key: StaticString) -> Bool {
    Self.equal(slice(range), key)
  }

  private static func equal(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
    guard bytes.count == text.utf8CodeUnitCount else { return false }
    for index in 0..<bytes.count where bytes[index] != text.utf8Start[index] { return false }
    return true
  }

  private static func find(
    _ key: Range<Int>, in lines: [Line], of bytes: UnsafeRawBufferPointer
  ) -> Bool {
    lines.contains { line in
      !line.isList && line.key.count == key.count && bytes[line.key].elementsEqual(bytes[key])
    }
  }

  private static func readLine(
    of bytes: UnsafeRawBufferPointer, from start: Int, number: Int
  ) throws(AttributeFault) -> (Line, end: Int) {
    var equals: Int?
    var end = start
    while end < bytes.count, bytes[end] != UInt8(ascii: "\n") {
      switch bytes[end] {
      case 0: throw .nulByte(line: number)
      case UInt8(ascii: "=") where equals == nil: equals = end
      case let byte where equals == nil && (byte <= 0x20 || byte >= 0x7F):
        throw .keyMalformed(line: number)
      default: break
      }
      end += 1
    }
    if end - start > AttributeLimits.lineLength { throw .lineTooLong(line: number) }
    guard let equals, equals > start else { throw .lineWithoutKey(line: number) }
    let isList =
      equals - start > 2 && bytes[equals - 2] == UInt8(ascii: "[")
      && bytes[equals - 1] == UInt8(ascii: "]")
    let key = start..<(isList ? equals - 2 : equals)
    return (Line(key: key, isList: isList, value: (equals + 1)..<end), end)
  }
}
