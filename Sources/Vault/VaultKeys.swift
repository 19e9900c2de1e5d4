/// The keys of one file, each made from the vault's key for one purpose.
///
/// HKDF-Expand (RFC 5869 §2.3) with one block of output: the vault's key is uniformly random, or
/// scrypt's output, so that HKDF-Extract has nothing to do.
struct VaultKeys {
  /// Seals the records; bound to the file's identifier, so that no two files share it.
  let records: [UInt8]
  /// What ``VaultHeader/keyCheck`` of this key is.
  let keyCheck: [UInt8]
  /// What ``VaultHeader/authentication`` of this key and plan is.
  let authentication: [UInt8]

  /// Bytes of the vault's key.
  static let keyLength = 32

  init(
    _ key: [UInt8], _ plan: VaultHeader.Plan, _ cryptography: some VaultCryptography
  ) throws(VaultFault) {
    func derive(_ purpose: String, _ subject: [UInt8]) throws(VaultFault) -> [UInt8] {
      let info = Array("sallyport vault 1: \(purpose)\n".utf8) + subject
      guard let output = cryptography.authenticationCode(of: info + [1], key: key),
        output.count == Self.keyLength
      else { throw .cryptography(reason: "there is no HMAC-SHA-256") }
      return output
    }
    guard key.count == Self.keyLength else { throw .wrongKey }
    records = try derive("records", plan.vault + plan.file)
    keyCheck = Array(
      try derive("key check", plan.vault).prefix(VaultHeader.keyCheckLength))
    authentication = try derive("header", plan.lines)
  }
}

/// Whether two values are equal, in a time that depends on their lengths alone.
func equalInConstantTime(_ a: [UInt8], _ b: [UInt8]) -> Bool {
  guard a.count == b.count else { return false }
  return zip(a, b).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
}
