extension WipedBuffer {
  /// Appends bytes in Base64 with padding (RFC 4648 §4).
  mutating func append(base64 bytes: UnsafeRawBufferPointer) {
    var place = 0
    while place < bytes.count {
      let left = bytes.count - place
      let a = bytes[place]
      let b = left > 1 ? bytes[place + 1] : 0
      let c = left > 2 ? bytes[place + 2] : 0
      append(byte: Self.digit(a >> 2))
      append(byte: Self.digit((a & 3) << 4 | b >> 4))
      append(byte: left > 1 ? Self.digit((b & 15) << 2 | c >> 6) : UInt8(ascii: "="))
      append(byte: left > 2 ? Self.digit(c & 63) : UInt8(ascii: "="))
      place += 3
    }
  }

  private static func digit(_ value: UInt8) -> UInt8 {
    switch value {
    case 0..<26: UInt8(ascii: "A") + value
    case 26..<52: UInt8(ascii: "a") + (value - 26)
    case 52..<62: UInt8(ascii: "0") + (value - 52)
    case 62: UInt8(ascii: "+")
    default: UInt8(ascii: "/")
    }
  }
}
