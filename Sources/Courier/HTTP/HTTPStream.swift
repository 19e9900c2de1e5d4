import Glibc
import Platform
import TLS

/// One connection to a server, with TLS or, on this machine, without.
struct HTTPStream: ~Copyable {
  /// Why bytes could not be moved.
  enum Fault: Error {
    case timedOut
    /// The peer has gone, in a way that leaves an answer open to doubt.
    case cut
    case tls(TLSError)
  }

  /// Bytes read at once; a TLS record holds no more.
  private static let chunkLength = 16 * 1024

  private let socket: Descriptor
  private let connection: TLSConnection?
  private let deadline: BootInstant

  /// Takes over a connected, non-blocking socket; everything ends by `deadline`.
  init(plain socket: consuming Descriptor, deadline: BootInstant) {
    self.socket = socket
    self.deadline = deadline
    connection = nil
  }

  /// Takes over a connected socket and makes it secure, with `serverName` held against the
  /// certificate.
  init(
    securing socket: consuming Descriptor, serverName: String, context: TLSClientContext,
    deadline: BootInstant
  ) throws(TLSError) {
    let connection = try TLSConnection(
      descriptor: socket.number, context: context, serverName: serverName)
    try connection.handshake(deadline: Int64(clamping: deadline.nanoseconds))
    self.socket = socket
    self.connection = connection
    self.deadline = deadline
  }

  /// Gives up the socket of a connection without TLS.
  consuming func release() -> Descriptor { socket }

  /// Writes all of `bytes`.
  borrowing func write(_ bytes: [UInt8]) throws(Fault) {
    if let connection {
      do { try connection.write(bytes, deadline: tlsDeadline) } catch { throw Self.fault(error) }
      return
    }
    var sent = 0
    while sent < bytes.count {
      let transfer = bytes.withUnsafeBytes { bytes in
        sendOnce(socket.number, UnsafeRawBufferPointer(rebasing: bytes[sent...]))
      }
      switch transfer {
      case .bytes(let count): sent += count
      case .wouldBlock:
        guard wait(for: socket.number, POLLOUT, until: deadline) else {
          throw .timedOut
        }
      case .closed, .failed: throw .cut
      }
    }
  }

  /// The next bytes; none when the peer has ended its side in an orderly way.
  borrowing func read() throws(Fault) -> [UInt8] {
    if let connection {
      do { return try connection.read(atMost: Self.chunkLength, deadline: tlsDeadline) } catch {
        throw Self.fault(error)
      }
    }
    while true {
      guard wait(for: socket.number, POLLIN, until: deadline) else { throw .timedOut }
      var chunk = [UInt8](repeating: 0, count: Self.chunkLength)
      let transfer = chunk.withUnsafeMutableBytes { readOnce(socket.number, into: $0) }
      switch transfer {
      case .bytes(let count): return Array(chunk[..<count])
      case .closed: return []
      case .wouldBlock: continue
      case .failed: throw .cut
      }
    }
  }

  private var tlsDeadline: Int64 { Int64(clamping: deadline.nanoseconds) }

  private static func fault(_ error: TLSError) -> Fault {
    switch error {
    case .timedOut: .timedOut
    case .closed, .truncated: .cut
    case .untrusted, .notTLS, .protocolFailure, .unusable: .tls(error)
    }
  }
}
