import TLS
import Testing

@testable import Vault

/// The calculations of a vault by libcrypto.
struct OpenSSLVault: VaultCryptography {
  func authenticationCode(of message: [UInt8], key: [UInt8]) -> [UInt8]? {
    try? HMAC.sha256(message, key: key)
  }

  func seal(_ plaintext: [UInt8], key: [UInt8], context: [UInt8]) -> [UInt8]? {
    try? AuthenticatedEncryption.seal(plaintext, key: key, context: context)
  }

  func open(_ sealed: [UInt8], key: [UInt8], context: [UInt8]) -> [UInt8]? {
    (try? AuthenticatedEncryption.open(sealed, key: key, context: context)) ?? nil
  }

  func randomBytes(_ count: Int) -> [UInt8]? { try? RandomBytes.generate(count) }
}

/// A library that gives nothing.
struct NoCryptography: VaultCryptography {
  func authenticationCode(of message: [UInt8], key: [UInt8]) -> [UInt8]? { nil }
  func seal(_ plaintext: [UInt8], key: [UInt8], context: [UInt8]) -> [UInt8]? { nil }
  func open(_ sealed: [UInt8], key: [UInt8], context: [UInt8]) -> [UInt8]? { nil }
  func randomBytes(_ count: Int) -> [UInt8]? { nil }
}

let rightKey = [UInt8](repeating: 0x5A, count: 32)
let wrongKey = [UInt8](repeating: 0x5B, count: 32)
let names = VaultFile.Names("vault")
let user: UInt32 = 1000

func makeSealer(
  of vault: [UInt8]? = nil, key: [UInt8] = rightKey, source: String = "secret-service",
  scrypt: ScryptParameters? = nil
) throws -> VaultSealer<OpenSSLVault> {
  try VaultSealer(newFileOf: vault, key: key, source: source, scrypt: scrypt, OpenSSLVault())
}

extension VaultSealer {
  /// Seals records of another file for this one, one after the other from 1 on.
  func reseal(
    _ frames: [RecordFrame], of other: VaultSealer<Cryptography>
  ) throws(VaultFault) -> [RecordFrame] {
    var result: [RecordFrame] = []
    result.reserveCapacity(frames.count)
    for frame in frames {
      let payload = try other.open(frame)
      result.append(
        try seal(payload, as: frame.kind, of: frame.name, at: UInt64(result.count) + 1))
    }
    return result
  }

  func session(
    _ name: String, _ payload: String, at sequence: UInt64
  ) throws(VaultFault) -> RecordFrame {
    try seal(Array(payload.utf8), as: .session, of: name, at: sequence)
  }
}

extension VaultFile {
  /// Writes the file anew as the agent does: a draft is begun, filled and put in the vault's place.
  func rewrite(_ header: VaultHeader, _ frames: [RecordFrame]) throws(VaultFault) {
    let draft = try beginRewriting(header)
    try draft.append(frames)
    try commit(draft)
  }
}

/// What a vault says when it is opened.
struct Contents {
  let file: VaultFile
  let frames: [RecordFrame]
  let replay: Replay

  init(_ folder: any VaultFolder, lock: VaultFile.LockSource = .own) throws(VaultFault) {
    var frames: [RecordFrame] = []
    var replay = Replay()
    file = try VaultFile.open(names, in: folder, owner: user, lock: lock) { frame in
      frames.append(frame)
      replay.take(frame)
    }
    self.frames = frames
    self.replay = replay
  }

  /// The payloads of the sessions by their names, opened with `key`.
  func sessions(key: [UInt8] = rightKey) throws(VaultFault) -> [String: String] {
    guard let header = file.header else { return [:] }
    let sealer = try VaultSealer(opening: header, key: key, OpenSSLVault())
    var payloads: [String: String] = [:]
    for (name, frame) in replay.sessions {
      payloads[name] = String(decoding: try sealer.open(frame), as: UTF8.self)
    }
    // The others are opened too: each of them must be genuine.
    for frame in frames { _ = try sealer.open(frame) }
    return payloads
  }
}

/// A folder with a vault of `sessions`, one record after the other.
func makeFolder(
  _ sealer: VaultSealer<OpenSSLVault>, _ sessions: [(name: String, payload: String)]
) throws -> SimulatedFolder {
  let folder = SimulatedFolder()
  let frames = try sessions.enumerated().map { index, session in
    try sealer.session(session.name, session.payload, at: UInt64(index) + 1)
  }
  folder.put("vault", sealer.header.bytes + frames.flatMap(\.bytes))
  return folder
}

/// The fault `body` throws; nil when it throws none.
func fault(_ body: () throws(VaultFault) -> Void) -> VaultFault? {
  do throws(VaultFault) {
    try body()
    return nil
  } catch { return error }
}
