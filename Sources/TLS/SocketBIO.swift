internal import COpenSSL
internal import Glibc

/// libssl's way to a socket.
///
/// libcrypto's own has two faults here: a write to a peer that has gone raises SIGPIPE, and on a
/// blocking descriptor a read would wait beyond any deadline. This one never does either, whatever
/// the descriptor's flags.
final class SocketBIO {
  let descriptor: Int32

  /// Turns Nagle's algorithm off: with it the first data, which follow the last message of the
  /// handshake, would wait for the peer's delayed acknowledgement, some 40 ms.
  init(descriptor: Int32) {
    self.descriptor = descriptor
    var on: Int32 = 1
    // On a Unix socket there is nothing to turn off, and it fails.
    setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
  }

  /// A BIO over the socket, which the caller frees; `self` has to outlive it.
  func makeBIO() -> OpaquePointer? {
    guard let method = Self.method, let bio = BIO_new(method) else { return nil }
    BIO_set_data(bio, Unmanaged.passUnretained(self).toOpaque())
    BIO_set_init(bio, 1)
    return bio
  }

  private static func descriptor(of bio: OpaquePointer?) -> Int32 {
    guard let bio, let data = BIO_get_data(bio) else { return -1 }
    return Unmanaged<SocketBIO>.fromOpaque(data).takeUnretainedValue().descriptor
  }

  /// Made once and kept for the life of the process.
  private nonisolated(unsafe) static let method: OpaquePointer? = {
    guard let method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket") else {
      return nil
    }
    BIO_meth_set_read(method, read)
    BIO_meth_set_write(method, write)
    BIO_meth_set_ctrl(method, control)
    return method
  }()

  private static let read:
    @convention(c) (OpaquePointer?, UnsafeMutablePointer<CChar>?, Int32) -> Int32 = {
      bio, buffer, count in
      COpenSSL_BIO_clear_retry(bio)
      let read = retrying { recv(descriptor(of: bio), buffer, Int(count), Int32(MSG_DONTWAIT)) }
      if read < 0, errno == EAGAIN || errno == EWOULDBLOCK { COpenSSL_BIO_retry_read(bio) }
      // libssl asks with BIO_CTRL_EOF whether an empty read was the end.
      if read == 0 { BIO_set_flags(bio, BIO_FLAGS_IN_EOF) }
      return Int32(clamping: read)
    }

  private static let write: @convention(c) (OpaquePointer?, UnsafePointer<CChar>?, Int32) -> Int32 =
    {
      bio, bytes, count in
      COpenSSL_BIO_clear_retry(bio)
      let flags = Int32(MSG_DONTWAIT | MSG_NOSIGNAL)
      let written = retrying { send(descriptor(of: bio), bytes, Int(count), flags) }
      if written < 0, errno == EAGAIN || errno == EWOULDBLOCK { COpenSSL_BIO_retry_write(bio) }
      return Int32(clamping: written)
    }

  private static let control:
    @convention(c) (OpaquePointer?, Int32, Int, UnsafeMutableRawPointer?) -> Int = {
      bio, command, _, _ in
      switch command {
      case BIO_CTRL_FLUSH: 1
      case BIO_CTRL_EOF: BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0
      default: 0
      }
    }

  private static func retrying(_ call: () -> Int) -> Int {
    while true {
      let result = call()
      guard result < 0, errno == EINTR else { return result }
    }
  }
}
