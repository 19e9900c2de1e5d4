import Attributes
import Glibc
import Platform
import Testing
import Vault

@testable import Courier

/// One job with the vault's key, from its first block to its last.
struct VaultRun {
  /// A record that was opened, with its payload.
  struct Record {
    let heading: CourierRun.Block
    let payload: CourierRun.Block

    var kind: String? { heading["record"] }
    var name: String? { heading["name"] }
  }

  private(set) var key: CourierRun.Block?
  private(set) var sealed: [CourierRun.Block] = []
  private(set) var records: [Record] = []
  let last: CourierRun.Block
  let status: Int32

  /// - Parameter blocks: those behind the job's, each as its lines.
  init(
    _ job: [String], _ blocks: [[String]] = [], isWhole: Bool = true,
    environment: [String: String] = ["PATH": "/usr/bin:/bin"]
  ) throws {
    let run = try CourierRun(job, environment: environment)
    let all = blocks + (isWhole ? [["end=yes"]] : [])
    // Both directions at once, as the agent does it.
    let number = run.number
    let writing = try Background {
      for lines in all {
        Sockets.write(number, Array((lines.joined(separator: "\n") + "\n\n").utf8))
      }
      if !isWhole { shutdown(number, Int32(SHUT_WR)) }
      return true
    }
    while true {
      let block = try run.next()
      switch block["event"] {
      case "key": key = block
      case "sealed": sealed.append(block)
      case "record": records.append(Record(heading: block, payload: try run.next()))
      case nil where block["error"] == nil: continue
      default:
        last = block
        status = try run.status()
        _ = writing.value(by: BootInstant.now.adding(seconds: 20))
        return
      }
    }
  }

  var fault: String? { last["vault_fault"] }
  var description: String { last["error_description"] ?? "" }

  func records(_ kind: String) -> [String: CourierRun.Block] {
    Dictionary(
      records.filter { $0.kind == kind }.map { ($0.name ?? "", $0.payload) },
      uniquingKeysWith: { first, _ in first })
  }
}

/// A vault that was made by a seal job, for the jobs that come after it.
struct SealedVault {
  /// A command whose first line has the bytes of a key: it needs no slow scrypt.
  static let command = "vault.command=printf '%s\\n' 0123456789abcdef0123456789abcdef"

  let header: String
  let key: String
  /// The blocks of the log, as they are given to an unseal job.
  var log: [[String]]

  /// - Parameter records: pairs of heading and payload.
  init(_ records: [[String]] = [], source: [String] = ["vault.create=command", command]) throws {
    let run = try VaultRun(["job=seal", "vault.path=/v/vault"] + source, records)
    let block = try #require(run.key, "\(run.last.text)")
    header = try #require(block["vault.header"])
    key = try #require(block["vault.key"])
    log = Self.log(run)
  }

  static func log(_ run: VaultRun) -> [[String]] {
    run.sealed.map { block in
      block.text.split(separator: "\n").map(String.init).filter { line in
        ["sequence=", "record=", "name=", "sealed[]=", "more="].contains { line.hasPrefix($0) }
      }
    }
  }

  var opening: [String] {
    ["job=unseal", "vault.path=/v/vault", "vault.header=\(header)"]
  }

  /// What more records become behind those there are.
  mutating func append(_ records: [[String]]) throws -> VaultRun {
    let run = try VaultRun(
      [
        "job=seal", "vault.path=/v/vault", "vault.header=\(header)", "vault.key=\(key)",
        "vault.sequence=\(log.count + 1)",
      ], records)
    log += Self.log(run)
    return run
  }

  func unsealed(_ source: [String]? = nil) throws -> VaultRun {
    try VaultRun(opening + (source ?? ["vault.key=\(key)"]), log)
  }

  /// The file the agent would have written.
  var file: [UInt8] {
    let frames = log.compactMap { lines -> RecordFrame? in
      func value(_ key: String) -> String {
        lines.first { $0.hasPrefix(key) }.map { String($0.dropFirst(key.utf8.count)) } ?? ""
      }
      guard let kind = RecordKind(name: value("record=")),
        let sequence = UInt64(value("sequence="))
      else { return nil }
      return RecordFrame(
        sequence: sequence, kind: kind, name: value("name="),
        sealed: fromHexadecimal(value("sealed[]=")) ?? [])
    }
    return (fromHexadecimal(header) ?? []) + frames.flatMap(\.bytes)
  }
}

/// The two blocks of a session.
func session(_ name: String, _ lines: String...) -> [[String]] {
  [["record=session", "name=\(name)"], lines + ["obtained_at=1"]]
}

extension CourierRun {
  /// Sends another block.
  func send(_ lines: [String]) { send(lines.joined(separator: "\n")) }

  /// Sends no more blocks, as an agent that has ended.
  func hangUp() { shutdown(number, Int32(SHUT_WR)) }
}

extension ScratchFolder {
  /// Writes bytes and returns the path.
  func bytes(_ name: String, _ bytes: [UInt8]) throws -> String {
    let path = try file(name, "")
    let descriptor = try Descriptor.open(path, O_WRONLY | O_TRUNC)
    try bytes.withBytes { (bytes) throws(SystemError) in try writeAll(descriptor.number, bytes) }
    return path
  }

  /// The contents of a file; nil where there is none.
  func contents(of name: String) -> [UInt8]? {
    guard let file = try? Descriptor.open("\(path)/\(name)", O_RDONLY) else { return nil }
    return try? readAll(file.number, limit: 1 << 26)
  }

  /// A name that this folder will have, to be removed with it.
  func place(_ name: String) throws -> String {
    let path = try file(name, "")
    unlink(path)
    return path
  }
}
