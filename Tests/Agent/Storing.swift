import Attributes
import Configuration
import Platform
import Secrets
import Testing

@testable import Agent

/// What the wall clock reads at `start`.
let wallAtStart: Int64 = 1_800_000_000

extension Account {
  /// The payload as text.
  func stored(in pool: SecretPool, at now: BootInstant = start, wallNow: Int64 = wallAtStart)
    throws -> String
  {
    var block = SecretBuffer(in: pool)
    try store(into: &block, at: now, wallNow: wallNow)
    return block.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
  }
}

/// The account a payload says, on a machine that was started `boot` ago.
func restore(
  _ text: String, pool: SecretPool, now: BootInstant = start, wallNow: Int64 = wallAtStart
) throws -> Account {
  var parts = SharedParts()
  return try restore(text, sharing: &parts, pool: pool, now: now, wallNow: wallNow)
}

/// The same, with what accounts that were restored before have said alike.
func restore(
  _ text: String, sharing parts: inout SharedParts, pool: SecretPool, now: BootInstant = start,
  wallNow: Int64 = wallAtStart
) throws -> Account {
  try withBlock(text) {
    try Account.restored(
      $0, name: try accountName("work"), now: now, wallNow: wallNow, sharing: &parts, pool: pool)
  }
}

/// An account with a session made from a courier's answer.
func makeAccount(
  _ answer: String = signInAnswer, section: AccountSettings? = nil, overrides: [Setting] = [],
  resourceURL: String? = nil, pool: SecretPool, at now: BootInstant = start
) throws -> Account {
  let account = Account(name: try accountName("work"))
  let settings = SignInSettings(
    name: account.name, section: section, overrides: overrides, resourceURL: resourceURL)
  let session = try withBlock(answer) {
    Session(signedIn: $0, settings: settings, now: now, pool: pool)
  }
  _ = account.signedIn(try #require(session))
  return account
}

/// The `registration.*` lines of `text`, as a courier tells them.
func makeRegistration(_ text: String, settings: SignInSettings, pool: SecretPool) throws
  -> ClientRegistration
{
  try withBlock(text) {
    ClientRegistration(lines: Carried.registration(in: $0, pool: pool), settings: settings)
  }
}
