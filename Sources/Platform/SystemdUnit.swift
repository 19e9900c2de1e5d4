package import Glibc

/// The systemd unit a process belongs to, as its control group tells.
///
/// A program of the user can have the user's manager start it in a unit of any free name: the name
/// keeps honest programs apart, and stops no malicious one.
package struct SystemdUnit: Equatable, Sendable {
  /// Whose unit it is.
  package enum Manager: Equatable, Sendable {
    case system
    /// The manager of a user, `user@UID.service`.
    case user(uid_t)
  }

  /// "backup.service", "app-gnome-firefox-4711.scope"; `\x2d` and its like stay as they are.
  package let name: String
  package let manager: Manager

  package init(name: String, manager: Manager) {
    self.name = name
    self.manager = manager
  }

  /// Reads the lines of `/proc/PID/cgroup` (cgroups(7)); nil when they name no unit.
  ///
  /// The unified hierarchy counts, and where there is none, systemd's own of version 1.
  package init?(controlGroups: [UInt8]) {
    let lines = controlGroups.split(separator: UInt8(ascii: "\n")).map {
      $0.split(separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
    }
    func path(_ isWanted: ([UInt8].SubSequence, [UInt8].SubSequence) -> Bool) -> String? {
      let line = lines.first { $0.count == 3 && isWanted($0[0], $0[1]) }
      // A path that is only "/" says nothing: with both hierarchies it is that of the unused one.
      return line.flatMap { $0[2].count > 1 ? String(validating: $0[2], as: UTF8.self) : nil }
    }
    let unified = path { number, controllers in
      number.elementsEqual("0".utf8) && controllers.isEmpty
    }
    let named = path { _, controllers in controllers.elementsEqual("name=systemd".utf8) }
    guard let path = unified ?? named, let unit = Self(path: path) else { return nil }
    self = unit
  }

  /// The rules of systemd's cg_path_get_unit and cg_path_get_user_unit.
  private init?(path: String) {
    // A group that is no more, and one outside the name space of this process.
    guard path.hasPrefix("/"), !path.hasPrefix("/../"), !path.hasSuffix(" (deleted)") else {
      return nil
    }
    var parts = path.split(separator: "/").map { Self.unescaped($0) }[...]
    parts = parts.drop { $0.hasSuffix(".slice") }
    guard let first = parts.first, Self.isUnit(first) else { return nil }
    if let user = Self.userOfManager(first) {
      let rest = parts.dropFirst().drop { $0.hasSuffix(".slice") }
      if let name = rest.first, Self.isUnit(name) {
        self.init(name: String(name), manager: .user(user))
        return
      }
    }
    self.init(name: String(first), manager: .system)
  }

  /// Names that the kernel could take for files of its own have a "_" before them.
  private static func unescaped(_ part: Substring) -> Substring {
    part.hasPrefix("_") ? part.dropFirst() : part
  }

  private static func userOfManager(_ name: Substring) -> uid_t? {
    let (start, end) = ("user@", ".service")
    guard name.hasPrefix(start), name.hasSuffix(end) else { return nil }
    return uid_t(name.dropFirst(start.count).dropLast(end.count))
  }

  /// systemd.unit(5): the kinds that have processes, and the characters of a name.
  private static func isUnit(_ name: Substring) -> Bool {
    guard name.utf8.count <= 255, let dot = name.lastIndex(of: "."), dot > name.startIndex,
      ["service", "scope", "socket", "mount", "swap"].contains(name[name.index(after: dot)...])
    else { return false }
    return name.utf8.allSatisfy { isLetterOrDigit($0) || ":_.\\@-".utf8.contains($0) }
  }
}

/// ALPHA or DIGIT of RFC 5234 appendix B.1.
func isLetterOrDigit(_ byte: UInt8) -> Bool {
  let lower = byte | 0x20
  return (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(lower)
}
