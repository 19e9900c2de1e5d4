internal import Glibc
internal import Platform

extension VaultFile {
  /// Opens a vault that is only to be read: an export, or the vault of another machine.
  ///
  /// Every check of opening is made, and the whole log is read once. There is no lock, and nothing is
  /// written; ``cutBytes`` tells of a log that ends in the middle of a record.
  package static func read(
    _ names: Names, in folder: any VaultFolder, owner: UInt32
  ) throws(VaultFault) -> VaultFile {
    let file: OpenFile
    do { file = OpenFile(folder, try folder.open(names.vault, for: .reading)) } catch {
      switch error.number {
      case ENOENT: throw .absent
      // A symbolic link, a socket.
      case ELOOP, ENXIO: throw .notAFile
      default: throw .system(subject: names.vault, error)
      }
    }
    let vault = VaultFile(reading: folder, names, file)
    try vault.load(owner: owner) { (_) throws(VaultFault) in }
    return vault
  }

  /// Tells each record in order, once more.
  package func visitRecords(
    _ body: (RecordFrame) throws(VaultFault) -> Void
  ) throws(VaultFault) {
    guard let file else { return }
    var reader = LogReader(
      folder, file.handle, subject: names.vault, from: live.headerLength, length: length)
    while case .record(let frame) = try reader.next() { try body(frame) }
  }
}
