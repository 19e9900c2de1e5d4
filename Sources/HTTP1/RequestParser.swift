/// The reader of requests: bytes in, requests or refusals out (RFC 9112).
///
/// Strict where leniency would let two readers see two requests: bare CR or LF, NUL, folded
/// lines, space before a colon, repeated or ill-formed lengths are refused. It never looks at
/// what a request means; a method or a path nobody serves is the caller's to answer.
///
/// After a request it begins anew with the bytes left over; `feed([])` looks at them. After a
/// refusal it stays refused: the connection has to be closed.
package struct RequestParser: Sendable {
  /// Bytes. A browser sends under 4 KiB to a loopback redirect; a response in a JWT some 8 KiB.
  package static let maximumHeadLength = 64 * 1024

  /// What becomes of a request's content.
  package enum BodyPolicy: Sendable, Equatable {
    /// The request is given out when its head is whole; content is left unread, and the request
    /// then does not keep the connection alive.
    case unread
    /// Content of at most `limit` bytes is read; only a Content-Length can announce it.
    case read(limit: Int)
    /// Content of a POST to `path`, as it stands in the target, is read as by `read`; any other
    /// request's is left unread.
    case readPosts(path: String, limit: Int)

    /// The most content that is read of a request, in bytes; nil where it is left unread.
    fileprivate func limit(for request: Request) -> Int? {
      switch self {
      case .unread: return nil
      case .read(let limit): return limit
      case .readPosts(let path, let limit):
        let isMeant = request.method == "POST" && request.path.utf8.elementsEqual(path.utf8)
        return isMeant ? limit : nil
      }
    }
  }

  /// An answer for a request that cannot be read.
  package struct Rejection: Error, Sendable, Equatable {
    package var status: Int
    /// What is wrong, for people: lower case, no period, nothing quoted from the request.
    package var reason: String

    package init(status: Int, reason: String) {
      self.status = status
      self.reason = reason
    }
  }

  package enum Progress: Sendable, Equatable {
    case needMore
    case request(Request)
    case reject(Rejection)
  }

  private enum State: Sendable {
    /// `emptyLine`: whether an empty line was skipped already (RFC 9112 §2.2).
    case requestLine(emptyLine: Bool)
    case fields(RequestLine, HeaderFields)
    /// `length` bytes of content are still to come.
    case body(Request, length: Int)
    case rejected(Rejection)
  }

  private let policy: BodyPolicy
  private let maximumHeadLength: Int
  private var queue = LineQueue()
  private var headLength = 0
  private var state = State.requestLine(emptyLine: false)
  private var content: [UInt8] = []

  package init(body policy: BodyPolicy, maximumHeadLength: Int = Self.maximumHeadLength) {
    self.policy = policy
    self.maximumHeadLength = maximumHeadLength
  }

  /// Whether the client waits for a `100 Continue` before it sends its content (RFC 9110 §10.1.1).
  package var awaitsContinue: Bool {
    guard case .body(let request, _) = state, content.isEmpty else { return false }
    return request.fields.tokens(of: "Expect") == ["100-continue"]
  }

  /// Whether nothing of a request has come yet: a connection then may be closed without an answer.
  package var isIdle: Bool {
    guard case .requestLine = state else { return false }
    return headLength == 0 && queue.rest.isEmpty
  }

  /// Takes what was received, in pieces of any size.
  package mutating func feed(_ bytes: some Collection<UInt8>) -> Progress {
    if case .rejected(let rejection) = state { return .reject(rejection) }
    queue.append(bytes)
    do throws(Rejection) {
      guard let request = try advance() else { return .needMore }
      headLength = 0
      state = .requestLine(emptyLine: false)
      return .request(request)
    } catch {
      state = .rejected(error)
      return .reject(error)
    }
  }

  private mutating func advance() throws(Rejection) -> Request? {
    while true {
      if case .body(let request, let length) = state { return body(of: request, length) }
      guard let line = try nextLine() else { return nil }
      if let whole = try take(line) { return whole }
    }
  }

  /// The next line of the head; nil when it is not whole yet.
  private mutating func nextLine() throws(Rejection) -> ArraySlice<UInt8>? {
    switch queue.nextLine(atMost: maximumHeadLength - headLength) {
    case .malformed:
      try checkBeginning()
      throw .badRequest("a line of the head is not ended by CR LF")
    case .tooLong:
      try checkBeginning()
      throw tooLong
    case .needMore:
      try checkBeginning()
      return nil
    case .line(let line):
      headLength += line.count + 2
      return line
    }
  }

  /// RFC 9112 §3 wants 414 for a long request line; RFC 6585 §5 has 431 for the rest of the head.
  private var tooLong: Rejection {
    if case .requestLine = state {
      return Rejection(status: 414, reason: "the request line is too long")
    }
    return Rejection(status: 431, reason: "the head is too large")
  }

  private func checkBeginning() throws(Rejection) {
    guard case .requestLine = state else { return }
    do { try RequestLine.check(beginning: queue.rest) } catch { throw Rejection(error) }
  }

  /// Takes one line of the head; the request, when that was the last thing it needed.
  private mutating func take(_ line: ArraySlice<UInt8>) throws(Rejection) -> Request? {
    switch state {
    case .requestLine(let emptyLine) where line.isEmpty:
      guard !emptyLine else { throw .badRequest("the request line is missing") }
      state = .requestLine(emptyLine: true)
    case .requestLine:
      let requestLine: RequestLine
      do { requestLine = try RequestLine(line) } catch { throw Rejection(error) }
      state = .fields(requestLine, HeaderFields())
    case .fields(let requestLine, let fields) where line.isEmpty:
      return try finishHead(requestLine, fields)
    case .fields(let requestLine, var fields):
      guard !FieldLine.isContinuation(line) else { throw .badRequest("a field line is folded") }
      guard let field = FieldLine.parse(line) else { throw .badRequest("a field is malformed") }
      // Dropped first, so that the fields are appended in place.
      state = .requestLine(emptyLine: true)
      fields.append(field.name, field.value)
      state = .fields(requestLine, fields)
    case .body, .rejected: break
    }
    return nil
  }

  private mutating func finishHead(
    _ line: RequestLine, _ fields: HeaderFields
  ) throws(Rejection) -> Request? {
    let framing = try RequestFraming(fields, isHTTP10: line.isHTTP10)
    var request = try Request(line, fields)
    switch (policy.limit(for: request), framing) {
    case (_, .none): return request
    case (nil, _):
      request.keepsAlive = false
      return request
    case (_?, .chunked):
      throw Rejection(status: 411, reason: "the content has no Content-Length")
    case (let limit?, .length(let length)):
      guard length <= limit else {
        throw Rejection(status: 413, reason: "the content is too large")
      }
      state = .body(request, length: length)
      return nil
    }
  }

  private mutating func body(of request: Request, _ length: Int) -> Request? {
    content.append(contentsOf: queue.take(upTo: length - content.count))
    guard content.count == length else { return nil }
    var request = request
    request.body = content
    content = []
    return request
  }
}

extension RequestParser.Rejection {
  static func badRequest(_ reason: String) -> Self { Self(status: 400, reason: reason) }

  init(_ failure: RequestLine.Failure) {
    self =
      switch failure {
      case .malformed: .badRequest("the request line is malformed")
      case .methodTooLong: Self(status: 501, reason: "the method is not known")
      case .versionNotSupported: Self(status: 505, reason: "only HTTP/1.0 and HTTP/1.1 are spoken")
      }
  }
}
