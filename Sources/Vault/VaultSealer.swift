/// Seals and opens the records of one file; whoever has one has the key.
///
/// A seal is bound to the file, the record's place in it, its kind and its name: a record that is
/// moved, repeated, left out or taken from another file opens nowhere.
package struct VaultSealer<Cryptography: VaultCryptography> {
  package let header: VaultHeader
  private let keys: VaultKeys
  private let cryptography: Cryptography

  /// For a new file: with a new vault, or with one that is written anew under the same key.
  ///
  /// - Parameter vault: the vault's identifier; nil for a new one.
  package init(
    newFileOf vault: [UInt8]? = nil, key: [UInt8], source: String, scrypt: ScryptParameters?,
    _ cryptography: Cryptography
  ) throws(VaultFault) {
    guard let file = cryptography.randomBytes(VaultHeader.identifierLength),
      let vault = vault ?? cryptography.randomBytes(VaultHeader.identifierLength)
    else { throw .cryptography(reason: "there are no random bytes") }
    guard
      let plan = VaultHeader.Plan(vault: vault, file: file, keySource: source, scrypt: scrypt)
    else { throw .cryptography(reason: "the settings of the vault are malformed") }
    keys = try VaultKeys(key, plan, cryptography)
    guard
      let header = VaultHeader(
        plan, keyCheck: keys.keyCheck, authentication: keys.authentication)
    else { throw .cryptography(reason: "the settings of the vault are malformed") }
    self.header = header
    self.cryptography = cryptography
  }

  /// For a file that is there: throws `wrongKey`, or `headerForged` when the key is right.
  package init(
    opening header: VaultHeader, key: [UInt8], _ cryptography: Cryptography
  ) throws(VaultFault) {
    keys = try VaultKeys(key, header.plan, cryptography)
    guard equalInConstantTime(keys.keyCheck, header.keyCheck) else { throw .wrongKey }
    guard equalInConstantTime(keys.authentication, header.authentication) else {
      throw .headerForged
    }
    self.header = header
    self.cryptography = cryptography
  }

  /// Seals `payload` as the record `sequence` of the file.
  package func seal(
    _ payload: [UInt8], as kind: RecordKind, of name: String, at sequence: UInt64
  ) throws(VaultFault) -> RecordFrame {
    guard payload.count <= VaultLimits.payloadLength else { throw .tooLong }
    let context = header.context(sequence, kind, name)
    guard let sealed = cryptography.seal(payload, key: keys.records, context: context) else {
      throw .cryptography(reason: "AES-256-GCM has failed")
    }
    guard let frame = RecordFrame(sequence: sequence, kind: kind, name: name, sealed: sealed)
    else { throw .cryptography(reason: "the name of a record is malformed") }
    return frame
  }

  /// The payload of a record.
  package func open(_ frame: RecordFrame) throws(VaultFault) -> [UInt8] {
    let context = header.context(frame.sequence, frame.kind, frame.name)
    guard let payload = cryptography.open(frame.sealed, key: keys.records, context: context) else {
      throw .recordRefused(sequence: frame.sequence, name: frame.name)
    }
    return payload
  }
}

extension VaultHeader {
  /// What is authenticated beside a payload. Its parts have fixed lengths but for the last.
  func context(_ sequence: UInt64, _ kind: RecordKind, _ name: String) -> [UInt8] {
    var bytes = authentication
    bytes.append(littleEndian: sequence)
    bytes.append(kind.rawValue)
    return bytes + name.utf8
  }
}
