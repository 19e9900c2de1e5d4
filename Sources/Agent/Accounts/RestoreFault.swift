import Attributes
import Configuration
import Platform
import Vault

/// Why a stored payload is no account.
enum RestoreFault: Error, Equatable {
  case session(StoredSession.Fault)
  /// A line nobody would have written who makes such payloads now.
  case unknownKey(String)
  case malformed(key: String)
  /// It has neither a session nor a registration.
  case empty

  /// What is wrong, to be put behind "what the vault keeps of NAME".
  var sentence: String {
    switch self {
    case .session(.noToken): "has no token"
    case .session(.timesMalformed): "has a time that cannot be"
    case .unknownKey(let key):
      "has a line \(printable(key, limit: 64)), which this version does not know"
    case .malformed(let key): "has a line \(printable(key, limit: 64)) that is malformed"
    case .empty: "has neither a session nor a registration"
    }
  }

  /// What a person is told, and what he can do.
  func failure(of name: AccountName) -> Failure {
    Failure(
      .loginRequired, "what the vault keeps of \(name) \(sentence): it cannot be used",
      hint: "sallyport login \(name)")
  }
}
