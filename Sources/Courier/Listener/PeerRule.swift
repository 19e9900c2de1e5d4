import Glibc
import Platform

/// Who may deliver an answer: programs of the same user.
struct PeerRule: Sendable {
  enum Verdict: Equatable {
    case sameUser
    case otherUser
    /// The peer's socket is in no table, so that it cannot be said whose it is.
    case unknown
    /// The tables cannot be read: everybody on this machine is let in, and a warning says so.
    case unchecked(SystemError)
  }

  /// Where the owner of a socket is looked up.
  enum Source: Sendable {
    /// Asked of the kernel directly, and of the tables where it gives no answer.
    case kernel
    /// The tables alone.
    case tables(ProcSockets)
  }

  private let userID: uid_t
  private let source: Source

  init(userID: uid_t = geteuid(), source: Source = .kernel) {
    self.userID = userID
    self.source = source
  }

  /// Judges the other end of an accepted connection.
  ///
  /// To be asked while the peer is still there: a closed socket has no owner any more.
  func judge(_ connection: Int32) -> Verdict {
    guard let own = Self.address(by: { getsockname(connection, $0, $1) }),
      let peer = Self.address(by: { getpeername(connection, $0, $1) })
    else { return .unknown }
    switch owner(of: peer, connectedTo: own) {
    case .user(userID): return .sameUser
    case .user: return .otherUser
    case .unlisted: return .unknown
    case .unreadable(let error): return .unchecked(error)
    }
  }

  private func owner(of peer: TCPAddress, connectedTo own: TCPAddress) -> ProcSockets.Owner {
    switch source {
    case .tables(let tables): return tables.owner(of: peer, connectedTo: own)
    case .kernel:
      switch ProcSocketQuery.owner(of: peer, connectedTo: own) {
      case .user(let user): return .user(user)
      case .closed: return .unlisted
      case nil: break
      }
      // Our own end is there for certain: a kernel that tells of it, and not of the peer, has lost
      // the peer. Reading the tables for each connection that comes and goes would keep the browser
      // out.
      if ProcSocketQuery.owner(of: own, connectedTo: peer) != nil { return .unlisted }
      return ProcSockets().owner(of: peer, connectedTo: own)
    }
  }

  private static func address(
    by call: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
  ) -> TCPAddress? {
    guard let address = SocketAddress.told(by: call)?.ipAddress else { return nil }
    return TCPAddress(address.bytes, port: address.port)
  }
}
