private let digits = Array("0123456789abcdef".utf8)

/// Bytes as lower-case hexadecimal digits.
package func hexadecimal(_ bytes: [UInt8]) -> String {
  String(decoding: hexadecimalDigits(bytes[...]), as: UTF8.self)
}

/// The same as the bytes of a text, for lines that are not worth a string.
package func hexadecimalDigits(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
  [UInt8](unsafeUninitializedCapacity: bytes.count * 2) { room, count in
    for byte in bytes {
      room[count] = digits[Int(byte >> 4)]
      room[count + 1] = digits[Int(byte & 15)]
      count += 2
    }
  }
}

/// The bytes of lower-case hexadecimal digits; nil for anything else.
package func fromHexadecimal(_ text: String) -> [UInt8]? {
  var text = text
  return text.withUTF8 { fromHexadecimal(UnsafeRawBufferPointer($0)) }
}

/// The bytes of lower-case hexadecimal digits, where they stand; nil for anything else.
package func fromHexadecimal(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
  guard text.count % 2 == 0 else { return nil }
  var bytes: [UInt8] = []
  bytes.reserveCapacity(text.count / 2)
  for index in stride(from: 0, to: text.count, by: 2) {
    guard let high = value(text[index]), let low = value(text[index + 1]) else { return nil }
    bytes.append(high << 4 | low)
  }
  return bytes
}

private func value(_ digit: UInt8) -> UInt8? {
  switch digit {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
  default: nil
  }
}
