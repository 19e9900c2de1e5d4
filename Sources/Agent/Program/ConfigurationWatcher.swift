import Configuration
import Glibc
import Platform

/// The configuration as it is on disk now: read again whenever the file has changed.
///
/// A file that cannot be read or understood leaves the last good one in force, and is told.
final class ConfigurationWatcher {
  let path: String?
  private(set) var fault: ConfigurationFault?
  /// Grows with each version of the file.
  private(set) var version = 0
  private(set) var accounts: [AccountSettings] = []
  /// The setting `vault`; nil when the file has none.
  private(set) var vault: VaultSource?
  private var accountsByName: [String: AccountSettings] = [:]
  private var policies: [String: AccessPolicy] = [:]
  private var accountsByHost: [String: [AnsweringAccount]] = [:]
  private var stamp: Stamp?
  private var hasLooked = false

  /// What tells one version of a file from another without reading it.
  private struct Stamp: Equatable {
    let device: dev_t
    let inode: ino_t
    let size: off_t
    let modified: Int
    let modifiedNanoseconds: Int
    let changed: Int
    let changedNanoseconds: Int
  }

  init(path: String?) { self.path = path }

  /// The account of a name; nil when the file has none.
  func account(_ name: String) -> AccountSettings? { accountsByName[name] }

  /// Who gets tokens of an account; nil where every program of the user does.
  func policy(of name: String) -> AccessPolicy? { policies[name] }

  /// The accounts that answer for a URL, as ``CredentialURL/accounts(answering:among:)`` has it.
  func accounts(answering request: CredentialRequest) -> [AccountSettings] {
    guard let candidates = accountsByHost[request.host] else { return [] }
    return CredentialURL.accounts(answering: request, among: candidates)
  }

  /// Looks whether the file has changed; costs one stat(2) when it has not.
  func look() {
    guard let path else { return }
    let current = Self.stamp(of: path)
    if hasLooked, current == stamp { return }
    hasLooked = true
    stamp = current
    do throws(ConfigurationFault) {
      adopt(try ConfigurationReader.load(path: path) ?? ConfigurationFile())
      fault = nil
    } catch {
      fault = error
    }
  }

  private func adopt(_ file: ConfigurationFile) {
    version += 1
    accounts = file.accounts
    vault = file.vault
    accountsByName = [:]
    accountsByHost = [:]
    policies = [:]
    for account in accounts {
      accountsByName[account.name.text] = account
      policies[account.name.text] = AccessPolicy(account)
      let answering = AnsweringAccount(account)
      for host in Set(answering.urls.map(\.host)) {
        accountsByHost[host, default: []].append(answering)
      }
    }
  }

  private static func stamp(of path: String) -> Stamp? {
    var facts = stat()
    guard stat(path, &facts) == 0 else { return nil }
    return Stamp(
      device: facts.st_dev, inode: facts.st_ino, size: facts.st_size,
      modified: facts.st_mtim.tv_sec, modifiedNanoseconds: facts.st_mtim.tv_nsec,
      changed: facts.st_ctim.tv_sec, changedNanoseconds: facts.st_ctim.tv_nsec)
  }
}
