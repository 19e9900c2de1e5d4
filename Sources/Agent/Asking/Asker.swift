import Platform

/// Who asks on a connection, as far as the kernel tells.
enum Asker {
  case known(PeerIdentity)
  case unknown(PeerIdentity.Fault)

  /// Characters of a path that people are shown.
  private static let longestName = 200

  /// Whether there is no more to be known.
  var hasStarters: Bool {
    guard case .known(let peer) = self else { return true }
    return peer.starters != nil
  }

  /// What it is called: its box, or its program.
  var name: String {
    guard case .known(let peer) = self else { return "a program that cannot be told" }
    switch peer.sandbox {
    case .flatpak(let id): return "the Flatpak \(id)"
    case .snap(let name): return "the snap \(name)"
    case .none, .unknown:
      guard let executable = peer.executable else { return "a program that cannot be looked at" }
      return printable(executable.path, limit: Self.longestName)
    }
  }

  /// The name with what tells it from others of that name.
  var description: String {
    switch self {
    case .unknown(let fault): return "\(name): \(fault.sentence)"
    case .known(let peer):
      let unit = peer.unit.map { ", \(printable($0.name, limit: Self.longestName))" } ?? ""
      return "\(name) (process \(peer.process)\(unit))"
    }
  }

  /// The word of `allow` that is for this program; nil where none is.
  ///
  /// It is also by what a program is remembered: what cannot be told from another has none.
  var rule: String? {
    guard case .known(let peer) = self else { return nil }
    switch peer.sandbox {
    case .flatpak(let id): return "flatpak:\(id)"
    case .snap(let name): return "snap:\(name)"
    case .unknown: return nil
    case .none:
      guard let executable = peer.executable, executable.isFileAtPath,
        AllowedPeer(executable.path) != nil, !executable.path.utf8.contains(UInt8(ascii: ","))
      else { return nil }
      return executable.path
    }
  }
}
