internal import Glibc
package import Platform

extension VaultFile {
  /// Gives the vault another name, because somebody has asked for it.
  ///
  /// - Returns: the new name: "vault.former-1", or the first number that is free.
  package static func setAside(
    _ names: Names, in folder: any VaultFolder
  ) throws(VaultFault) -> String {
    let lock: OpenFile
    do {
      lock = OpenFile(folder, try folder.open(names.lock, for: .locking))
      try folder.lock(lock.handle)
    } catch { throw error.number == EWOULDBLOCK ? .inUse : .system(subject: names.lock, error) }
    // The lock is held to the end of the function.
    defer { withExtendedLifetime(lock) {} }
    for number in 1...Self.mostSetAside {
      let name = "\(names.vault).former-\(number)"
      do {
        try folder.renameToNew(names.vault, name)
        try folder.synchronizeFolder()
        return name
      } catch  where error.isExistence { continue } catch {
        throw error.number == ENOENT ? .absent : .system(subject: names.vault, error)
      }
    }
    throw .exists
  }

  /// Whoever has so many has looked at none of them.
  private static let mostSetAside = 1000
}

extension SystemError {
  /// Whether the name was taken.
  package var isExistence: Bool { number == EEXIST }
}
