import Glibc
import Platform

/// The process that has the vault open, by the kernel's list of locks.
///
/// An agent lets nobody look at its descriptors; who holds a lock is told to everybody (proc(5)).
struct VaultLockHolder: Equatable {
  /// Bytes of the list of locks that are read: some thousand locks.
  private static let longestList = 256 * 1024

  let process: pid_t
  let program: String

  /// The holder of the vault in `folder`; nil where none is to be seen from here.
  static func find(inFolder folder: String) -> VaultLockHolder? {
    var facts = stat()
    guard lstat("\(folder)/vault.lock", &facts) == 0, let locks = text("/proc/locks"),
      let process = process(in: locks, inode: facts.st_ino, device: facts.st_dev),
      let program = text("/proc/\(process)/comm")
    else { return nil }
    return VaultLockHolder(
      process: process, program: printable(String(program.prefix { $0 != "\n" }), limit: 40))
  }

  /// The process of a line such as `1: FLOCK  ADVISORY  WRITE 3424 fe:00:162 0 EOF`.
  static func process(in locks: String, inode: ino_t, device: dev_t) -> pid_t? {
    let place = "\(hexadecimal(major(device))):\(hexadecimal(minor(device))):\(inode)"
    for line in locks.split(separator: "\n") {
      let words = line.split(separator: " ")
      // A process that waits has an arrow before the kind; one of another container has number 0.
      guard words.count >= 6, words[1] == "FLOCK", words[5] == place, let process = pid_t(words[4]),
        process > 0
      else { continue }
      return process
    }
    return nil
  }

  private static func major(_ device: dev_t) -> UInt {
    (device >> 8 & 0xFFF) | (device >> 32 & ~0xFFF)
  }

  private static func minor(_ device: dev_t) -> UInt {
    (device & 0xFF) | (device >> 12 & ~0xFF)
  }

  private static func hexadecimal(_ number: UInt) -> String {
    let text = String(number, radix: 16)
    return text.utf8.count < 2 ? "0" + text : text
  }

  private static func text(_ path: String) -> String? {
    guard let file = try? Descriptor.open(path, O_RDONLY),
      let bytes = try? readAll(file.number, limit: longestList)
    else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }
}
