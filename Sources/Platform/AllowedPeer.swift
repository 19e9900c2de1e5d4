internal import Glibc

/// A program that is allowed to ask: one word of a setting.
package enum AllowedPeer: Equatable, Sendable {
  /// An absolute path of a program that is in no sandbox, or of one that has started it.
  case executable(String)
  /// `unit:NAME`: a unit of the system or of the user himself.
  case unit(String)
  /// `flatpak:ID`.
  case flatpak(String)
  /// `snap:NAME`.
  case snap(String)

  /// Reads one word; nil for another form, and for a path that is not in its shortest form, which
  /// the kernel would never report.
  package init?(_ text: String) {
    if text.hasPrefix("/") {
      let parts = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
      guard !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) else { return nil }
      self = .executable(text)
      return
    }
    guard let colon = text.firstIndex(of: ":") else { return nil }
    let name = String(text[text.index(after: colon)...])
    guard !name.isEmpty else { return nil }
    switch text[..<colon] {
    case "unit": self = .unit(name)
    case "flatpak": self = .flatpak(name)
    case "snap": self = .snap(name)
    default: return nil
    }
  }

  /// Reads a list, its words separated by commas; nil when one of them is none.
  package static func list(_ text: String) -> [AllowedPeer]? {
    var peers: [AllowedPeer] = []
    for word in text.split(separator: ",", omittingEmptySubsequences: false) {
      let spaces: Set<Character> = [" ", "\t"]
      let start = word.drop(while: spaces.contains)
      let end = start.lastIndex { !spaces.contains($0) }
      guard let end, let peer = AllowedPeer(String(start[...end])) else { return nil }
      peers.append(peer)
    }
    return peers
  }

  /// Whether the rule is for this peer.
  ///
  /// - Parameter user: the agent's own; another user's units are strangers.
  package func allows(_ peer: PeerIdentity, of user: UInt32) -> Bool {
    switch self {
    case .executable(let path):
      // What runs in a box is known by the box: its owner chooses what is at which path.
      guard peer.sandbox == .none else { return false }
      let programs = [peer.executable].compactMap(\.self) + (peer.starters ?? [])
      return programs.contains { $0.isFileAtPath && $0.path == path }
    case .unit(let name):
      guard let unit = peer.unit, unit.name == name else { return false }
      return unit.manager == .system || unit.manager == .user(user)
    case .flatpak(let id): return peer.sandbox == .flatpak(id)
    case .snap(let name): return peer.sandbox == .snap(name)
    }
  }
}
