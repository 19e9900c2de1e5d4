import Glibc

/// A path where a narrow socket was, and nobody answers any more: no agent may be started there.
///
/// Whoever was given one token would else get a whole agent at that path, which can open the vault.
package struct EndedNarrowSocket: Equatable, Sendable {
  private let path: String

  /// What speaks against an agent at `path`; nil where nothing does.
  package init?(at path: String, _ folders: Folders = Folders()) {
    guard let folder = folders.runtimeFolder else { return nil }
    let main = folder + "/agent.sock"
    guard path != main, NarrowSocketRecord(besideSocket: main).tells(of: path) else { return nil }
    self.path = path
  }

  package var sentence: String {
    "nothing answers at \(printable(path)) any more: it was a narrow socket, and has ended"
  }

  package var hint: String {
    "env -u SALLYPORT_SOCK sallyport expose NAME --socket \(shellQuoted(path))"
  }
}
