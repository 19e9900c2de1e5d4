/// Somewhere lines can be appended: an array of bytes, or a buffer of secrets.
package protocol AttributeSink: ~Copyable {
  /// Appends `count` bytes, which `fill` writes.
  mutating func append(count: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void)
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
    appendLine(
      UnsafeRawBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount), isList: false,
      UnsafeRawBufferPointer(start: value.utf8Start, count: value.utf8CodeUnitCount))
  }

  /// Appends `key=value`; the value is a decimal number.
  package mutating func append(_ key: StaticString, _ value: Int64) {
    withDecimal(value) { digits in
      appendLine(
        UnsafeRawBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount), isList: false,
        digits)
    }
  }

  /// Appends `key=value`, or `key[]=value` for an item of a list.
  package mutating func append(
    key: UnsafeRawBufferPointer, isList: Bool, value: UnsafeRawBufferPointer
  ) throws(AttributeFault) {
    let brackets = isList ? 2 : 0
    guard key.count + brackets + 1 + value.count <= AttributeLimits.lineLength, isKey(key),
      !holdsLineEnd(value)
    else { throw .valueUnwritable(key: String(decoding: key, as: UTF8.self)) }
    appendLine(key, isList: isList, value)
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
  package mutating func endBlock() {
    append(count: 1) { $0[0] = UInt8(ascii: "\n") }
  }

  /// Appends bytes as they are.
  package mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard !bytes.isEmpty else { return }
    append(count: bytes.count) { $0.copyMemory(from: bytes) }
  }

  private mutating func appendLine(
    _ key: UnsafeRawBufferPointer, isList: Bool, _ value: UnsafeRawBufferPointer
  ) {
    let mark: StaticString = isList ? "[]=" : "="
    append(count: key.count + mark.utf8CodeUnitCount + value.count + 1) { room in
      var place = 0
      func put(_ bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty else { return }
        UnsafeMutableRawBufferPointer(rebasing: room[place...]).copyMemory(from: bytes)
        place += bytes.count
      }
      put(key)
      put(UnsafeRawBufferPointer(start: mark.utf8Start, count: mark.utf8CodeUnitCount))
      put(value)
      room[place] = UInt8(ascii: "\n")
    }
  }
}

/// Shows the decimal digits of a number to `body`.
private func withDecimal(_ value: Int64, _ body: (UnsafeRawBufferPointer) -> Void) {
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
    body(UnsafeRawBufferPointer(rebasing: digits[place...]))
  }
}

/// Whether a reader would find exactly these bytes as the key: printable ASCII without `=`.
private func isKey(_ bytes: UnsafeRawBufferPointer) -> Bool {
  for byte in bytes where byte <= 0x20 || byte >= 0x7F || byte == UInt8(ascii: "=") { return false }
  return !bytes.isEmpty
}

/// Whether a line cannot hold these bytes as a value.
private func holdsLineEnd(_ bytes: UnsafeRawBufferPointer) -> Bool {
  for byte in bytes where byte == 0 || byte == UInt8(ascii: "\n") { return true }
  return false
}

extension [UInt8]: AttributeSink {
  package mutating func append(count: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void) {
    let former = self.count
    append(contentsOf: repeatElement(0, count: count))
    withUnsafeMutableBytes { fill(UnsafeMutableRawBufferPointer(rebasing: $0[former...])) }
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
