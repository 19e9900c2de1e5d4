/// The bytes of a base64url text without padding (RFC 4648 §5).
func base64URL(_ text: String) -> [UInt8] {
  let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
  var bytes: [UInt8] = []
  var (value, bits) = (UInt32(0), 0)
  for character in text.utf8 {
    value = (value << 6 | UInt32(alphabet.firstIndex(of: character) ?? 0)) & 0xFFFFFF
    bits += 6
    guard bits >= 8 else { continue }
    bits -= 8
    bytes.append(UInt8(truncatingIfNeeded: value >> UInt32(bits)))
  }
  return bytes
}

/// The bytes of a hexadecimal text.
func hex(_ text: String) -> [UInt8] {
  let digits = Array(text.utf8)
  return stride(from: 0, to: digits.count - 1, by: 2).compactMap {
    UInt8(String(decoding: digits[$0...($0 + 1)], as: UTF8.self), radix: 16)
  }
}
