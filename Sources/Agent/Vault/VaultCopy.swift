import Attributes
import Configuration
import Platform
import Secrets

/// Sessions on their way into a file of the person's choice, sealed under a passphrase.
final class VaultExport: CourierFeed {
  let connection: UInt64
  /// Who has asked for it, whether or not he is still there at the end.
  let asker: Asker
  let path: String
  let passphrase: HeldSecret
  /// The accounts that go into it.
  let names: [String]
  /// Writes the record of an account: its heading and its payload, a block each.
  var write: (String, inout SecretBuffer) throws(AttributeFault) -> Void = { _, _ in }
  private var rest: ArraySlice<String>
  private var hasEnded = false

  init(
    connection: UInt64, asker: Asker, path: String, passphrase: HeldSecret, names: [String]
  ) {
    self.connection = connection
    self.asker = asker
    self.path = path
    self.passphrase = passphrase
    self.names = names
    rest = names[...]
  }

  func feed(_ order: inout SecretBuffer) throws(AttributeFault) -> Bool {
    guard !hasEnded else { return false }
    guard let name = rest.popFirst() else {
      hasEnded = true
      order.append("end", constant: "yes")
      order.endBlock()
      return true
    }
    try write(name, &order)
    return true
  }
}

/// Sessions that come from such a file.
final class VaultImport {
  let connection: UInt64
  let path: String
  let passphrase: HeldSecret
  /// Whether a session of the file takes the place of one there is.
  let replaces: Bool
  private(set) var accounts: [String: Account] = [:]
  private var parts = SharedParts()
  private(set) var failure: Failure?

  init(connection: UInt64, path: String, passphrase: HeldSecret, replaces: Bool) {
    self.connection = connection
    self.path = path
    self.passphrase = passphrase
    self.replaces = replaces
  }

  func take(
    _ heading: RecordHeading, _ payload: AttributeBlock, now: BootInstant, pool: SecretPool
  ) {
    guard failure == nil, heading.kind == .session, let name = AccountName(heading.name) else {
      return
    }
    do throws(RestoreFault) {
      accounts[heading.name] = try Account.restored(
        payload, name: name, now: now, wallNow: wallClockSeconds(), sharing: &parts,
        pool: pool)
    } catch {
      failure = Failure(.failed, "the session of \(name) in \(path) \(error.sentence)")
    }
  }
}
