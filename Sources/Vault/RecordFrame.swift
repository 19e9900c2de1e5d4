/// What a record says.
package enum RecordKind: UInt8, Sendable, CaseIterable {
  /// The account's session; it replaces the one before.
  case session = 1
  /// The account's session is gone; nothing is sealed but the fact.
  case removal = 2
  /// The account's refresh token is about to be sent to the server.
  case refreshStarted = 3
  /// The refresh has ended, and the session stays as it was.
  case refreshEnded = 4
  /// What a server has answered to a refresh whose agent had ended: sealed by its courier, under the
  /// key that the beginning of the refresh holds.
  case answer = 5

  /// Its name on the wire between agent and courier.
  package var name: String {
    switch self {
    case .session: "session"
    case .removal: "removal"
    case .refreshStarted: "refresh-started"
    case .refreshEnded: "refresh-ended"
    case .answer: "answer"
    }
  }

  /// The kind of that name; nil when there is none.
  package init?(name: String) {
    guard let kind = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = kind
  }
}

/// One record of the log, framed: a sealed payload, and in clear what is needed to find it.
///
///     offset  bytes
///          0      4  "SPR1"
///          4      4  length of all of it; this number and the others little-endian
///          8      8  sequence number: 1 for the first record of a file, without gaps
///         16      1  kind
///         17      1  length of the name
///         18      n  name of the account
///       18+n      s  nonce, ciphertext and tag
///     18+n+s      4  CRC-32C of all before
package struct RecordFrame: Equatable, Sendable {
  package let sequence: UInt64
  package let kind: RecordKind
  package let name: String
  /// Nonce, ciphertext and tag; opaque here.
  package let sealed: [UInt8]

  /// Bytes by which what is sealed is longer than the plaintext.
  package static let sealOverhead = 28
  static let magic = Array("SPR1".utf8)
  static let fixedLength = 18
  private static let checksumLength = 4
  /// Bytes of a frame with a name of one letter and an empty payload.
  package static let shortest = fixedLength + 1 + sealOverhead + checksumLength
  /// Bytes of the longest frame there can be.
  package static let longest =
    fixedLength + VaultLimits.nameLength + VaultLimits.payloadLength + sealOverhead + checksumLength

  /// Takes what fits a frame; nil for a name that is empty, too long or not printable ASCII, and
  /// for a payload that is too long or cannot have been sealed.
  package init?(sequence: UInt64, kind: RecordKind, name: String, sealed: [UInt8]) {
    guard Self.isName(name.utf8), sealed.count >= Self.sealOverhead,
      sealed.count <= VaultLimits.payloadLength + Self.sealOverhead
    else { return nil }
    self.sequence = sequence
    self.kind = kind
    self.name = name
    self.sealed = sealed
  }

  /// Bytes of the frame.
  package var length: Int {
    Self.fixedLength + name.utf8.count + sealed.count + Self.checksumLength
  }

  /// The frame as it stands in the file.
  package var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(length)
    bytes += Self.magic
    bytes.append(littleEndian: UInt32(length))
    bytes.append(littleEndian: sequence)
    bytes += [kind.rawValue, UInt8(name.utf8.count)]
    bytes += name.utf8
    bytes += sealed
    bytes.append(littleEndian: Checksum.of(bytes[...]))
    return bytes
  }

  /// What bytes at some place of the log are.
  package enum Reading: Equatable, Sendable {
    /// A frame, whose ``RecordFrame/length`` bytes are right.
    case frame(RecordFrame)
    /// A frame may begin here; so many bytes are needed to tell.
    case incomplete(needed: Int)
    /// No frame begins here.
    case invalid
    /// A frame that is right but for its kind.
    case unknownKind(UInt8)
  }

  /// Reads the frame at the beginning of `bytes`.
  package static func read(_ bytes: ArraySlice<UInt8>) -> Reading {
    let start = bytes.startIndex
    guard bytes.prefix(magic.count).elementsEqual(magic.prefix(bytes.count)) else {
      return .invalid
    }
    guard bytes.count >= fixedLength else { return .incomplete(needed: fixedLength) }
    let length = Int(bytes.littleEndian(at: start + 4, as: UInt32.self))
    let nameLength = Int(bytes[start + 17])
    guard (shortest...longest).contains(length),
      length >= fixedLength + nameLength + sealOverhead + checksumLength
    else { return .invalid }
    guard bytes.count >= length else { return .incomplete(needed: length) }
    let sumAt = start + length - checksumLength
    guard bytes.littleEndian(at: sumAt, as: UInt32.self) == Checksum.of(bytes[start..<sumAt]) else {
      return .invalid
    }
    let nameEnd = start + fixedLength + nameLength
    let name = bytes[(start + fixedLength)..<nameEnd]
    guard isName(name) else { return .invalid }
    guard let kind = RecordKind(rawValue: bytes[start + 16]) else {
      return .unknownKind(bytes[start + 16])
    }
    let frame = RecordFrame(
      sequence: bytes.littleEndian(at: start + 8, as: UInt64.self), kind: kind,
      name: String(decoding: name, as: UTF8.self), sealed: Array(bytes[nameEnd..<sumAt]))
    return frame.map { .frame($0) } ?? .invalid
  }

  private static func isName(_ bytes: some Collection<UInt8>) -> Bool {
    (1...VaultLimits.nameLength).contains(bytes.count)
      && bytes.allSatisfy { (0x21...0x7E).contains($0) }
  }
}

extension [UInt8] {
  mutating func append<Number: FixedWidthInteger>(littleEndian number: Number) {
    Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
  }
}

extension ArraySlice<UInt8> {
  fileprivate func littleEndian<Number: FixedWidthInteger & UnsignedInteger>(
    at index: Int, as: Number.Type
  ) -> Number {
    self[index..<(index + MemoryLayout<Number>.size)].reversed().reduce(0) {
      $0 << 8 | Number(truncatingIfNeeded: $1)
    }
  }
}
