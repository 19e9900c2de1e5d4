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

  /// Where the person signs in.
  enum Method {
    /// In a browser that comes back to this machine (RFC 8252).
    case browser
    /// In a browser anywhere, by a code that is typed there (RFC 8628).
    case device

    var job: StaticString {
      switch self {
      case .browser: "login"
      case .device: "device"
      }
    }
  }

  /// What the person has to be shown, once the courier has said it.
  enum Prompt {
    /// - needsPaste: no port is open, so that the redirect URL has to be pasted or handed over.
    case browser(url: String, redirectURI: String, needsPaste: Bool)
    /// - complete: the address that holds the code already (RFC 8628 §3.3.1).
    /// - expires: when the server forgets the code.
    case device(userCode: String, address: String, complete: String?, expires: BootInstant?)
  }

  let settings: SignInSettings
  let method: Method
  let expires: BootInstant
  let courier: UInt64
  private(set) var askers: [Asker]
  var prompt: Prompt?
  /// The `state` parameter, by which a pasted redirect URL finds its sign-in.
  var state: String?
  /// A client the courier has registered meanwhile: it is there whatever becomes of the sign-in.
  var registration: [Carried.Secret] = []
  /// Whether anybody has ever asked who wants more kept than a token.
  private(set) var isForKeeping: Bool

  init(
    settings: SignInSettings, method: Method, expires: BootInstant, courier: UInt64, asker: Asker
  ) {
    self.settings = settings
    self.method = method
    self.expires = expires
    self.courier = courier
    askers = [asker]
    isForKeeping = asker.keepsSession
  }

  func add(_ asker: Asker) {
    askers.append(asker)
    isForKeeping = isForKeeping || asker.keepsSession
  }

  func remove(_ connection: UInt64) { askers.removeAll { $0.connection == connection } }
}
