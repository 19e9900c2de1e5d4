import Attributes
import Configuration
import Glibc
import Platform
import Secrets

/// Writes the block that tells a courier its job, into guarded pages.
struct JobOrder: ~Copyable {
  /// Keys of an account that are the agent's own business.
  private static let unneeded: Set<String> = [
    "credential_url", "login", "username", KnownKey.allow, KnownKey.confirm, KnownKey.lifetime,
    KnownKey.idle,
  ]

  /// Bytes of a block that lists of tokens may fill: three quarters, for what comes behind them.
  private static let mostBytesOfTokens = AttributeLimits.blockLength / 4 * 3

  private var bytes: SecretBuffer
  private let pool: SecretPool

  init(job: StaticString, account: String, timeout: Int64, pool: SecretPool) throws(Failure) {
    self.pool = pool
    bytes = SecretBuffer(in: pool)
    bytes.append("job", constant: job)
    try Self.unlessUnwritable { () throws(AttributeFault) in
      try bytes.append("account", account)
    }
    bytes.append("timeout", timeout)
  }

  /// Adds the settings of an account.
  ///
  /// - Parameters:
  ///   - path: the configuration file, read again for a literal client_secret: the agent itself
  ///     keeps none.
  ///   - withheld: keys that are left out as well.
  mutating func add(
    _ settings: SignInSettings, path: String?, withholding withheld: Set<String> = []
  ) throws(Failure) {
    let account = settings.effective
    let unsaid = Self.unneeded.union(withheld).union([KnownKey.clientSecret])
    try Self.unlessUnwritable { () throws(AttributeFault) in
      for setting in account.settings where !unsaid.contains(setting.key) {
        let isList = KnownKey.named(setting.key)?.isRepeatable == true
        try bytes.append(key: setting.key, isList: isList, value: setting.value)
      }
    }
    if account.holdsSecret, let path {
      try addSecret(of: settings.section ?? account, path: path)
    }
  }

  /// Adds a token of the session.
  mutating func add(_ key: StaticString, _ secret: HeldSecret?) throws(Failure) {
    guard let secret else { return }
    try Self.unlessUnwritable { () throws(AttributeFault) in
      try secret.withUnsafeBytes { (value) throws(AttributeFault) in try bytes.append(key, value) }
    }
  }

  /// Adds a value that is no secret.
  mutating func add(_ key: StaticString, _ value: String) throws(Failure) {
    try Self.unlessUnwritable { () throws(AttributeFault) in try bytes.append(key, value) }
  }

  /// Adds a list of such.
  mutating func add(_ key: String, list: [String]) throws(Failure) {
    try Self.unlessUnwritable { () throws(AttributeFault) in
      for value in list { try bytes.append(key: key, isList: true, value: value) }
    }
  }

  /// Adds a list of tokens, as many as a block has room for.
  mutating func add(_ key: String, list: [HeldSecret]) throws(Failure) {
    try Self.unlessUnwritable { () throws(AttributeFault) in
      for secret in list where bytes.count < Self.mostBytesOfTokens {
        try secret.withUnsafeBytes { (value) throws(AttributeFault) in
          try key.withBytes { (key) throws(AttributeFault) in
            try bytes.append(key: key, isList: true, value: value)
          }
        }
      }
    }
  }

  /// Adds what a narrower token is to be for.
  mutating func add(_ narrowing: Narrowing) throws(Failure) {
    if !narrowing.scopes.isEmpty {
      try add("narrow.scope", narrowing.scopes.joined(separator: " "))
    }
    try add("narrow.resource", list: narrowing.resources)
    try add("audience", list: narrowing.audiences)
  }

  /// Adds what the login courier wanted its successors to know.
  mutating func add(_ carried: Carried) throws(Failure) {
    try Self.unlessUnwritable { () throws(AttributeFault) in
      for attribute in carried.plain {
        try attribute.key.withBytes { (key) throws(AttributeFault) in
          try attribute.value.withBytes { (value) throws(AttributeFault) in
            try bytes.append(key: key, isList: false, value: value)
          }
        }
      }
    }
    try add(carried.secrets)
  }

  /// Adds what of that is secret.
  mutating func add(_ carried: [Carried.Secret]) throws(Failure) {
    try Self.unlessUnwritable { () throws(AttributeFault) in
      for attribute in carried {
        try attribute.key.withBytes { (key) throws(AttributeFault) in
          try attribute.value.withUnsafeBytes { (value) throws(AttributeFault) in
            try bytes.append(key: key, isList: false, value: value)
          }
        }
      }
    }
  }

  consuming func finished() -> SecretBuffer {
    bytes.endBlock()
    return bytes
  }

  /// - Parameter section: the section by which the job was decided. The file may have been changed
  ///   at this very moment: the secret of another server is not for this one.
  private mutating func addSecret(of section: AccountSettings, path: String) throws(Failure) {
    var file = SecretBuffer(in: pool)
    try Self.read(path, into: &file)
    let fault: ConfigurationFault? = file.withUnsafeBytes { contents in
      do throws(ConfigurationFault) {
        guard let parsed = try ConfigurationFile(parsing: contents).account(section.name.text),
          parsed.securityRelevantDifference(from: section) == nil
        else { throw ConfigurationFault("has just been changed") }
        if let setting = parsed.setting(KnownKey.clientSecret) {
          // The parser has refused what a line cannot hold.
          try? bytes.append(
            "client_secret", UnsafeRawBufferPointer(rebasing: contents[setting.valueRange]))
        }
        return nil
      } catch {
        return error
      }
    }
    if let fault { throw fault.failure(path: path) }
  }

  private static func read(_ path: String, into file: inout SecretBuffer) throws(Failure) {
    do throws(SystemError) {
      // A FIFO in the place of the file must not make everybody wait.
      let descriptor = try Descriptor.open(path, O_RDONLY | O_NONBLOCK)
      var count = 0
      repeat {
        count = file.fill(room: 16 * 1024) { room in
          max(0, Glibc.read(descriptor.number, room.baseAddress, room.count))
        }
      } while count > 0 && file.count <= ConfigurationFile.longest
    } catch {
      throw Failure(.failed, "cannot read \(path): \(error.reason)")
    }
  }

  private static func unlessUnwritable(
    _ write: () throws(AttributeFault) -> Void
  ) throws(Failure) {
    do throws(AttributeFault) { try write() } catch { throw Failure(.failed, error.sentence) }
  }
}
