import Glibc
import Platform
import Synchronization
import Testing
import Vault

/// The vault of a test's agents: its folder, what goes wrong there, and what the fake courier seals
/// under.
final class TestVault: Sendable {
  private static let sources = ["secret-service", "passphrase", "credential", "command"]
  /// Files of each source a test can have made.
  private static let filesOfSource = 5

  let scratch: ScratchFolder
  let faults = FolderFaults()

  init() throws {
    scratch = try ScratchFolder()
    for (number, source) in Self.sources.enumerated() {
      for file in 1...Self.filesOfSource {
        let header = try Self.header(UInt8(16 * number + file), source)
        try scratch.write("header.\(source).\(file)", hexadecimal(header.bytes) + "\n")
        let key = String(repeating: "\(number)\(file)", count: 32)
        try scratch.write("key.\(source).\(file)", key + "\n")
      }
    }
  }

  private static func header(_ number: UInt8, _ source: String) throws -> VaultHeader {
    let scrypt =
      source == "secret-service"
      ? nil : ScryptParameters(salt: [UInt8](repeating: number, count: 16))
    let id = [UInt8](repeating: number, count: VaultHeader.identifierLength)
    let plan = try #require(
      VaultHeader.Plan(vault: id, file: id, keySource: source, scrypt: scrypt))
    return try #require(
      VaultHeader(
        plan, keyCheck: [UInt8](repeating: number, count: VaultHeader.keyCheckLength),
        authentication: [UInt8](repeating: number, count: VaultHeader.authenticationLength)))
  }

  /// The folder of the file.
  var folder: String { scratch("state") }
  /// The file.
  var path: String { "\(folder)/vault" }

  // MARK: What is in it

  /// A record of the file, and what was sealed.
  struct Record: Equatable, CustomStringConvertible {
    let kind: RecordKind
    let name: String
    let payload: Reply

    var description: String { "\(kind.name) \(name)" }
  }

  /// The records of the file, in their order, as whoever starts anew would find them.
  func records() throws -> [Record] {
    guard scratch.mode(of: "state/vault") != nil else { return [] }
    let file = try VaultFile.read(
      VaultFile.Names("vault"), in: DiskFolder(folder), owner: geteuid())
    var frames: [RecordFrame] = []
    try file.visitRecords { frames.append($0) }
    return try frames.map { frame in
      let place = hexadecimal(Array(frame.sealed.prefix(RecordFrame.sealOverhead)))
      let lines = try text(of: "sealed.\(place)").split(separator: "\n").map(String.init)
      return Record(kind: frame.kind, name: frame.name, payload: Reply(lines: lines))
    }
  }

  /// The same in a few words: the kind and the account of each.
  func summary() throws -> [String] { try records().map(\.description) }

  /// The last refresh token of an account, as a new agent would find it; nil where it has none.
  func refreshToken(of name: String = "work") throws -> String? {
    let last = try records().last { $0.name == name && [.session, .removal].contains($0.kind) }
    return last?.payload["refresh_token"]
  }

  /// The name of the key's source in the file's header.
  func source() throws -> String {
    let file = try VaultFile.read(
      VaultFile.Names("vault"), in: DiskFolder(folder), owner: geteuid())
    return try #require(file.header?.plan.keySource)
  }

  /// Appends a record while no agent has the file.
  func append(_ kind: RecordKind, of name: String = "work", _ payload: [String]) throws {
    let file = try open()
    // As a process could have that lived in another year.
    let place = "9".padded + String(file.nextSequence).padded
    try scratch.write("sealed.\(place)", payload.map { $0 + "\n" }.joined())
    let sealed = try #require(fromHexadecimal(place))
    try file.append([
      try #require(
        RecordFrame(sequence: file.nextSequence, kind: kind, name: name, sealed: sealed))
    ])
  }

  /// Appends the beginning of a refresh that sends `token`.
  func appendStart(of name: String = "work", sending token: String) throws {
    let digest = String(repeating: "7", count: 64)
    try scratch.write("token.\(digest)", token + "\n")
    try append(
      .refreshStarted, of: name,
      [
        "refresh_token_sha256=\(digest)", "started_at=1800000000",
        "answer_key=\(String(repeating: "8", count: 64))",
      ])
  }

  /// Opens and locks the file as another process would.
  ///
  /// A child of another test that has just been started may have the lock of an agent that has ended
  /// for some milliseconds more.
  func open() throws -> VaultFile {
    while true {
      do {
        return try VaultFile.open(
          VaultFile.Names("vault"), in: DiskFolder(folder), owner: geteuid()
        ) { _ in }
      } catch VaultFault.inUse { sched_yield() }
    }
  }

  /// The header of the file as a courier is told it.
  func headerDigits() throws -> String {
    let file = try VaultFile.read(
      VaultFile.Names("vault"), in: DiskFolder(folder), owner: geteuid())
    return hexadecimal(try #require(file.header).bytes)
  }

  func bytes() throws -> [UInt8] {
    let file = try Descriptor.open(path, O_RDONLY)
    return try readAll(file.number, limit: 1 << 24)
  }

  /// Puts bytes in the place of the file's.
  func write(_ bytes: [UInt8]) throws {
    let file = try Descriptor.open(path, O_WRONLY | O_TRUNC)
    try #require(bytes.isEmpty || Glibc.write(file.number, bytes, bytes.count) == bytes.count)
  }

  private func text(of name: String) throws -> String {
    let file = try Descriptor.open(scratch(name), O_RDONLY)
    return String(decoding: try readAll(file.number, limit: 1 << 20), as: UTF8.self)
  }
}

extension String {
  /// A number as half of the name of what is sealed.
  fileprivate var padded: String { String(repeating: "0", count: 28 - utf8.count) + self }
}
