internal import COpenSSL
internal import Glibc

/// TLS over a connected socket.
///
/// The descriptor stays the caller's, who closes it after the connection is gone; it may block or
/// not, and no signal is raised when the peer has gone. Deadlines are instants of CLOCK_BOOTTIME
/// in nanoseconds. After an error, other than a deadline's before the handshake, only closing is left.
///
/// Not Sendable: one thread at a time uses a connection.
package final class TLSConnection {
  let ssl: OpaquePointer
  private let socket: SocketBIO
  private let isClient: Bool
  private var hasHandshaken = false
  /// After a fatal error libssl must not be asked for anything, close_notify included.
  private var hasFailed = false

  /// A client's side; the certificate has to be for `serverName`, a host name or an IP address
  /// without brackets (RFC 9525 §6, RFC 6066 §3).
  ///
  /// Throws `unusable` for a name that can be in no certificate.
  package convenience init(
    descriptor: Int32, context: TLSClientContext, serverName: String
  ) throws(TLSError) {
    try self.init(descriptor: descriptor, context: context.object, isClient: true)
    try ServerName(serverName).demand(of: ssl)
    SSL_set_connect_state(ssl)
  }

  /// A server's side.
  package convenience init(descriptor: Int32, context: TLSServerContext) throws(TLSError) {
    try self.init(descriptor: descriptor, context: context.object, isClient: false)
    SSL_set_accept_state(ssl)
  }

  private init(descriptor: Int32, context: OpaquePointer, isClient: Bool) throws(TLSError) {
    ERR_clear_error()
    socket = SocketBIO(descriptor: descriptor)
    self.isClient = isClient
    guard let ssl = SSL_new(context) else {
      throw .unusable(reason: OpenSSLFailure.takeReason())
    }
    guard let bio = socket.makeBIO() else {
      SSL_free(ssl)
      throw .unusable(reason: OpenSSLFailure.takeReason())
    }
    // One reference serves both directions, and SSL_free releases it.
    SSL_set_bio(ssl, bio, bio)
    self.ssl = ssl
  }

  deinit { SSL_free(ssl) }

  /// The version agreed on, `TLSv1.3`; meaningful after the handshake.
  package var version: String { SSL_get_version(ssl).map { String(cString: $0) } ?? "" }

  /// Agrees on keys and, on a client, verifies the peer. Nothing the caller writes is sent before.
  package func handshake(deadline: Int64) throws(TLSError) {
    _ = try repeating(until: deadline) { Int(SSL_do_handshake(ssl)) }
    hasHandshaken = true
  }

  /// Reads what is there, at most `buffer`'s size, and waits for it if need be.
  ///
  /// Returns 0 when the peer has said with close_notify that nothing more comes; throws `truncated`
  /// where its data ended otherwise.
  package func read(
    into buffer: UnsafeMutableRawBufferPointer, deadline: Int64
  ) throws(TLSError) -> Int {
    guard let start = buffer.baseAddress, buffer.count > 0 else {
      throw .unusable(reason: "there is no room to read into")
    }
    let size = Int32(clamping: buffer.count)
    return try repeating(until: deadline) { Int(SSL_read(ssl, start, size)) }
  }

  /// As `read(into:deadline:)`; empty in place of 0.
  package func read(atMost count: Int = 16_384, deadline: Int64) throws(TLSError) -> [UInt8] {
    var result: Result<Int, TLSError> = .success(0)
    let bytes = [UInt8](unsafeUninitializedCapacity: max(count, 1)) { buffer, initialized in
      do throws(TLSError) {
        initialized = try read(into: UnsafeMutableRawBufferPointer(buffer), deadline: deadline)
      } catch {
        result = .failure(error)
      }
    }
    _ = try result.get()
    return bytes
  }

  /// Writes all of `bytes`.
  package func write(_ bytes: [UInt8], deadline: Int64) throws(TLSError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      // libssl takes an Int32; more goes in several turns.
      let part = Array(rest.prefix(Int(Int32.max)))
      let size = Int32(clamping: part.count)
      let written = try repeating(until: deadline) { Int(SSL_write(ssl, part, size)) }
      guard written > 0 else { throw .closed }
      rest = rest.dropFirst(written)
    }
  }

  /// Says with close_notify that nothing more comes, and does not wait for the peer's.
  package func shutdown(deadline: Int64) throws(TLSError) {
    guard hasHandshaken, !hasFailed else { throw .closed }
    _ = try repeating(until: deadline, closingResult)
  }

  private func closingResult() -> Int {
    let result = SSL_shutdown(ssl)
    // 0: ours is sent, the peer's has not come; that is all that is wanted.
    return result == 0 ? 1 : Int(result)
  }

  /// Calls `operation` until it succeeds, waiting as it asks; 0 is the peer's close_notify.
  private func repeating(until deadline: Int64, _ operation: () -> Int) throws(TLSError) -> Int {
    guard !hasFailed else { throw .closed }
    try Deadline.check(deadline)
    while true {
      switch try attempt(operation) {
      case .done(let count): return count
      case .wouldBlock(let events):
        try Deadline.wait(for: events, on: socket.descriptor, until: deadline)
      }
    }
  }

  /// What a call that does not wait has come to.
  package enum Attempt: Sendable, Equatable {
    /// So many bytes; 0 is the peer's close_notify.
    case done(Int)
    /// To be repeated when poll(2) tells one of these events of the descriptor.
    case wouldBlock(events: Int32)
  }

  /// Calls `operation` once.
  private func attempt(_ operation: () -> Int) throws(TLSError) -> Attempt {
    guard !hasFailed else { throw .closed }
    ERR_clear_error()
    let result = operation()
    if result > 0 { return .done(result) }
    switch SSL_get_error(ssl, Int32(clamping: result)) {
    case SSL_ERROR_WANT_READ: return .wouldBlock(events: POLLIN)
    case SSL_ERROR_WANT_WRITE: return .wouldBlock(events: POLLOUT)
    case SSL_ERROR_ZERO_RETURN:
      guard hasHandshaken else { throw failed(.closed) }
      return .done(0)
    case SSL_ERROR_SSL: throw failed(reasonOfFailure())
    default: throw failed(.closed)
    }
  }

  /// Reads what is there without waiting, after as much of the handshake as is left to do.
  package func readNow(
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(TLSError) -> Attempt {
    if !hasHandshaken {
      let progress = try attempt { Int(SSL_do_handshake(ssl)) }
      guard case .done = progress else { return progress }
      hasHandshaken = true
    }
    return try attempt { Int(SSL_read(ssl, buffer.baseAddress, Int32(clamping: buffer.count))) }
  }

  /// Says with close_notify that nothing more comes, if that goes without waiting.
  package func endNow() {
    guard hasHandshaken else { return }
    _ = try? attempt { closingResult() }
  }

  /// Writes what goes without waiting; a repetition must begin with the same bytes.
  package func writeNow(_ bytes: UnsafeRawBufferPointer) throws(TLSError) -> Attempt {
    try attempt { Int(SSL_write(ssl, bytes.baseAddress, Int32(clamping: bytes.count))) }
  }

  private func failed(_ error: TLSError) -> TLSError {
    hasFailed = true
    ERR_clear_error()
    return error
  }

  private func reasonOfFailure() -> TLSError {
    let code = ERR_get_error()
    guard COpenSSL_ERR_library(code) == ERR_LIB_SSL else {
      return .protocolFailure(reason: OpenSSLFailure.reason(of: code))
    }
    switch COpenSSL_ERR_reason(code) {
    case SSL_R_UNEXPECTED_EOF_WHILE_READING: return hasHandshaken ? .truncated : .closed
    case SSL_R_CERTIFICATE_VERIFY_FAILED where isClient:
      return .untrusted(reason: VerificationSentence.reason(of: SSL_get_verify_result(ssl)))
    case SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST,
      SSL_R_PACKET_LENGTH_TOO_LONG, SSL_R_BAD_RECORD_TYPE:
      return .notTLS
    default: return .protocolFailure(reason: ProtocolSentence.reason(of: code))
    }
  }
}
