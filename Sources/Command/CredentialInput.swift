import Attributes
import Glibc
import Platform

/// What git writes to a credential helper's standard input.
enum CredentialInput {
  /// Bytes git may send: its lines are at most 65,535 bytes long, and there are a few of them.
  private static let longest = AttributeLimits.blockLength

  /// Adds git's lines, up to a blank one or the end, and the blank line that ends the request.
  static func read(into buffer: inout WipedBuffer) throws(Failure) {
    let start = buffer.count
    var place = start
    while true {
      guard buffer.count - start <= longest else {
        throw Failure(.invalidRequest, "standard input has more than \(longest) bytes")
      }
      switch readOnce(0, into: buffer.room(for: 4096)) {
      case .bytes(let count): buffer.extend(by: count)
      case .closed: return end(&buffer)
      case .wouldBlock: _ = waitUntil(0, readyFor: POLLIN)
      case .failed(let number): throw unreadable(number)
      }
      if let blank = blankLine(in: buffer.bytes, from: place, start: start) {
        // What follows is no part of the request, and must not become a second one.
        buffer.truncate(to: blank)
        return end(&buffer)
      }
      place = buffer.count
    }
  }

  /// Where the blank line starts; nil when there is none yet.
  private static func blankLine(
    in bytes: UnsafeRawBufferPointer, from place: Int, start: Int
  ) -> Int? {
    var index = place
    while index < bytes.count {
      let endsLine = bytes[index] == UInt8(ascii: "\n")
      if endsLine, index == start || bytes[index - 1] == UInt8(ascii: "\n") { return index }
      index += 1
    }
    return nil
  }

  private static func end(_ buffer: inout WipedBuffer) {
    let bytes = buffer.bytes
    if bytes.count > 0, bytes[bytes.count - 1] != UInt8(ascii: "\n") {
      buffer.append(constant: "\n")
    }
    buffer.append(constant: "\n")
  }

  private static func unreadable(_ number: Int32) -> Failure {
    Failure(
      .failed, "cannot read standard input: \(SystemError(number, in: "read").reason)")
  }
}
