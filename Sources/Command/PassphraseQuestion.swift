import Attributes

/// Which passphrase a person is asked for.
enum PassphraseQuestion: Equatable {
  /// That of the vault, or the one the agent was locked with.
  case vault
  case newVault
  case newLock
  /// That of a file of `vault export`.
  case file(String)
  case newFile(String)

  /// What the agent wants with `action=unlock`.
  init(_ needs: Need) {
    switch needs {
    case .passphrase: self = .vault
    case .newPassphrase: self = .newVault
    }
  }

  /// Whether the passphrase is made up now: it is asked twice.
  var isNew: Bool {
    switch self {
    case .vault, .file: false
    case .newVault, .newLock, .newFile: true
    }
  }

  /// What is shown; a way that needs a colon puts it behind.
  var text: String {
    switch self {
    case .vault: "sallyport: passphrase to unlock"
    case .newVault: "sallyport: new passphrase for the vault"
    case .newLock: "sallyport: passphrase that will unlock again"
    case .file(let path): "sallyport: passphrase of \(path)"
    case .newFile(let path): "sallyport: new passphrase for \(path)"
    }
  }

  static let repetition = "sallyport: the same passphrase again"
}
