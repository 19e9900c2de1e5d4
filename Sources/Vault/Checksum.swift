/// CRC-32C (RFC 3720 §B.4), which finds what chance has damaged.
///
/// It stops nobody who means harm: that is what the seals are for.
enum Checksum {
  static func of(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.withUnsafeBytes { bytes in
      // The table's address is taken once: a vault of 40 MB passes here at the agent's start.
      table.withUnsafeBufferPointer { table in
        ~bytes.reduce(UInt32.max) { register, byte in
          register >> 8 ^ table[Int(UInt8(truncatingIfNeeded: register) ^ byte)]
        }
      }
    }
  }

  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { rest, _ in rest >> 1 ^ (rest & 1 == 0 ? 0 : 0x82F6_3B78) }
  }
}
