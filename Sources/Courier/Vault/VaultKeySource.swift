import OAuth
import Platform
import TLS
import Vault

/// Where the key of a vault comes from, and how it is got or made.
struct VaultKeySource {
  /// The sources by their names in the header of a vault.
  enum Source: String {
    case secretService = "secret-service"
    case passphrase, credential, command
  }

  /// Bytes from which on a secret of no person's making needs no slowing down: as many as a key has.
  private static let longEnough = 32
  /// Bytes of a vault's key.
  private static let keyLength = 32

  let job: Job
  let environment: Environment
  let deadline: BootInstant

  /// The key and the identifier of a vault that does not exist yet.
  struct New {
    let vault: [UInt8]
    let key: [UInt8]
    let scrypt: ScryptParameters?
  }

  /// The key that came with the job.
  func given() throws(CourierFailure) -> [UInt8] {
    guard let key = job["vault.key"].flatMap({ fromHexadecimal($0) }) else {
      throw CourierFailure(.invalidRequest, "vault.key is not hexadecimal")
    }
    return key
  }

  /// The key of a vault, wherever it is, and what opens its records.
  func open(
    _ header: VaultHeader, path: String
  ) throws(CourierFailure) -> (key: [UInt8], Sealer) {
    let isGiven = job["vault.key"] != nil
    let key = try isGiven ? given() : found(header, path: path)
    do throws(VaultFault) {
      return (key, try Sealer(opening: header, key: key, OpenSSLVault()))
    } catch {
      let failure = CourierFailure(error, path: path)
      guard error == .wrongKey, !isGiven else { throw failure }
      throw failure.with(reason: Self.wrongKey(of: header.plan.keySource, path: path))
    }
  }

  /// A new vault, whose key `source` can give from now on.
  func make(_ source: String) throws(CourierFailure) -> New {
    guard let source = Source(rawValue: source) else {
      throw CourierFailure(.invalidRequest, "no source of keys is called \(shown(source))")
    }
    let vault = try Self.random(VaultHeader.identifierLength)
    if source == .secretService {
      let key = try Self.random(Self.keyLength)
      try SecretTool(environment, deadline).keep(key, of: vault)
      return New(vault: vault, key: key, scrypt: nil)
    }
    let secret = try secret(of: source)
    let isSlow = source == .passphrase || secret.count < Self.longEnough
    let salt = try Self.random(ScryptParameters.saltLength)
    let cost = isSlow ? ScryptParameters.usualCost : ScryptParameters.costs.lowerBound
    guard let scrypt = ScryptParameters(cost: cost, salt: salt) else {
      throw CourierFailure(.failed, "the parameters of scrypt are out of range")
    }
    return New(vault: vault, key: try Self.key(from: secret, scrypt), scrypt: scrypt)
  }

  /// Takes back what ``make(_:)`` has left outside of this process; no file has that key.
  func discard(_ new: New, of source: String) {
    guard Source(rawValue: source) == .secretService else { return }
    try? SecretTool(environment, deadline).remove(keyOf: new.vault)
  }

  private func found(_ header: VaultHeader, path: String) throws(CourierFailure) -> [UInt8] {
    guard let source = Source(rawValue: header.plan.keySource) else {
      throw .noKey(
        "\(path) has its key from \(shown(header.plan.keySource)), which this program does not know"
      )
    }
    if source == .secretService {
      return try SecretTool(environment, deadline).key(of: header.plan.vault)
    }
    guard let scrypt = header.plan.scrypt else {
      throw CourierFailure(VaultFault.headerDamaged, path: path)
    }
    return try Self.key(from: try secret(of: source), scrypt)
  }

  /// What the key is made from.
  private func secret(of source: Source) throws(CourierFailure) -> [UInt8] {
    switch source {
    case .passphrase, .secretService:
      guard let passphrase = job["passphrase"] else {
        throw .noKey("the vault's key is made from a passphrase, and there is none")
      }
      return Array(passphrase.utf8)
    case .credential: return try VaultCredential.read(environment)
    case .command: return try command()
    }
  }

  private func command() throws(CourierFailure) -> [UInt8] {
    guard let line = job["vault.command"] else {
      throw .noKey("the vault's key comes from a command, and the configuration names none (vault)")
    }
    let command = ChildCommand.shell(line, environment: environment)
    let ending: ChildCommand.Ending
    do { ending = try command.run(until: deadline) } catch .notStarted(let error) {
      throw .noKey("the vault's command cannot be started: \(error.reason)")
    } catch {
      throw .noKey("the vault's command did not end in time, or wrote more than a line")
    }
    guard ending.isSuccess else { throw .noKey("the vault's command \(ending.description)") }
    guard !ending.firstLine.isEmpty else { throw .noKey("the vault's command has printed nothing") }
    return Array(ending.firstLine)
  }

  private static func key(
    from secret: [UInt8], _ scrypt: ScryptParameters
  ) throws(CourierFailure) -> [UInt8] {
    do {
      return try PasswordKey.derive(
        from: secret, salt: scrypt.salt, cost: scrypt.cost, blockSize: ScryptParameters.blockSize,
        parallelism: scrypt.parallelism, count: keyLength)
    } catch {
      let mebibytes = scrypt.cost * ScryptParameters.blockSize * 128 >> 20
      throw .noKey("the vault's key cannot be made: scrypt needs \(mebibytes) MiB of memory")
    }
  }

  private static func random(_ count: Int) throws(CourierFailure) -> [UInt8] {
    guard let bytes = try? RandomBytes.generate(count) else {
      throw CourierFailure(.failed, "the system gives no random bytes")
    }
    return bytes
  }

  private static func wrongKey(of source: String, path: String) -> String {
    switch Source(rawValue: source) {
    case .passphrase:
      "the passphrase does not \(path == VaultJob.inMemory ? "unlock" : "open") \(path)"
    case .secretService: "the key in the keyring does not open \(path)"
    case .credential: "the credential \(VaultCredential.name) does not open \(path)"
    case .command: "what the vault's command prints does not open \(path)"
    case nil: "the key does not open \(path)"
    }
  }
}
