package import Glibc

/// What `/proc` tells about the TCP sockets of this machine.
package struct ProcSockets: Sendable {
  /// Bytes of one table; 64 MiB are some 400,000 sockets.
  private static let longestTable = 64 << 20

  private let folder: String

  /// - Parameter folder: where procfs is mounted.
  package init(folder: String = "/proc") { self.folder = folder }

  /// Whose the socket at the other end of a connection is.
  package enum Owner: Equatable, Sendable {
    case user(uid_t)
    /// No table lists it: it has been closed, or belongs to another network namespace.
    case unlisted
    /// The tables cannot be read, so that nothing can be said.
    case unreadable(SystemError)
  }

  /// Who keeps a port from being listened on.
  package enum Holder: Equatable, Sendable {
    case process(name: String, id: pid_t)
    /// A process of another user, whose descriptors this one may not look at.
    case anotherUser(uid_t)
    /// A process of this user that does not let others look at it, as one that keeps secrets does.
    case hidden
    case unknown
  }

  /// The owner of the socket whose own address is `local` and whose peer is `remote`.
  package func owner(of local: TCPAddress, connectedTo remote: TCPAddress) -> Owner {
    do {
      let match = try firstSocket { $0.local == local && $0.remote == remote }
      return match.map { .user($0.userID) } ?? .unlisted
    } catch { return .unreadable(error) }
  }

  /// Who listens on `port` at one of `addresses`, or at every address.
  package func holder(ofPort port: UInt16, at addresses: [TCPAddress]) -> Holder {
    let found = try? firstSocket { socket in
      socket.state == ProcTCPSocket.listening && socket.local.port == port
        && (socket.local.isWildcard || addresses.contains(socket.local))
    }
    guard let socket = found ?? nil else { return .unknown }
    if let id = process(holding: socket.inode) { return .process(name: name(of: id), id: id) }
    return socket.userID == geteuid() ? .hidden : .anotherUser(socket.userID)
  }

  private func firstSocket(
    where matches: (ProcTCPSocket) -> Bool
  ) throws(SystemError) -> ProcTCPSocket? {
    if let socket = try sockets("tcp").first(where: matches) { return socket }
    // A kernel without IPv6 has no second table.
    do { return try sockets("tcp6").first(where: matches) } catch  where error.number == ENOENT {
      return nil
    }
  }

  private func sockets(_ table: String) throws(SystemError) -> [ProcTCPSocket] {
    ProcTCPSocket.parse(try contents("net/\(table)"))
  }

  private func contents(_ path: String) throws(SystemError) -> [UInt8] {
    let file = try Descriptor.open("\(folder)/\(path)", O_RDONLY)
    return try readAll(file.number, limit: Self.longestTable)
  }

  /// The first process with a descriptor of the socket, among those this user may look into.
  private func process(holding inode: UInt64) -> pid_t? {
    let link = Array("socket:[\(inode)]".utf8)
    return entries(of: folder).lazy.compactMap { pid_t($0) }.first { id in
      let descriptors = "\(folder)/\(id)/fd"
      return entries(of: descriptors).contains { Self.target(of: "\(descriptors)/\($0)") == link }
    }
  }

  /// The program's file name; where the link is not readable, what the process calls itself.
  ///
  /// Node and others name their main thread, which is what `comm` would show.
  private func name(of process: pid_t) -> String {
    if let program = Self.target(of: "\(folder)/\(process)/exe").split(separator: slash).last {
      return printable(String(decoding: program, as: UTF8.self), limit: 64)
    }
    let name = (try? contents("\(process)/comm")) ?? []
    return printable(
      String(decoding: name.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self), limit: 64)
  }

  private var slash: UInt8 { UInt8(ascii: "/") }

  private func entries(of path: String) -> [String] {
    guard let stream = opendir(path) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names
  }

  private static func target(of link: String) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = readlink(link, &buffer, buffer.count)
    return count > 0 ? Array(buffer[..<count]) : []
  }
}
