/// How slowly a passphrase becomes a key, and with which salt (RFC 7914 §2).
package struct ScryptParameters: Equatable, Sendable {
  /// Bytes.
  package static let saltLength = 16
  /// N below this is quicker to guess than any passphrase deserves; above, it takes a gigabyte.
  package static let costs: ClosedRange<UInt64> = 1 << 14...1 << 20
  /// r; with the largest N, N r 128 bytes are 1 GiB.
  package static let blockSize: UInt64 = 8
  package static let parallelisms: ClosedRange<UInt64> = 1...4
  /// N for new vaults: 128 MiB and a third of a second.
  package static let usualCost: UInt64 = 1 << 17

  package let cost: UInt64
  package let parallelism: UInt64
  package let salt: [UInt8]

  /// Takes parameters in the ranges above; nil for others: a file must not choose how much memory
  /// is spent on it.
  package init?(cost: UInt64 = usualCost, parallelism: UInt64 = 1, salt: [UInt8]) {
    guard Self.costs.contains(cost), cost.nonzeroBitCount == 1,
      Self.parallelisms.contains(parallelism), salt.count == Self.saltLength
    else { return nil }
    self.cost = cost
    self.parallelism = parallelism
    self.salt = salt
  }
}
