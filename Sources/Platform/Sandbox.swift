/// The box a program was put in by its packager.
package enum Sandbox: Equatable, Sendable {
  case none
  /// The application's id: "org.gnome.Evolution".
  case flatpak(String)
  /// The snap's name: "thunderbird".
  case snap(String)
  /// There may be one, and what it is cannot be read.
  case unknown

  /// The id in `.flatpak-info`, which Flatpak puts at the root of each of its boxes; nil when the
  /// file names none.
  package static func flatpakID(inInfo bytes: [UInt8]) -> String? {
    var isApplication = false
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      if line.first == UInt8(ascii: "[") {
        isApplication = line.elementsEqual("[Application]".utf8)
      } else if isApplication, line.starts(with: "name=".utf8) {
        let name = line.dropFirst("name=".utf8.count)
        return isIdentifier(name, "._-") ? String(decoding: name, as: UTF8.self) : nil
      }
    }
    return nil
  }

  /// What an AppArmor label says of snaps.
  package enum Label: Equatable, Sendable {
    case snap(String)
    /// The process has a label, and it is none of a snap.
    case other
  }

  /// Reads `/proc/PID/attr/apparmor/current`: "snap.firefox.firefox (enforce)".
  package static func label(_ bytes: [UInt8]) -> Label? {
    let text = bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != 0 }
    guard !text.isEmpty else { return nil }
    let profile = text.prefix { $0 != UInt8(ascii: " ") }
    return snap(in: profile).map { .snap($0) } ?? .other
  }

  /// The snap a unit was made for, as snapd names them: "snap.firefox.firefox-6a1f.scope".
  package static func snap(ofUnit name: String) -> String? {
    guard name.hasSuffix(".scope") || name.hasSuffix(".service") else { return nil }
    return snap(in: Array(name.utf8)[...])
  }

  /// "snap.NAME.APP", with anything behind.
  private static func snap(in text: ArraySlice<UInt8>) -> String? {
    let parts = text.split(
      separator: UInt8(ascii: "."), maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].elementsEqual("snap".utf8), isIdentifier(parts[1], "-_"),
      !parts[2].isEmpty
    else { return nil }
    return String(decoding: parts[1], as: UTF8.self)
  }

  private static func isIdentifier(_ bytes: ArraySlice<UInt8>, _ others: String) -> Bool {
    guard (1...255).contains(bytes.count), let first = bytes.first, isLetterOrDigit(first) else {
      return false
    }
    return bytes.allSatisfy { isLetterOrDigit($0) || others.utf8.contains($0) }
  }
}
