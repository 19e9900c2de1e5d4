package import Platform

/// Why a vault cannot be read, written or opened.
package enum VaultFault: Error, Equatable, Sendable {
  // The header.

  /// The file has no byte.
  case empty
  /// The first line is not that of a vault.
  case notAVault
  /// The file has a format that came after this program.
  case newerVersion(Int)
  /// The header is cut off, or its checksum or a field is wrong.
  case headerDamaged

  // The records.

  /// A record is not as it was written, or not where it was written, and others follow it.
  ///
  /// `position` is in bytes; `sequence` is the number the record should have.
  case damaged(position: Int, sequence: UInt64)
  /// A record has a kind that came after this program.
  case unknownKind(UInt8)
  /// A record does not open in this place under the right key.
  case recordRefused(sequence: UInt64, name: String)

  // Keys.

  /// The key is not this vault's: another passphrase, another keyring.
  case wrongKey
  /// The key is right, and the header is not the one it was made with.
  case headerForged
  /// Random bytes, a digest or a cipher are not to be had.
  case cryptography(reason: String)

  // The file.

  /// A system call failed; `subject` is the file's name, or empty for the folder.
  case system(subject: String, SystemError)
  /// There is something with the vault's name, and it is no file.
  case notAFile
  case foreign(owner: UInt32)
  case openToOthers(mode: UInt32)
  /// Another process has the vault open.
  case inUse
  /// The file is gone, or another one has taken its place since it was opened.
  case replaced
  /// There is no vault yet.
  case absent
  /// A vault was to be created, and there is one.
  case exists
  /// The file or a record would be longer than ``VaultLimits`` allows.
  case tooLong
  /// The records were sealed for another place: others have been written meanwhile.
  case outOfTurn(expected: UInt64)
  /// A write has failed in a way that leaves open what is on the disk; only rewriting helps.
  case unreliable(SystemError)
  /// The file may be read and not written.
  case readOnly(SystemError)
}

extension VaultFault {
  /// What is wrong and why, for a person.
  ///
  /// - Parameter path: where the vault lies.
  package func sentence(path: String) -> String {
    switch self {
    case .empty: "\(path) is no vault: it is empty"
    case .notAVault: "\(path) is no vault: it does not begin like one"
    case .newerVersion(let version):
      "\(path) was written by a later version of sallyport (format \(version); this one knows up to"
        + " \(VaultHeader.version))"
    case .headerDamaged: "\(path) is damaged: its header is not as it was written"
    case .damaged(let position, let sequence):
      "\(path) is damaged: record \(sequence), at byte \(position), is not as it was written"
    case .unknownKind(let kind):
      "\(path) holds a record of kind \(kind), which a later version of this program has written"
    case .recordRefused(let sequence, let name):
      "\(path) was tampered with: record \(sequence), of \(name), does not belong where it is"
    case .wrongKey: "the key does not open \(path)"
    case .headerForged: "\(path) was tampered with: its header is not the one it was sealed with"
    case .cryptography(let reason): "cannot seal or open \(path): \(reason)"
    case .system("", let error): "cannot use the folder of \(path): \(error.reason)"
    case .system(let subject, let error):
      "cannot use \(Self.folder(of: path))\(subject): \(error.reason)"
    case .notAFile: "refusing \(path): it is not a regular file"
    case .foreign(let owner): "refusing \(path): it belongs to user \(owner)"
    case .openToOthers(let mode):
      "refusing \(path): its mode \(String(mode & 0o7777, radix: 8)) lets others in"
    case .inUse: "\(path) is in use by another process"
    case .replaced: "\(path) is no longer the file that was opened"
    case .absent: "there is no vault at \(path)"
    case .exists: "refusing to replace \(path), which has come into being meanwhile"
    case .tooLong: "\(path) would become too large"
    case .outOfTurn: "\(path) has got other records meanwhile"
    case .unreliable(let error):
      "an earlier write to \(path) has failed, and nobody knows how far it got: \(error.reason)"
    case .readOnly(let error): "\(path) cannot be written: \(error.reason)"
    }
  }

  /// A command that mends it, where there is one.
  package func hint(path: String) -> String? {
    switch self {
    case .openToOthers: "chmod 600 \(shellQuoted(path))"
    // Moved aside, never removed: what is in it may still be wanted.
    case .empty, .notAVault, .headerDamaged, .headerForged, .damaged, .recordRefused, .notAFile:
      "mv -n \(shellQuoted(path)) \(shellQuoted(path + ".damaged"))"
    case .inUse: "sallyport doctor"
    default: nil
    }
  }

  private static func folder(of path: String) -> Substring {
    path.lastIndex(of: "/").map { path[...$0] } ?? ""
  }
}
