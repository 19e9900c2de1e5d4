import Glibc
import Platform
import Secrets

/// What the log is told.
extension AgentServer {
  /// Who asks on a connection: looked at once, as long as the process lives.
  ///
  /// - Parameter withStarters: whether it matters who has started the program.
  func asker(on connection: Connection, withStarters: Bool = false) -> Asker {
    if let asker = connection.asker, !withStarters || asker.hasStarters { return asker }
    let asker: Asker
    do throws(PeerIdentity.Fault) {
      asker = .known(
        try PeerIdentity(
          of: connection.descriptor.number, through: clientPath, withStarters: withStarters))
    } catch {
      asker = .unknown(error)
    }
    connection.asker = asker
    return asker
  }

  /// Something of `account` is given to whoever asks on `connection`.
  func noteGiven(
    _ action: AuditEntry.Action, of account: Account, _ scope: String, to connection: Connection,
    now: BootInstant
  ) {
    guard log != nil else { return }
    startWindow(of: account, now: now)
    let isLooked =
      connection.asker != nil && policy(of: account) != nil || account.audit?.takeLook() == true
    guard isLooked else {
      account.audit?.addUnseen()
      return
    }
    add(
      AuditEntry(
        account: account.name.text, action: action, verdict: .given, scope: scope,
        asker: asker(on: connection)), to: account)
  }

  /// Something of `account` was given to `asker`.
  func noteGiven(
    _ action: AuditEntry.Action, of account: Account, _ scope: String, to asker: Asker,
    now: BootInstant
  ) {
    guard log != nil else { return }
    startWindow(of: account, now: now)
    add(
      AuditEntry(
        account: account.name.text, action: action, verdict: .given, scope: scope, asker: asker),
      to: account)
  }

  /// Whoever asks on `connection` gets nothing.
  func noteRefused(
    _ verdict: AuditEntry.Verdict, _ action: AuditEntry.Action, of account: Account,
    to asker: Asker, now: BootInstant
  ) {
    guard log != nil else { return }
    startWindow(of: account, now: now)
    add(
      AuditEntry(
        account: account.name.text, action: action, verdict: verdict, scope: nil, asker: asker),
      to: account)
  }

  private func add(_ entry: AuditEntry, to account: Account) {
    let fields = entry.fields
    guard account.audit?.isNew(fields, entry.verdict) != false else { return }
    let process = entry.process.map { "pid=\($0)\t" } ?? ""
    log?.add("time=\(wallClockSeconds())\t\(process)\(fields)")
  }

  private func startWindow(of account: Account, now: BootInstant) {
    if let window = account.audit, now < window.ends { return }
    endWindow(of: account)
    let window = AuditWindow(began: now)
    account.audit = window
    deadlines.add(.audit(account: account.name.text), at: window.ends)
  }

  /// The minute is over, or the account: what has come again in it is told.
  func endWindow(of account: Account) {
    guard let window = account.audit else { return }
    account.audit = nil
    for count in window.counts(account: account.name.text) {
      log?.add("time=\(wallClockSeconds())\t\(count)")
    }
  }

  func endWindow(ofAccount name: String, now: BootInstant) {
    guard let account = accounts[name], let window = account.audit, window.ends <= now else {
      return
    }
    endWindow(of: account)
    dropIfBlank(account)
  }
}
