import Attributes
import Platform
import Secrets

/// One access token as the server gave it: until when it is valid, for what, and how it is used.
final class AccessToken {
  /// Nil once it has expired and was wiped.
  private(set) var secret: HeldSecret?
  /// In the server's spelling: "Bearer" or "DPoP".
  let type: String
  /// What was granted, separated by spaces.
  let scope: String
  /// The server's `expires_in`, in seconds; nil when it gave none.
  let lifetime: Int64?
  let expiry: BootInstant?
  /// Whether it is worth nothing without a proof of the session's key (RFC 9449 §5).
  let needsProof: Bool
  /// What the courier wants its receiver to know, such as scopes the server withheld.
  let warnings: [String]

  /// - Parameters:
  ///   - type: in the server's spelling.
  ///   - lifetime: the server's `expires_in`; nil, as `expiry`, when it gave none.
  init(
    _ secret: HeldSecret, type: String, scope: String, lifetime: Int64?, expiry: BootInstant?,
    warnings: [String] = []
  ) {
    self.secret = secret
    self.type = type
    self.scope = scope
    self.lifetime = lifetime
    self.expiry = expiry
    // RFC 6749 §5.1: the type is case-insensitive.
    needsProof = type.lowercased() == "dpop"
    self.warnings = warnings
  }

  /// Takes the token of a courier's answer; nil when it has none.
  ///
  /// - Parameters:
  ///   - formerType: its type where the answer leaves it out.
  ///   - formerScope: its scope where the answer leaves it out (RFC 6749 §6).
  ///   - age: seconds since the server has answered; nil when nobody knows.
  convenience init?(
    _ answer: AttributeBlock, formerType: String, formerScope: String = "", now: BootInstant,
    age: Int64? = 0, pool: SecretPool
  ) {
    guard let bytes = answer["access_token"], !bytes.isEmpty else { return nil }
    let lifetime = answer.integer("expires_in").map { max(0, $0) }
    self.init(
      HeldSecret(copying: bytes, in: pool), type: answer.string("token_type") ?? formerType,
      scope: answer.string("scope") ?? formerScope, lifetime: lifetime,
      expiry: lifetime.map { now.adding(seconds: $0 - (age ?? $0)) },
      warnings: answer.strings("warning"))
  }

  /// Seconds for which it is still valid; nil when the server did not say.
  func remaining(at now: BootInstant) -> Int64? { expiry.map { max(0, $0.seconds(since: now)) } }

  /// Lets go of a token that nobody may be given any more.
  func wipe() { secret = nil }

  /// Whether it can be handed out at all: an expired one never is (RFC 6749 §1.5).
  func isUsable(at now: BootInstant) -> Bool { remaining(at: now).map { $0 > 0 } ?? true }

  /// Whether it stays valid as long as an asker can reasonably expect.
  func satisfies(validity: Int64, at now: BootInstant) -> Bool {
    guard let remaining = remaining(at: now) else { return true }
    let needed = RefreshPolicy.neededValidity(requested: validity, lifetime: lifetime ?? 0)
    return remaining > 0 && remaining >= needed
  }

  /// The end of validity in seconds since the Unix epoch, by the wall clock as it is now.
  var expiresAt: Int64? { expiry.map { $0.wallClockSeconds } }
}
