import Glibc

/// systemd's side of starting a service: sockets handed over, and readiness told.
package enum ServiceManager {
  /// The first descriptor that sd_listen_fds(3) hands over.
  package static let firstDescriptor: Int32 = 3

  /// The listening socket handed over by socket activation; nil when there is none.
  ///
  /// LISTEN_PID must be this process, and LISTEN_FDS exactly 1, as in ssh-agent.
  package static func inheritedListener(
    _ environment: Environment, at number: Int32 = firstDescriptor
  ) -> Descriptor? {
    guard environment["LISTEN_PID"].flatMap({ pid_t($0) }) == getpid(),
      environment["LISTEN_FDS"] == "1"
    else { return nil }
    var facts = stat()
    guard fstat(number, &facts) == 0, facts.st_mode & S_IFMT == S_IFSOCK else {
      return nil
    }
    _ = fcntl(number, F_SETFD, FD_CLOEXEC)
    // systemd hands it over blocking (NonBlocking= in systemd.service(5)): accept would wait.
    _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK)
    return Descriptor(owning: number)
  }

  /// Tells the service manager a state such as `READY=1`; nothing where NOTIFY_SOCKET is unset.
  package static func notify(_ state: String, _ environment: Environment) {
    guard let path = environment["NOTIFY_SOCKET"] else { return }
    var bytes = Array(path.utf8)
    guard let first = bytes.first, bytes.count <= UnixSocket.longestPath else { return }
    // An abstract socket is spelled with an at sign for its NUL.
    if first == UInt8(ascii: "@") { bytes[0] = 0 } else if first != UInt8(ascii: "/") { return }
    let type = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let number = socket(AF_UNIX, type, 0)
    guard number >= 0 else { return }
    defer { close(number) }
    send(Array(state.utf8), to: bytes, over: number)
  }

  private static func send(_ message: [UInt8], to path: [UInt8], over number: Int32) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + path.count)
    withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { destination in
        _ = sendto(
          number, message, message.count, Int32(MSG_NOSIGNAL), destination, length)
      }
    }
  }
}
