import Glibc
import Platform

/// Taking those who connect.
extension AgentServer {
  /// Connections at one time; past it the idle ones that were silent longest are closed.
  static let mostConnections = 4096
  /// Milliseconds without accepting after the process has run out of descriptors.
  private static let acceptPause: Int64 = 100

  /// Takes one of those who have connected: the next has a round of its own, so that whoever
  /// connects in a loop holds nobody up.
  func acceptNext(now: BootInstant) {
    do throws(SystemError) {
      guard let descriptor = try UnixSocket.accept(listener) else { return }
      let peer = try UnixSocket.peer(of: descriptor)
      // Only the user itself is served; the folder's mode keeps others out already, as long as it
      // lasts.
      guard peer.userID == user else { return }
      makeRoom()
      let connection = Connection(
        id: newID(), descriptor: descriptor, peer: peer, now: now, pool: pool)
      connections[connection.id] = connection
      serve(connection, events: POLLIN, now: now)
    } catch { return pauseAccepting(now: now) }
  }

  /// Out of descriptors or memory: the same connection would be reported again at once.
  func pauseAccepting(now: BootInstant) {
    guard isAccepting else { return }
    isAccepting = false
    watchListener(false)
    deadlines.add(.accept, at: now.adding(milliseconds: Self.acceptPause))
  }

  func acceptAgain() {
    isAccepting = true
    watchListener(true)
  }

  /// Closes the idle connection that was silent longest when there are too many.
  func makeRoom() {
    guard connections.count >= Self.mostConnections else { return }
    let idle = connections.values.filter { !$0.isBusy }
    guard let oldest = idle.min(by: { $0.lastActive < $1.lastActive }) else { return }
    close(oldest)
  }
}
