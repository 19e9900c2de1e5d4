import Platform

/// A sign-in that is going on, and everybody who waits for it.
final class SignIn {
  /// How somebody who waits wants to be answered.
  enum Asker {
    /// `action=login`; `once` when nothing is to be kept for this one.
    case login(connection: UInt64, once: Bool)
    /// `action=token` or `get`, allowed to sign in.
    case token(TokenRequest)

    var connection: UInt64 {
      switch self {
      case .login(let connection, _): connection
      case .token(let request): request.connection
      }
    }

    /// Whether the session is to be kept after the sign-in.
    var keepsSession: Bool {
      if case .login(_, once: true) = self { return false }
      return true
    }
  }

  /// What the person has to be shown, once the courier has said it.
  struct Prompt {
    let url: String
    let redirectURI: String
    /// No port is open: the redirect URL has to be pasted or handed over.
    let needsPaste: Bool
  }

  let settings: SignInSettings
  let expires: BootInstant
  let courier: UInt64
  var askers: [Asker]
  var prompt: Prompt?
  /// The `state` parameter, by which a pasted redirect URL finds its sign-in.
  var state: String?

  init(settings: SignInSettings, expires: BootInstant, courier: UInt64, asker: Asker) {
    self.settings = settings
    self.expires = expires
    self.courier = courier
    askers = [asker]
  }
}
