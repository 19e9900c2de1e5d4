internal import Platform

/// A file that is to take the vault's place; it becomes the vault by ``VaultFile/commit(_:)``.
///
/// It can be written bit by bit, so that nobody needs to have all records at once. A draft that is let
/// go of is removed by the next one.
package final class VaultDraft {
  /// Bytes written at once: few calls, and little memory.
  private static let portion = 1 << 20

  let header: VaultHeader
  let file: OpenFile
  /// ``VaultFile/nextSequence`` when the draft was begun: what it was made from.
  let basis: UInt64
  private(set) var live: LiveLengths
  private(set) var length: Int
  private(set) var nextSequence: UInt64 = 1
  private let folder: any VaultFolder
  private let name: String

  init(
    _ header: VaultHeader, in folder: any VaultFolder, named name: String, basis: UInt64
  ) throws(VaultFault) {
    self.header = header
    self.folder = folder
    self.name = name
    self.basis = basis
    let bytes = header.bytes
    live = LiveLengths(headerLength: bytes.count)
    length = bytes.count
    do throws(SystemError) {
      if try folder.facts(named: name) != nil { try folder.remove(name) }
      file = OpenFile(folder, try folder.open(name, for: .creating))
    } catch { throw .system(subject: name, error) }
    try write(bytes, at: 0)
  }

  /// Adds records, sealed under the draft's header for the numbers that follow, from 1 on.
  ///
  /// After an error the draft is of no use any more.
  package func append(_ frames: [RecordFrame]) throws(VaultFault) {
    try checkTurn(of: frames, from: nextSequence)
    guard length + frames.reduce(0, { $0 + $1.length }) <= VaultLimits.fileLength else {
      abandon()
      throw .tooLong
    }
    var bytes: [UInt8] = []
    for frame in frames {
      bytes += frame.bytes
      live.take(frame)
      guard bytes.count >= Self.portion else { continue }
      try write(bytes, at: length)
      length += bytes.count
      bytes.removeAll(keepingCapacity: true)
    }
    try write(bytes, at: length)
    length += bytes.count
    nextSequence += UInt64(frames.count)
  }

  /// Whether the file still has its name, and not another draft.
  func isStillThere() throws(VaultFault) -> Bool {
    let mine = try file.facts(name)
    do { return try folder.facts(named: name)?.isSameFile(as: mine) ?? false } catch {
      throw .system(subject: name, error)
    }
  }

  func synchronize() throws(VaultFault) {
    do { try folder.synchronize(file.handle) } catch {
      abandon()
      throw .system(subject: name, error)
    }
  }

  private func write(_ bytes: [UInt8], at position: Int) throws(VaultFault) {
    do { try folder.writeAll(bytes, to: file.handle, at: position) } catch {
      abandon()
      throw .system(subject: name, error)
    }
  }

  /// A full disk gets its room back at once.
  private func abandon() { try? folder.remove(name) }
}
