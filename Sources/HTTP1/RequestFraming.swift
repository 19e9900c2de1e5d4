/// How a request's content is delimited (RFC 9112 §6.3).
enum RequestFraming: Sendable, Equatable {
  case none
  /// 1 byte or more.
  case length(Int)
  case chunked

  init(_ fields: HeaderFields, isHTTP10: Bool) throws(RequestParser.Rejection) {
    let lengths = fields.values(for: "Content-Length")
    guard fields.contains("Transfer-Encoding") else {
      self = try Self.lengths(lengths)
      return
    }
    // RFC 9112 §6.1, §6.3: both together is an attempt at smuggling; HTTP/1.0 knows only one.
    guard lengths.isEmpty else { throw .badRequest("the content's length is given twice") }
    guard !isHTTP10 else { throw .badRequest("HTTP/1.0 has no Transfer-Encoding") }
    guard fields.tokens(of: "Transfer-Encoding") == ["chunked"] else {
      throw RequestParser.Rejection(status: 501, reason: "the transfer coding is not known")
    }
    self = .chunked
  }

  /// A repeated length is refused even where both say the same (RFC 9110 §8.6 allows either).
  private static func lengths(_ values: [String]) throws(RequestParser.Rejection) -> Self {
    guard let value = values.first else { return .none }
    guard values.count == 1, let length = Syntax.decimal(value) else {
      throw .badRequest("the Content-Length is malformed or repeated")
    }
    return length == 0 ? .none : .length(length)
  }
}

extension Request {
  /// The request of a whole head; its content is still empty.
  init(_ line: RequestLine, _ fields: HeaderFields) throws(RequestParser.Rejection) {
    guard let target = RequestTarget(line.target, method: line.method) else {
      throw .badRequest("the request target is malformed")
    }
    // RFC 9112 §3.2: a missing, repeated or invalid Host is answered with 400. That holds for
    // HTTP/1.0 too here, since the Host is what tells a rebound name from ours.
    let hosts = fields.values(for: "Host")
    guard hosts.count == 1, let host = hosts.first, Authority.isValid(host) else {
      throw .badRequest("the Host field is missing, repeated or malformed")
    }
    let options = fields.tokens(of: "Connection")
    self.init(
      method: line.method, target: line.target, path: target.path, query: target.query,
      host: target.authority ?? host, fields: fields, body: [],
      keepsAlive: line.isHTTP10
        ? options.contains("keep-alive") : !options.contains("close"))
  }
}
