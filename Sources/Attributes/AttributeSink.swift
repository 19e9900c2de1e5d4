/// Somewhere lines can be appended: an array of bytes, or a buffer of secrets.
package protocol AttributeSink: ~Copyable {
  mutating func append(_ bytes: UnsafeRawBufferPointer)
}

extension AttributeSink where Self: ~Copyable {
  /// Appends `key=value`.
  ///
  /// The value is refused, and nothing appended, when it holds a newline or a NUL byte or makes the
  /// line too long: a token must never become a second line (CVE-2020-5260).
  package mutating func append(
    _ key: StaticString, _ value: UnsafeRawBufferPointer
  ) throws(AttributeFault) {
    let name = UnsafeRawBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount)
    try append(key: name, isList: false, value: value)
  }

  /// Appends `key=value`; the value is a Swift string.
  package mutating func append(_ key: StaticString, _ value: String) throws(AttributeFault) {
    try value.withBytes { (value) throws(AttributeFault) in try append(key, value) }
  }

  /// Appends `key=value`; the value is text of the program itself, and known to fit.
  package mutating func append(_ key: StaticString, constant value: StaticString) {
    append(UnsafeRawBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount))
    appendByte(UInt8(ascii: "="))
    append(UnsafeRawBufferPointer(start: value.utf8Start, count: value.utf8CodeUnitCount))
    appendByte(UInt8(ascii: "\n"))
  }

  /// Appends `key=value`; the value is a decimal number.
  package mutating func append(_ key: StaticString, _ value: Int64) {
    append(UnsafeRawBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount))
    appendByte(UInt8(ascii: "="))
    appendDecimal(value)
    appendByte(UInt8(ascii: "\n"))
  }

  /// Appends `key=value`, or `key[]=value` for an item of a list.
  package mutating func append(
    key: UnsafeRawBufferPointer, isList: Bool, value: UnsafeRawBufferPointer
  ) throws(AttributeFault) {
    guard key.count + value.count + 3 <= AttributeLimits.lineLength,
      !value.contains(where: { $0 == 0 || $0 == UInt8(ascii: "\n") })
    else { throw .valueUnwritable(key: String(decoding: key, as: UTF8.self)) }
    append(key)
    if isList {
      appendByte(UInt8(ascii: "["))
      appendByte(UInt8(ascii: "]"))
    }
    appendByte(UInt8(ascii: "="))
    append(value)
    appendByte(UInt8(ascii: "\n"))
  }

  /// Appends `key=value`, or `key[]=value`, with a key made at run time.
  package mutating func append(
    key: String, isList: Bool = false, value: String
  ) throws(AttributeFault) {
    try key.withBytes { (key) throws(AttributeFault) in
      try value.withBytes { (value) throws(AttributeFault) in
        try append(key: key, isList: isList, value: value)
      }
    }
  }

  /// Appends the blank line that ends a block.
  package mutating func endBlock() { appendByte(UInt8(ascii: "\n")) }

  private mutating func appendByte(_ byte: UInt8) {
    withUnsafeBytes(of: byte) { append($0) }
  }

  private mutating func appendDecimal(_ value: Int64) {
    // 20 bytes hold the longest Int64 with its sign.
    withUnsafeTemporaryAllocation(byteCount: 20, alignment: 1) { digits in
      var place = digits.count
      var rest = value.magnitude
      repeat {
        place -= 1
        digits[place] = UInt8(ascii: "0") + UInt8(rest % 10)
        rest /= 10
      } while rest > 0
      if value < 0 {
        place -= 1
        digits[place] = UInt8(ascii: "-")
      }
      append(UnsafeRawBufferPointer(rebasing: digits[place...]))
    }
  }
}

extension [UInt8]: AttributeSink {
  package mutating func append(_ bytes: UnsafeRawBufferPointer) {
    append(contentsOf: bytes)
  }
}

extension String {
  /// `withUTF8` with a typed error.
  package func withBytes<R, E: Error>(
    _ body: (UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    var text = self
    let result: Result<R, E> = text.withUTF8 { utf8 in
      do throws(E) { return .success(try body(UnsafeRawBufferPointer(utf8))) } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }
}
