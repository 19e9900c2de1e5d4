/// The reader of one response: bytes in, the whole response or a failure out (RFC 9112).
package struct ResponseParser: Sendable {
  /// Bytes, interim responses and trailers included; real ones have under 8 KiB.
  package static let maximumHeadLength = 64 * 1024
  /// Bytes, decoded; the largest answers, metadata and key sets, have under 100 KiB.
  package static let maximumBodyLength = 1024 * 1024

  /// Bytes; keeps sums and products of lengths below any overflow.
  private static let largestLimit = 1 << 40

  package enum Progress: Sendable, Equatable {
    case needMore
    case response(Response)
    case failure(ResponseFailure)
  }

  /// How the peer ended its side of the connection.
  package enum Ending: Sendable, Equatable {
    /// By TLS's close_notify, or FIN on a connection without TLS.
    case orderly
    /// By anything else; over TLS anyone on the way could have cut it (RFC 9112 §9.8).
    case cut
  }

  private enum State: Sendable {
    case statusLine
    case fields(StatusLine, HeaderFields)
    /// The content, up to that length in all.
    case length(Int)
    case chunked(ChunkedBody)
    case untilClose
    case whole
    case failed(ResponseFailure)
  }

  private let method: String
  private let maximumHeadLength: Int
  private let maximumBodyLength: Int
  private var queue = LineQueue()
  private var headLength = 0
  private var state = State.statusLine
  private var response = Response(status: 200)

  /// `method` is the request's, which decides whether content follows (RFC 9112 §6.3).
  package init(
    answering method: String, maximumHeadLength: Int = Self.maximumHeadLength,
    maximumBodyLength: Int = Self.maximumBodyLength
  ) {
    self.method = method
    self.maximumHeadLength = maximumHeadLength
    self.maximumBodyLength = min(maximumBodyLength, Self.largestLimit)
  }

  /// What came after the response: the tunnel's first bytes after a CONNECT.
  package var rest: [UInt8] { Array(queue.rest) }

  /// Takes what was received, in pieces of any size; repeats its verdict once it has one.
  package mutating func feed(_ bytes: some Collection<UInt8>) -> Progress {
    queue.append(bytes)
    return progress { (parser) throws(ResponseFailure) in try parser.advance() }
  }

  /// Says that nothing more will come.
  package mutating func finishedByPeer(_ ending: Ending = .orderly) -> Progress {
    progress { (parser) throws(ResponseFailure) in try parser.finish(ending) }
  }

  private mutating func progress(
    _ step: (inout Self) throws(ResponseFailure) -> Void
  ) -> Progress {
    do throws(ResponseFailure) {
      if case .failed(let failure) = state { throw failure }
      try step(&self)
    } catch {
      state = .failed(error)
      return .failure(error)
    }
    guard case .whole = state else { return .needMore }
    return .response(response)
  }

  private mutating func finish(_ ending: Ending) throws(ResponseFailure) {
    switch state {
    case .whole: return
    case .untilClose where ending == .orderly: state = .whole
    case .statusLine where headLength == 0 && queue.rest.isEmpty: throw .noResponse
    default: throw .truncated
    }
  }

  /// Goes on as far as the bytes reach.
  private mutating func advance() throws(ResponseFailure) {
    while true {
      switch state {
      case .statusLine, .fields:
        guard let line = try nextLine() else { return }
        try take(line)
      case .length(let length):
        response.body.append(contentsOf: queue.take(upTo: length - response.body.count))
        guard response.body.count == length else { return }
        state = .whole
      case .chunked(var chunks):
        guard try chunks.advance(&queue, into: &response.body) else {
          state = .chunked(chunks)
          return
        }
        state = .whole
      case .untilClose:
        // One byte beyond the limit is enough to know.
        response.body.append(
          contentsOf: queue.take(upTo: maximumBodyLength + 1 - response.body.count))
        guard response.body.count <= maximumBodyLength else { throw .bodyTooLarge }
        return
      case .whole, .failed: return
      }
    }
  }

  private mutating func nextLine() throws(ResponseFailure) -> ArraySlice<UInt8>? {
    switch queue.nextLine(atMost: maximumHeadLength - headLength) {
    case .malformed:
      try checkBeginning()
      throw .malformed("a line of the head is not ended by CR LF")
    case .tooLong:
      try checkBeginning()
      throw .headTooLarge
    case .needMore:
      try checkBeginning()
      return nil
    case .line(let line):
      headLength += line.count + 2
      return line
    }
  }

  /// Another protocol's greeting need not be waited for, nor have lines at all.
  private func checkBeginning() throws(ResponseFailure) {
    if case .statusLine = state, !StatusLine.canBegin(with: queue.rest) { throw .notHTTP }
  }

  private mutating func take(_ line: ArraySlice<UInt8>) throws(ResponseFailure) {
    guard case .fields(let statusLine, var fields) = state else {
      guard let statusLine = StatusLine(line) else { throw .notHTTP }
      state = .fields(statusLine, HeaderFields())
      return
    }
    guard !line.isEmpty else { return try finishHead(statusLine, fields) }
    // Dropped first, so that the fields are appended in place.
    state = .statusLine
    guard fields.appendLine(line) else { throw .malformed("a field is malformed") }
    state = .fields(statusLine, fields)
  }

  private mutating func finishHead(
    _ line: StatusLine, _ fields: HeaderFields
  ) throws(ResponseFailure) {
    // RFC 9110 §15.2: interim responses come before the final one; 101 answers an Upgrade field,
    // which is never sent.
    guard line.status >= 200 else {
      guard line.status != 101 else { throw .malformed("the protocol was switched unasked") }
      state = .statusLine
      return
    }
    response = Response(status: line.status, reason: line.reason, fields: fields)
    let framing = try ResponseFraming(line, fields, answering: method)
    if framing != .none, fields.tokens(of: "Content-Encoding").contains(where: { $0 != "identity" })
    {
      throw .unsupportedContentCoding
    }
    state =
      switch framing {
      case .none: .whole
      case .length(let length): .length(length)
      case .chunked:
        .chunked(
          ChunkedBody(maximumLength: maximumBodyLength, maximumTrailerLength: maximumHeadLength))
      case .untilClose: .untilClose
      }
    if case .length(let length) = framing, length > maximumBodyLength { throw .bodyTooLarge }
  }
}

extension HeaderFields {
  /// Takes one line of a response's head; false where it is none.
  ///
  /// RFC 9112 §5.2: a user agent replaces an obs-fold in a response by a space.
  fileprivate mutating func appendLine(_ line: ArraySlice<UInt8>) -> Bool {
    guard FieldLine.isContinuation(line) else {
      guard let field = FieldLine.parse(line) else { return false }
      append(field.name, field.value)
      return true
    }
    let more = Syntax.trimmed(line)
    guard more.allSatisfy(Syntax.isFieldValueCharacter) else { return false }
    return extendLast(with: String(decoding: more, as: UTF8.self))
  }
}
