internal import CPlatform
import Glibc

/// What one read or write did; only this file knows of short transfers and interruptions.
package enum Transfer: Equatable {
  /// So many bytes; never zero.
  case bytes(Int)
  /// The other side has closed, or will write no more.
  case closed
  /// Nothing can be moved now.
  case wouldBlock
  case failed(Int32)
}

/// One `read`, repeated when a signal interrupts it.
package func readOnce(_ descriptor: Int32, into room: UnsafeMutableRawBufferPointer) -> Transfer {
  let count = retryingInterrupts { read(descriptor, room.baseAddress, room.count) }
  if count > 0 { return .bytes(count) }
  if count == 0 { return .closed }
  return transferFailure()
}

/// One `recv` that leaves the bytes in the socket, repeated when a signal interrupts it.
package func peekOnce(_ socket: Int32, into room: UnsafeMutableRawBufferPointer) -> Transfer {
  let count = retryingInterrupts { Int(sp_peek(socket, room.baseAddress, UInt(room.count))) }
  if count > 0 { return .bytes(count) }
  return count == 0 ? .closed : transferFailure()
}

/// One `send` without SIGPIPE, repeated when a signal interrupts it.
package func sendOnce(_ socket: Int32, _ bytes: UnsafeRawBufferPointer) -> Transfer {
  let count = retryingInterrupts {
    send(socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
  }
  return count >= 0 ? .bytes(count) : transferFailure()
}

private func transferFailure() -> Transfer {
  switch errno {
  case EAGAIN, EWOULDBLOCK: .wouldBlock
  case EPIPE, ECONNRESET: .closed
  default: .failed(errno)
  }
}

/// Writes all of `bytes` to a blocking descriptor: a file, a pipe, a terminal.
///
/// The process must ignore SIGPIPE (`sp_ignore_failed_writes`), or a reader that has gone kills it.
package func writeAll(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) throws(SystemError) {
  var rest = bytes
  while !rest.isEmpty {
    let count = retryingInterrupts { write(descriptor, rest.baseAddress, rest.count) }
    guard count > 0 else {
      if errno == EAGAIN, waitUntil(descriptor, readyFor: POLLOUT) { continue }
      throw .last("write")
    }
    rest = UnsafeRawBufferPointer(rebasing: rest[count...])
  }
}

/// Writes all of `text`, as ``writeAll(_:_:)`` does.
package func writeAll(_ descriptor: Int32, _ text: String) throws(SystemError) {
  let bytes = Array(text.utf8)
  try bytes.withBytes { (bytes) throws(SystemError) in try writeAll(descriptor, bytes) }
}

/// Reads a blocking descriptor to its end; `limit` is in bytes, and past it the call throws EFBIG.
package func readAll(_ descriptor: Int32, limit: Int) throws(SystemError) -> [UInt8] {
  var all: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 16 * 1024)
  while true {
    let count = retryingInterrupts { read(descriptor, &chunk, chunk.count) }
    if count == 0 { return all }
    guard count > 0 else {
      if errno == EAGAIN, waitUntil(descriptor, readyFor: POLLIN) { continue }
      throw .last("read")
    }
    guard all.count + count <= limit else { throw SystemError(EFBIG, in: "read") }
    all.append(contentsOf: chunk[..<count])
  }
}

/// Waits until a descriptor is ready, or has an error or a hang-up to tell; false when poll fails.
package func waitUntil(
  _ descriptor: Int32, readyFor events: Int32, milliseconds: Int32 = -1
) -> Bool {
  var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
  return retryingInterrupts { Int(poll(&entry, 1, milliseconds)) } > 0
}

extension Array where Element == UInt8 {
  /// `withUnsafeBytes` with a typed error.
  package func withBytes<R, E: Error>(
    _ body: (UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    let result: Result<R, E> = withUnsafeBytes { bytes in
      do throws(E) { return .success(try body(bytes)) } catch { return .failure(error) }
    }
    return try result.get()
  }
}
