import OAuth
import Platform
import Vault

extension VaultJob {
  /// Writes the sessions that come in to a file of their own, under a passphrase: `job=export`.
  mutating func export(_ keys: VaultKeySource) throws(CourierFailure) {
    let place = try place()
    let file = try telling { () throws(VaultFault) in
      try ExportFile(place.names.vault, in: place.folder)
    }
    do throws(CourierFailure) {
      let source = VaultKeySource.Source.passphrase.rawValue
      let new = try keys.make(source)
      let sealer = try telling { () throws(VaultFault) in
        try Sealer(
          newFileOf: new.vault, key: new.key, source: source, scrypt: new.scrypt, OpenSSLVault())
      }
      let count = try write(to: file, sealer)
      try finish(accounts: count)
    } catch {
      file.remove()
      throw error
    }
  }

  /// - Returns: how many sessions were written.
  private mutating func write(to file: ExportFile, _ sealer: Sealer) throws(CourierFailure) -> Int {
    try telling { () throws(VaultFault) in try file.begin(sealer.header) }
    var count = 0
    while let record = try input.heading() {
      guard record.kind == .session else {
        throw CourierFailure(.invalidRequest, "only sessions are exported")
      }
      count += 1
      let payload = try input.payload()
      try telling { () throws(VaultFault) in
        try file.append(
          try sealer.seal(payload, as: .session, of: record.name, at: UInt64(count)))
      }
    }
    try telling { () throws(VaultFault) in try file.end(sealer.header) }
    return count
  }
}

/// A vault's file for another machine, which is none before it is whole.
///
/// The records are written first, with room left for the header, which comes last.
final class ExportFile {
  /// Bytes written at once.
  private static let portion = 1 << 20

  private let folder: DiskFolder
  private let name: String
  private let handle: FileHandle
  private var position = 0
  private var waiting: [UInt8] = []

  init(_ name: String, in folder: DiskFolder) throws(VaultFault) {
    self.name = name
    self.folder = folder
    do { handle = try folder.open(name, for: .creating) } catch {
      throw error.isExistence ? .exists : .system(subject: name, error)
    }
  }

  deinit { folder.close(handle) }

  func begin(_ header: VaultHeader) throws(VaultFault) { position = header.bytes.count }

  func append(_ frame: RecordFrame) throws(VaultFault) {
    guard position + waiting.count + frame.length <= VaultLimits.fileLength else { throw .tooLong }
    waiting += frame.bytes
    if waiting.count >= Self.portion { try flush() }
  }

  func end(_ header: VaultHeader) throws(VaultFault) {
    try flush()
    do {
      try folder.synchronize(handle)
      try folder.writeAll(header.bytes, to: handle, at: 0)
      try folder.synchronize(handle)
      try folder.synchronizeFolder()
    } catch { throw .system(subject: name, error) }
  }

  /// Takes back a file that did not become whole.
  func remove() { try? folder.remove(name) }

  private func flush() throws(VaultFault) {
    do { try folder.writeAll(waiting, to: handle, at: position) } catch {
      throw .system(subject: name, error)
    }
    position += waiting.count
    waiting.removeAll(keepingCapacity: true)
  }
}
