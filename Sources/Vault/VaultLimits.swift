/// The limits of a vault's file, checked before anything is allocated for what it says.
package enum VaultLimits {
  /// Bytes of the header: some 400 are in use.
  package static let headerLength = 4096
  /// Bytes of the plaintext of one record: an attribute block of the longest kind.
  package static let payloadLength = 512 * 1024
  /// Bytes of a record's name: that of an account.
  package static let nameLength = 64
  /// Bytes of one file: a hundred thousand accounts. With records of at least
  /// ``RecordFrame/shortest`` bytes it bounds the records sealed under one key to 2^25.
  package static let fileLength = 1 << 30
  /// Bytes up to which nobody minds records that are no longer in force.
  package static let lengthNotWorthRewriting = 1 << 20
}
