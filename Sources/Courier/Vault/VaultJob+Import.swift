import Glibc
import OAuth
import Platform
import Vault

extension VaultJob {
  /// Opens the sessions of a file that was exported, or of a vault with a passphrase: `job=import`.
  func importFile(_ keys: VaultKeySource) throws(CourierFailure) {
    let place = try place()
    let file = try telling { () throws(VaultFault) in
      try VaultFile.read(place.names, in: place.folder, owner: geteuid())
    }
    guard let header = file.header else { throw CourierFailure(VaultFault.absent, path: path) }
    guard header.plan.keySource == VaultKeySource.Source.passphrase.rawValue else {
      throw CourierFailure(
        .failed,
        "\(path) has its key from \(shown(header.plan.keySource)), and only a file with a passphrase"
          + " can be imported", hint: "sallyport vault export FILE")
    }
    // An export is written to its end before it is one.
    guard file.cutBytes == 0 else {
      let next = file.nextSequence
      throw CourierFailure(.damaged(position: file.length, sequence: next), path: path)
    }
    let (_, sealer) = try keys.open(header, path: path)
    var opening = RecordOpening(sealer)
    try telling { () throws(VaultFault) in
      try file.visitRecords { (frame) throws(VaultFault) in try opening.take(frame) }
    }
    try tell(opening)
    try finish(accounts: opening.count)
  }

  /// The folder and the name of the file that `vault.path` names.
  func place() throws(CourierFailure) -> (folder: DiskFolder, names: VaultFile.Names) {
    guard let path = job["vault.path"], path.hasPrefix("/"), let slash = path.lastIndex(of: "/")
    else { throw CourierFailure(.invalidRequest, "vault.path is no absolute path") }
    let name = String(path[path.index(after: slash)...])
    guard !name.isEmpty, name != ".", name != ".." else {
      throw CourierFailure(.invalidRequest, "vault.path is no path of a file")
    }
    let folder = path[..<slash].isEmpty ? "/" : String(path[..<slash])
    do throws(SystemError) { return (try DiskFolder(folder), VaultFile.Names(name)) } catch {
      throw CourierFailure(.failed, "cannot use the folder \(shown(folder)): \(error.reason)")
    }
  }
}
