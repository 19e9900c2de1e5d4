import Glibc
import Platform
import TLS

/// The bytes of one connection to the listener, over TLS or plain; no call waits.
final class ListenerTransport {
  private let socket: Descriptor
  private let secured: TLSConnection?
  /// What poll has to tell before the last call that could not go on is worth repeating: over TLS
  /// a read may have to write first, and the other way round.
  private(set) var awaited: Int32 = POLLIN

  /// Takes over a non-blocking socket.
  ///
  /// - Parameter context: of a listener over TLS; the handshake is part of the first read, so that
  ///   a peer that is slow with it is one that is slow with its request.
  init(_ socket: consuming Descriptor, context: TLSServerContext?) throws(TLSError) {
    secured = try context.map { (context) throws(TLSError) in
      try TLSConnection(descriptor: socket.number, context: context)
    }
    self.socket = socket
  }

  var descriptor: Int32 { socket.number }
  var isSecured: Bool { secured != nil }

  func read(into room: UnsafeMutableRawBufferPointer) -> Transfer {
    guard let secured else { return noting(readOnce(socket.number, into: room), else: POLLIN) }
    do { return transfer(try secured.readNow(into: room)) } catch { return .failed(EPROTO) }
  }

  func write(_ bytes: UnsafeRawBufferPointer) -> Transfer {
    guard let secured else { return noting(sendOnce(socket.number, bytes), else: POLLOUT) }
    do { return transfer(try secured.writeNow(bytes)) } catch { return .failed(EPROTO) }
  }

  /// Reads and throws away what comes after the last answer, as it is on the wire.
  func discard() -> Transfer {
    var chunk = [UInt8](repeating: 0, count: 16 * 1024)
    return noting(
      chunk.withUnsafeMutableBytes { readOnce(socket.number, into: $0) }, else: POLLIN)
  }

  /// Says that nothing more will be written.
  func endWriting() {
    secured?.endNow()
    shutdown(socket.number, Int32(SHUT_WR))
    awaited = POLLIN
  }

  /// Ends the connection both ways; the descriptor is closed with this object.
  func close() { shutdown(socket.number, Int32(SHUT_RDWR)) }

  private func transfer(_ attempt: TLSConnection.Attempt) -> Transfer {
    switch attempt {
    case .done(let count): return noting(count == 0 ? .closed : .bytes(count), else: POLLIN)
    case .wouldBlock(let events): return noting(.wouldBlock, else: events)
    }
  }

  private func noting(_ transfer: Transfer, else events: Int32) -> Transfer {
    awaited = transfer == .wouldBlock ? events : POLLIN
    return transfer
  }
}
