/// Base64 with the standard alphabet and padding (RFC 4648 §4), as HTTP Basic has it.
package enum Base64 {
  /// Encodes bytes, with padding.
  package static func encode(_ bytes: [UInt8]) -> String {
    let text = Sextets.standard.encode(bytes)
    return text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
  }

  /// Decodes text that is padded and canonical; `nil` for anything else.
  package static func decode(_ text: some StringProtocol) -> [UInt8]? {
    let bytes = Array(text.utf8)
    guard bytes.count.isMultiple(of: 4) else { return nil }
    let padding = bytes.reversed().prefix { $0 == UInt8(ascii: "=") }.count
    guard padding <= 2 else { return nil }
    return Sextets.standard.decode(bytes.dropLast(padding))
  }
}

/// Base64 with the URL-safe alphabet and without padding (RFC 4648 §5, RFC 7515 appendix C).
package enum Base64URL {
  /// Encodes bytes, without padding.
  package static func encode(_ bytes: [UInt8]) -> String { Sextets.urlSafe.encode(bytes) }

  /// Decodes text that is unpadded and canonical; `nil` for anything else.
  ///
  /// Padding, white space, the other alphabet and stray low bits are all refused: a signature must
  /// have one spelling only.
  package static func decode(_ text: some StringProtocol) -> [UInt8]? {
    Sextets.urlSafe.decode(Array(text.utf8)[...])
  }
}

/// The step between bytes and groups of six bits, for one alphabet.
private struct Sextets {
  static let standard = Sextets(last: "+/")
  static let urlSafe = Sextets(last: "-_")

  private let alphabet: [UInt8]
  /// The value of each character, 0xFF for one outside the alphabet.
  private let values: [UInt8]

  private init(last: String) {
    let first = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    alphabet = Array((first + last).utf8)
    var values = [UInt8](repeating: 0xFF, count: 256)
    for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
    self.values = values
  }

  func encode(_ bytes: [UInt8]) -> String {
    var output: [UInt8] = []
    output.reserveCapacity((bytes.count * 4 + 2) / 3)
    var bits: UInt32 = 0
    var width = 0
    for byte in bytes {
      bits = bits << 8 | UInt32(byte)
      width += 8
      while width >= 6 {
        width -= 6
        output.append(alphabet[Int(bits >> width & 0x3F)])
      }
    }
    if width > 0 { output.append(alphabet[Int(bits << (6 - width) & 0x3F)]) }
    return String(decoding: output, as: UTF8.self)
  }

  func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    guard text.count % 4 != 1 else { return nil }
    var output: [UInt8] = []
    output.reserveCapacity(text.count * 3 / 4)
    var bits: UInt32 = 0
    var width = 0
    for character in text {
      let value = values[Int(character)]
      guard value != 0xFF else { return nil }
      bits = bits << 6 | UInt32(value)
      width += 6
      guard width >= 8 else { continue }
      width -= 8
      output.append(UInt8(truncatingIfNeeded: bits >> width))
    }
    // What is left over carries no byte and must be zero (RFC 4648 §3.5).
    guard bits & ((1 << width) - 1) == 0 else { return nil }
    return output
  }
}
