import CPlatform
package import Glibc

/// Who is at the other end of a Unix socket.
package struct Peer: Equatable, Sendable {
  package let processID: pid_t
  package let userID: uid_t
}

/// Unix stream sockets.
package enum UnixSocket {
  /// Bytes a path may have: `sun_path` is 108 with its NUL.
  package static let longestPath = 107

  /// Connects to `path`; the descriptor is blocking. ENAMETOOLONG where the path does not fit.
  package static func connect(_ path: String) throws(SystemError) -> Descriptor {
    let socket = try make(flags: 0)
    let result = try withAddress(path) { address, length in
      retryingInterrupts { Int(Glibc.connect(socket.number, address, length)) }
    }
    guard result == 0 else { throw .last("connect") }
    return socket
  }

  /// Binds and listens at `path` with mode 0600; the descriptor is non-blocking.
  ///
  /// A file at `path` is EADDRINUSE: whether it is stale is for the caller to find out first.
  package static func listen(_ path: String, backlog: Int32) throws(SystemError) -> Descriptor {
    let socket = try make(flags: Int32(SOCK_NONBLOCK.rawValue))
    // Linux gives the file the mode of the socket, less the umask: there is no moment in which it
    // is open to others, and the umask, which all threads share, stays as it is.
    guard fchmod(socket.number, 0o600) == 0 else { throw .last("fchmod") }
    let result = try withAddress(path) { address, length in
      Int(bind(socket.number, address, length))
    }
    guard result == 0 else { throw .last("bind") }
    guard Glibc.listen(socket.number, backlog) == 0 else { throw .last("listen") }
    return socket
  }

  /// The next waiting connection, non-blocking; nil when there is none.
  package static func accept(_ listener: borrowing Descriptor) throws(SystemError) -> Descriptor? {
    let number = retryingInterrupts { Int(sp_accept(listener.number)) }
    if number >= 0 { return Descriptor(owning: Int32(number)) }
    // A connection that has gone again before it was taken is no fault of ours.
    if errno == EAGAIN || errno == ECONNABORTED { return nil }
    throw .last("accept")
  }

  /// The peer by SO_PEERCRED: the user and process that connected, as the kernel saw them.
  package static func peer(of socket: borrowing Descriptor) throws(SystemError) -> Peer {
    var processID: Int32 = 0
    var userID: UInt32 = 0
    var groupID: UInt32 = 0
    guard sp_peer_credentials(socket.number, &processID, &userID, &groupID) == 0 else {
      throw .last("getsockopt")
    }
    return Peer(processID: processID, userID: userID)
  }

  /// Whether nobody listens any more behind the socket at `path`; it never waits.
  ///
  /// One whose queue is full is alive, and so may be one that this user must not connect to.
  package static func isAbandoned(_ path: String) -> Bool {
    do throws(SystemError) {
      let socket = try make(flags: Int32(SOCK_NONBLOCK.rawValue))
      return try withAddress(path) { address, length in
        Glibc.connect(socket.number, address, length) != 0 && errno == ECONNREFUSED ? 1 : 0
      } == 1
    } catch { return false }
  }

  private static func make(flags: Int32) throws(SystemError) -> Descriptor {
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | flags
    let number = socket(AF_UNIX, type, 0)
    guard number >= 0 else { throw .last("socket") }
    return Descriptor(owning: number)
  }

  private static func withAddress(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int
  ) throws(SystemError) -> Int {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count <= longestPath, !bytes.contains(0), !bytes.isEmpty else {
      throw SystemError(ENAMETOOLONG, in: "connect")
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let length = socklen_t(MemoryLayout<sockaddr_un>.size)
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
    }
  }
}
