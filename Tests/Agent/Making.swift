import Attributes
import Configuration
import Platform
import Secrets
import Testing

@testable import Agent

/// An instant well after the start of the clock.
let start = BootInstant(nanoseconds: 1_000_000_000_000)

/// Shows `text`, read as one block, to `body`.
func withBlock<R>(_ text: String, _ body: (AttributeBlock) throws -> R) throws -> R {
  try Array(text.utf8).withUnsafeBytes { try body(try AttributeBlock($0)) }
}

func accountName(_ text: String) throws -> AccountName { try #require(AccountName(text)) }

/// A section of the configuration file.
func makeSection(_ settings: KeyValuePairs<String, String>, name: String = "work") throws
  -> AccountSettings
{
  AccountSettings(
    name: try accountName(name), settings: settings.map { Setting(key: $0.key, value: $0.value) })
}

/// What a sign-in brings.
let signInAnswer = """
  event=done
  access_token=at-1
  token_type=Bearer
  expires_in=3600
  refresh_token=rt-1
  scope=openid

  """

/// A session made from a courier's answer.
func makeSession(
  _ answer: String = signInAnswer, pool: SecretPool, at now: BootInstant = start
) throws -> Session {
  try #require(try sessionIfAny(answer, pool: pool, at: now))
}

/// A session made from a courier's answer; nil where the answer is refused.
func sessionIfAny(
  _ answer: String, pool: SecretPool, at now: BootInstant = start
) throws -> Session? {
  let settings = SignInSettings(
    name: try accountName("work"), section: try makeSection(["issuer": "https://as.example"]),
    overrides: [])
  return try withBlock(answer) {
    Session(signedIn: $0, settings: settings, now: now, pool: pool)
  }
}

extension Account.Service {
  /// The decision in few words.
  var inWords: String {
    switch self {
    case .serve(let token): "serve \(token.secret?.text ?? "nothing")"
    case .awaitRefresh(let start): start ? "start a refresh" : "wait"
    case .awaitExchange(_, let start): start ? "start an exchange" : "wait for the exchange"
    case .signIn(let reason): "sign in: \(reason)"
    case .refuse(let failure): "refuse: \(failure.code.rawValue): \(failure.description)"
    }
  }
}

extension HeldSecret {
  var text: String { withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
}
