/// The chunked transfer coding, decoded (RFC 9112 §7.1).
struct ChunkedBody: Sendable {
  /// Bytes; a size and what few extensions exist have under 100.
  private static let maximumSizeLineLength = 1024

  private enum State: Sendable {
    case size
    /// So many bytes of the chunk are still to come.
    case data(Int)
    /// The empty rest of the line after a chunk's data.
    case dataEnd
    case trailers
  }

  /// Bytes of decoded content.
  let maximumLength: Int
  /// Bytes of the trailer section, which is read and thrown away (RFC 9112 §7.1.2).
  let maximumTrailerLength: Int
  private var state = State.size
  private var trailerLength = 0

  init(maximumLength: Int, maximumTrailerLength: Int) {
    self.maximumLength = maximumLength
    self.maximumTrailerLength = maximumTrailerLength
  }

  /// Moves content from `queue` to `body`; true once the last chunk and the trailers are over.
  mutating func advance(
    _ queue: inout LineQueue, into body: inout [UInt8]
  ) throws(ResponseFailure) -> Bool {
    while true {
      if case .data(let count) = state {
        let run = queue.take(upTo: count)
        body.append(contentsOf: run)
        state = run.count == count ? .dataEnd : .data(count - run.count)
        guard run.count == count else { return false }
      }
      switch queue.nextLine(atMost: maximumLineLength) {
      case .malformed: throw .malformed("a line of the chunked content is not ended by CR LF")
      case .tooLong: throw tooLong
      case .needMore: return false
      case .line(let line):
        if try take(line, contentLength: body.count) { return true }
      }
    }
  }

  /// Bytes that the line to come may have, its CR LF included.
  private var maximumLineLength: Int {
    switch state {
    case .size: Self.maximumSizeLineLength
    case .data, .dataEnd: 2
    case .trailers: maximumTrailerLength - trailerLength
    }
  }

  private var tooLong: ResponseFailure {
    switch state {
    case .size: .malformed("a chunk has no size")
    case .data, .dataEnd: .malformed("a chunk is longer than its size")
    case .trailers: .headTooLarge
    }
  }

  /// Takes one line; true when it was the last of the content.
  private mutating func take(
    _ line: ArraySlice<UInt8>, contentLength: Int
  ) throws(ResponseFailure) -> Bool {
    switch state {
    case .size:
      let size = try Self.size(line, atMost: maximumLength - contentLength)
      state = size == 0 ? .trailers : .data(size)
    case .data, .dataEnd:
      state = .size
    case .trailers:
      trailerLength += line.count + 2
      return line.isEmpty
    }
    return false
  }

  /// The hexadecimal size before any extension, which is ignored (RFC 9112 §7.1.1).
  private static func size(
    _ line: ArraySlice<UInt8>, atMost limit: Int
  ) throws(ResponseFailure) -> Int {
    let digits = Syntax.trimmed(line.prefix { $0 != UInt8(ascii: ";") })
    guard !digits.isEmpty, digits.startIndex == line.startIndex else {
      throw .malformed("a chunk has no size")
    }
    var size = 0
    for digit in digits {
      guard let value = Character(Unicode.Scalar(digit)).hexDigitValue else {
        throw .malformed("the size of a chunk is not a number")
      }
      size = size * 16 + value
      guard size <= limit else { throw .bodyTooLarge }
    }
    return size
  }
}
