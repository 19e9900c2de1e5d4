import Attributes

/// Writes JSON (RFC 8259) by hand: values in, text out, nothing kept.
///
/// What is written is one line. A secret goes from its bytes to the buffer and is never a String.
struct JSONText: ~Copyable {
  private(set) var buffer = WipedBuffer()
  private var needsComma = false

  mutating func beginObject(_ key: StaticString? = nil) { open("{", key) }
  mutating func endObject() { close("}") }
  mutating func beginArray(_ key: StaticString? = nil) { open("[", key) }
  mutating func endArray() { close("]") }

  /// A member whose value is text.
  mutating func add(_ key: StaticString, _ value: String) {
    value.withBytes { add(key, $0) }
  }

  /// A member whose value is text, given as UTF-8; what is no UTF-8 is replaced by U+FFFD.
  mutating func add(_ key: StaticString, _ value: UnsafeRawBufferPointer) {
    self.key(key)
    string(value)
  }

  /// A member whose value is a whole number.
  mutating func add(_ key: StaticString, _ value: Int64) {
    self.key(key)
    buffer.append(String(value))
  }

  mutating func add(_ key: StaticString, _ value: Bool) {
    self.key(key)
    buffer.append(constant: value ? "true" : "false")
  }

  /// A member whose value is JSON already, on one line.
  ///
  /// What does not belong on a terminal can only stand in its strings, where it is escaped.
  mutating func add(_ key: StaticString, json: String) {
    self.key(key)
    for scalar in json.unicodeScalars {
      if Self.isHarmful(scalar) { append(scalar) } else { buffer.append(String(scalar)) }
    }
  }

  mutating func addNull(_ key: StaticString) {
    self.key(key)
    buffer.append(constant: "null")
  }

  /// An element of an array.
  mutating func add(element value: String) {
    comma()
    value.withBytes { string($0) }
  }

  /// Ends the line.
  mutating func endLine() { buffer.append(byte: UInt8(ascii: "\n")) }

  private mutating func open(_ bracket: StaticString, _ key: StaticString?) {
    if let key { self.key(key) } else { comma() }
    buffer.append(constant: bracket)
    needsComma = false
  }

  private mutating func close(_ bracket: StaticString) {
    buffer.append(constant: bracket)
    needsComma = true
  }

  private mutating func comma() {
    if needsComma { buffer.append(byte: UInt8(ascii: ",")) }
    needsComma = true
  }

  private mutating func key(_ key: StaticString) {
    comma()
    string(UnsafeRawBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount))
    buffer.append(byte: UInt8(ascii: ":"))
  }

  /// RFC 8259 §7: quotes, backslashes and controls escaped; the C1 controls, line separators and
  /// characters that turn the reading direction too, for it may be shown on a terminal (CWE-150).
  private mutating func string(_ bytes: UnsafeRawBufferPointer) {
    buffer.append(byte: UInt8(ascii: "\""))
    if bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }) {
      buffer.append(bytes)
    } else {
      for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars { append(scalar) }
    }
    buffer.append(byte: UInt8(ascii: "\""))
  }

  private mutating func append(_ scalar: Unicode.Scalar) {
    switch scalar.value {
    case 0x22: buffer.append(constant: "\\\"")
    case 0x5C: buffer.append(constant: "\\\\")
    case 0x0A: buffer.append(constant: "\\n")
    case 0x09: buffer.append(constant: "\\t")
    case _ where Self.isHarmful(scalar):
      let digits = String(scalar.value, radix: 16)
      buffer.append("\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits)
    default: buffer.append(String(scalar))
    }
  }

  /// A control, or a character that turns the reading direction.
  private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F...0x9F, 0x200B...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}
