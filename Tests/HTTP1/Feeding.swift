import HTTP1
import Testing

/// The bytes of a message written with `\n` for CR LF.
func wire(_ text: String) -> [UInt8] {
  text.utf8.flatMap { $0 == UInt8(ascii: "\n") ? [13, 10] : [$0] }
}

/// What a parser says of `bytes`, which has to be the same however they are cut.
func parse(
  _ bytes: [UInt8], body: RequestParser.BodyPolicy = .read(limit: 1024),
  sourceLocation: SourceLocation = #_sourceLocation
) -> RequestParser.Progress {
  var whole = RequestParser(body: body)
  let verdict = whole.feed(bytes)
  for size in [1, 2, 3, 7] {
    var parser = RequestParser(body: body)
    var piecewise = RequestParser.Progress.needMore
    for start in stride(from: 0, to: bytes.count, by: size) {
      piecewise = parser.feed(bytes[start..<min(start + size, bytes.count)])
      if piecewise != .needMore { break }
    }
    #expect(piecewise == verdict, "in pieces of \(size)", sourceLocation: sourceLocation)
  }
  return verdict
}

func request(_ text: String, body: RequestParser.BodyPolicy = .read(limit: 1024)) throws -> Request
{
  guard case .request(let request) = parse(wire(text), body: body) else {
    throw Unexpected(verdict: "\(parse(wire(text), body: body))")
  }
  return request
}

/// The status a request is refused with; nil where it is not refused.
func rejection(
  _ text: String, body: RequestParser.BodyPolicy = .read(limit: 1024),
  sourceLocation: SourceLocation = #_sourceLocation
) -> Int? {
  rejection(wire(text), body: body, sourceLocation: sourceLocation)
}

func rejection(
  _ bytes: [UInt8], body: RequestParser.BodyPolicy = .read(limit: 1024),
  sourceLocation: SourceLocation = #_sourceLocation
) -> Int? {
  guard case .reject(let rejection) = parse(bytes, body: body, sourceLocation: sourceLocation)
  else { return nil }
  return rejection.status
}

/// What a response parser says of `bytes`, and of the end of the connection after them.
func parseResponse(
  _ bytes: [UInt8], answering method: String = "GET", ending: ResponseParser.Ending = .orderly,
  sourceLocation: SourceLocation = #_sourceLocation
) -> ResponseParser.Progress {
  var whole = ResponseParser(answering: method)
  var verdict = whole.feed(bytes)
  if verdict == .needMore { verdict = whole.finishedByPeer(ending) }
  for size in [1, 2, 3, 7] {
    var parser = ResponseParser(answering: method)
    var piecewise = ResponseParser.Progress.needMore
    for start in stride(from: 0, to: bytes.count, by: size) where piecewise == .needMore {
      piecewise = parser.feed(bytes[start..<min(start + size, bytes.count)])
    }
    if piecewise == .needMore { piecewise = parser.finishedByPeer(ending) }
    #expect(piecewise == verdict, "in pieces of \(size)", sourceLocation: sourceLocation)
  }
  return verdict
}

func response(
  _ text: String, answering method: String = "GET", ending: ResponseParser.Ending = .orderly
) throws -> Response {
  let verdict = parseResponse(wire(text), answering: method, ending: ending)
  guard case .response(let response) = verdict else { throw Unexpected(verdict: "\(verdict)") }
  return response
}

func failure(
  _ text: String, answering method: String = "GET", ending: ResponseParser.Ending = .orderly,
  sourceLocation: SourceLocation = #_sourceLocation
) -> ResponseFailure? {
  let verdict = parseResponse(
    wire(text), answering: method, ending: ending, sourceLocation: sourceLocation)
  guard case .failure(let failure) = verdict else { return nil }
  return failure
}

struct Unexpected: Error {
  var verdict: String
}
