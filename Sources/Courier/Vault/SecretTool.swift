import Glibc
import OAuth
import Platform
import Vault

/// The desktop's keyring, by libsecret's own program: the Secret Service is a protocol on a bus, and
/// what talks to it lives no longer than one question.
struct SecretTool {
  private static let label = "sallyport vault"

  private let program: String
  private let environment: Environment
  private let deadline: BootInstant

  /// Throws where there is nothing to ask, without starting anything.
  init(_ environment: Environment, _ deadline: BootInstant) throws(CourierFailure) {
    guard let program = ChildProcess.find("secret-tool", searchPath: environment["PATH"]) else {
      throw .noKey(
        "the keyring cannot be asked: there is no secret-tool"
          + " (package libsecret-tools, or libsecret)")
    }
    // Without a bus libsecret would try to start one.
    guard Self.hasBus(environment) else {
      throw .noKey("no secret service answers: there is no session bus")
    }
    self.program = program
    self.environment = environment
    self.deadline = deadline
  }

  private static func hasBus(_ environment: Environment) -> Bool {
    if environment["DBUS_SESSION_BUS_ADDRESS"] != nil { return true }
    guard let folder = environment["XDG_RUNTIME_DIR"] else { return false }
    return access("\(folder)/bus", F_OK) == 0
  }

  /// Stores the key of a vault, and reads it back: a keyring that forgets would cost all sessions.
  func keep(_ key: [UInt8], of vault: [UInt8]) throws(CourierFailure) {
    let digits = Array(hexadecimal(key).utf8)
    let ending = try run(["store", "--label=\(Self.label)"] + Self.attributes(of: vault), digits)
    guard ending.isSuccess else { throw refusal(ending, "keep the key of the vault") }
    guard try self.key(of: vault) == key else {
      throw .noKey("the keyring has given back another key than it was given to keep")
    }
  }

  /// The key of a vault.
  func key(of vault: [UInt8]) throws(CourierFailure) -> [UInt8] {
    let ending = try run(["lookup"] + Self.attributes(of: vault))
    if ending.isSuccess {
      guard let key = fromHexadecimal(String(decoding: ending.firstLine, as: UTF8.self)) else {
        throw .noKey("what the keyring has for the vault is no key")
      }
      return key
    }
    guard ending.exitStatus == 1, ending.errors.isEmpty else {
      throw refusal(ending, "give the key of the vault")
    }
    // Nothing at all is what is said of a key that is not there, and of one that stays locked.
    guard try isLocked(vault) else {
      throw .noKey("the keyring has no key for this vault (\(hexadecimal(vault)))")
    }
    throw .noKey(
      "the keyring is locked, and its question was not answered", hint: "sallyport unlock")
  }

  func remove(keyOf vault: [UInt8]) throws(CourierFailure) {
    _ = try run(["clear"] + Self.attributes(of: vault))
  }

  /// Whether the key is there behind a lock.
  private func isLocked(_ vault: [UInt8]) throws(CourierFailure) -> Bool {
    let ending = try run(["search"] + Self.attributes(of: vault))
    return ending.isSuccess && !ending.output.isEmpty
  }

  private static func attributes(of vault: [UInt8]) -> [String] {
    ["application", "sallyport", "vault", hexadecimal(vault)]
  }

  private func run(
    _ arguments: [String], _ input: [UInt8]? = nil
  ) throws(CourierFailure) -> ChildCommand.Ending {
    let command = ChildCommand(
      path: program, arguments: ["secret-tool"] + arguments, environment: environment,
      input: input, collectsErrors: true)
    do { return try command.run(until: deadline) } catch .notStarted(let error) {
      throw .noKey("the keyring cannot be asked: \(program): \(error.reason)")
    } catch { throw .noKey("the keyring did not answer in time", hint: "sallyport unlock") }
  }

  /// What the program says it cannot do.
  private func refusal(_ ending: ChildCommand.Ending, _ what: String) -> CourierFailure {
    let words = String(decoding: ChildCommand.firstLine(of: ending.errors), as: UTF8.self)
    let reason = words.isEmpty ? "secret-tool \(ending.description)" : shown(words)
    return .noKey("the keyring does not \(what): \(reason)")
  }
}
