import Glibc
import Platform
import TLS

/// Why bytes could not be moved; the connection is over, and nobody is left to tell more.
enum WireFault: Error {
  case timedOut
  case closed
  /// TLS failed; a sentence fragment.
  case refused(String)
}

/// A connected socket, with or without TLS. It closes nothing: the caller owns the descriptor.
enum Wire {
  case plain(Int32)
  case protected(TLSConnection)

  /// Bytes read at once.
  private static let chunkLength = 16 * 1024

  /// What has come; empty at the end of the stream.
  func read(until deadline: BootInstant) throws(WireFault) -> [UInt8] {
    switch self {
    case .protected(let connection):
      do { return try connection.read(atMost: Self.chunkLength, deadline: deadline.asInt64) } catch
      {
        throw WireFault(error)
      }
    case .plain(let socket):
      var bytes = [UInt8](repeating: 0, count: Self.chunkLength)
      while true {
        switch bytes.withUnsafeMutableBytes({ readOnce(socket, into: $0) }) {
        case .bytes(let count): return Array(bytes.prefix(count))
        case .closed: return []
        case .wouldBlock: try wait(for: POLLIN, on: socket, until: deadline)
        case .failed: throw .closed
        }
      }
    }
  }

  /// Sends all of `bytes`.
  func write(_ bytes: [UInt8], until deadline: BootInstant) throws(WireFault) {
    switch self {
    case .protected(let connection):
      do { try connection.write(bytes, deadline: deadline.asInt64) } catch {
        throw WireFault(error)
      }
    case .plain(let socket):
      var rest = bytes[...]
      while !rest.isEmpty {
        switch rest.withUnsafeBytes({ sendOnce(socket, $0) }) {
        case .bytes(let count): rest = rest.dropFirst(count)
        case .wouldBlock: try wait(for: POLLOUT, on: socket, until: deadline)
        case .closed, .failed: throw .closed
        }
      }
    }
  }

  /// The certificate the peer has shown and proved to hold, DER.
  var peerCertificate: [UInt8]? {
    switch self {
    case .protected(let connection): connection.peerCertificate
    case .plain: nil
    }
  }

  /// Says that nothing more comes.
  func finish(until deadline: BootInstant) {
    switch self {
    case .protected(let connection): try? connection.shutdown(deadline: deadline.asInt64)
    case .plain(let socket): shutdown(socket, Int32(SHUT_WR))
    }
  }

  private func wait(
    for events: Int32, on socket: Int32, until deadline: BootInstant
  ) throws(WireFault) {
    let now = BootInstant.now
    guard now < deadline else { throw .timedOut }
    // Rounded up, or the last millisecond would be spent spinning.
    let left = (deadline.nanoseconds - now.nanoseconds) / 1_000_000 + 1
    _ = waitUntil(socket, readyFor: events, milliseconds: Int32(clamping: min(left, 10_000)))
  }
}

extension WireFault {
  init(_ error: TLSError) {
    self =
      switch error {
      case .timedOut: .timedOut
      case .closed, .truncated: .closed
      case .notTLS: .refused("the peer does not speak TLS")
      case .untrusted(let reason), .protocolFailure(let reason), .unusable(let reason):
        .refused(reason)
      }
  }
}

extension BootInstant {
  /// As the TLS target counts.
  var asInt64: Int64 { Int64(clamping: nanoseconds) }
}
