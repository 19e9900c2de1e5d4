import Attributes
import Configuration
import Platform
import Secrets
import Vault

/// One run of the courier that opens: records go in sealed, and come back as sessions.
final class VaultOpening {
  let header: VaultHeader
  let feed: FrameFeed
  let passphrase: HeldSecret?
  private(set) var key: HeldSecret?
  private(set) var accounts: [String: Account] = [:]
  private var parts = SharedParts()
  /// Accounts whose record in the file is not how they are by now.
  private(set) var changed: Set<String> = []
  /// Why the record of an account is of no use.
  private(set) var unreadable: [String: Failure] = [:]

  init(_ header: VaultHeader, _ frames: [RecordFrame], passphrase: HeldSecret?) {
    self.header = header
    self.passphrase = passphrase
    feed = FrameFeed(frames)
  }

  /// Takes the vault's key.
  func take(_ block: AttributeBlock, pool: SecretPool) {
    guard block.has("event", "key"), let key = block["vault.key"] else { return }
    self.key = HeldSecret(copying: key, in: pool)
  }

  /// Takes a record.
  func take(
    _ heading: RecordHeading, _ payload: AttributeBlock, now: BootInstant, pool: SecretPool
  ) {
    guard let name = AccountName(heading.name) else { return }
    switch heading.kind {
    case .session:
      do throws(RestoreFault) {
        accounts[heading.name] = try Account.restored(
          payload, name: name, now: now, wallNow: wallClockSeconds(), sharing: &parts,
          pool: pool)
      } catch {
        // The others are as good as before.
        unreadable[heading.name] = error.failure(of: name)
      }
    case .answer:
      changed.insert(heading.name)
      accounts[heading.name]?.takeOrphanedAnswer(
        payload, now: now, wallNow: wallClockSeconds(), pool: pool)
    case .refreshStarted:
      changed.insert(heading.name)
      guard heading.isInterrupted, let account = accounts[heading.name] else { return }
      account.warning = account.interruption
    case .removal, .refreshEnded: break
    }
  }
}
