import Attributes
import Configuration
import Platform
import Secrets
import Vault

/// What the couriers are told that seal and open.
extension AgentServer {
  /// - Parameter path: where the vault lies; nil for what is sealed in memory alone.
  func vaultOrder(
    _ job: StaticString, path: String?, timeout: Int64
  ) throws(Failure) -> JobOrder {
    var order = try JobOrder(job: job, account: "vault", timeout: timeout, pool: pool)
    if let path { try order.add("vault.path", path) }
    return order
  }

  func sealing(_ batch: SealBatch, timeout: Int64) throws(Failure) -> SecretBuffer {
    var order = try vaultOrder("seal", path: vault.path, timeout: timeout)
    var first: UInt64 = 1
    switch batch.task {
    case .append(let header, let key, let next):
      try add(header, key, to: &order)
      first = next
    case .rewrite(let header, let key):
      try add(header, key, to: &order)
      try order.add("vault.rewrite", "yes")
    case .create(let source, let passphrase):
      try order.add("vault.create", source.name)
      try order.add("passphrase", passphrase)
      if case .command(let line) = source { try order.add("vault.command", line) }
    }
    try order.add("vault.sequence", String(first))
    return order.finished()
  }

  private func add(
    _ header: VaultHeader, _ key: HeldSecret, to order: inout JobOrder
  ) throws(Failure) {
    try order.add("vault.header", hexadecimal(header.bytes))
    try order.add("vault.key", key)
  }

  func unsealing(_ opening: VaultOpening, timeout: Int64) throws(Failure) -> SecretBuffer {
    let isInMemory = vault.sealedInMemory != nil
    var order = try vaultOrder(
      "unseal", path: isInMemory ? nil : vault.path, timeout: timeout)
    try order.add("vault.header", hexadecimal(opening.header.bytes))
    try order.add("passphrase", opening.passphrase)
    if opening.header.plan.keySource == VaultSource.commandName {
      guard case .command(let line)? = configuration.vault else {
        throw Failure(
          .locked, "the key of \(vault.path) comes from a command, and none is configured",
          hint: "add vault = command = COMMAND LINE to \(configuration.path ?? "the configuration")"
        )
      }
      try order.add("vault.command", line)
    }
    return order.finished()
  }

  /// The vault's lock, for a courier that uses a refresh token whose use is noted in the vault.
  func lockKept(for job: CourierJob) -> Int32? {
    guard case .refresh(let account, _, _, _) = job, vault.traces[account.name.text] != nil else {
      return nil
    }
    return vault.file?.lockHandle
  }
}

extension CourierJob {
  /// What is told behind the order, bit by bit.
  var feed: (any CourierFeed)? {
    switch self {
    case .seal(let batch): batch
    case .unseal(let opening): opening.feed
    case .exporting(let export): export
    default: nil
    }
  }
}
