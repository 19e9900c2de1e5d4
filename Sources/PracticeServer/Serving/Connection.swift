import HTTP1
import Platform
import TLS

/// One connection, from its first byte to its end.
struct Connection {
  /// Bytes: a sign-in form or a token request has a few hundred.
  private static let maximumBodyLength = 256 * 1024
  /// Seconds a client has for each request, and for its answer to be taken.
  static let patience: Int64 = 30
  /// Seconds, and bytes, that are read and dropped after a refusal: a connection closed on unread
  /// bytes is reset, and the answer with it.
  private static let lingering: (seconds: Int64, bytes: Int) = (1, 1 << 20)

  let wire: Wire
  let service: PracticeService

  /// Answers one request after the other until either side has enough.
  func serve() {
    var parser = RequestParser(body: .read(limit: Self.maximumBodyLength))
    // A fault is a client that has gone, or will not go on: there is nobody to answer.
    try? serve(&parser)
  }

  private func serve(_ parser: inout RequestParser) throws(WireFault) {
    while true {
      let deadline = BootInstant.now.adding(seconds: Self.patience)
      switch try next(&parser, until: deadline) {
      case nil: return finish()
      case .rejected(let rejection):
        _ = try send(Reply(Self.response(to: rejection)), answering: "GET", keepsAlive: false)
        return linger()
      case .request(let request):
        let reply = service.answer(request, certificate: wire.peerCertificate)
        let goesOn = try send(
          reply, answering: request.method, keepsAlive: request.keepsAlive)
        guard goesOn, request.keepsAlive else { return linger() }
      }
    }
  }

  private enum Arrival {
    case request(Request)
    case rejected(RequestParser.Rejection)
  }

  /// The next request; `nil` where the client has ended the connection.
  private func next(
    _ parser: inout RequestParser, until deadline: BootInstant
  ) throws(WireFault) -> Arrival? {
    var bytes: [UInt8] = []
    var hasContinued = false
    while true {
      switch parser.feed(bytes) {
      case .request(let request): return .request(request)
      case .reject(let rejection): return .rejected(rejection)
      case .needMore: break
      }
      if parser.awaitsContinue, !hasContinued {
        try wire.write(Response.continue, until: deadline)
        hasContinued = true
      }
      bytes = try wire.read(until: deadline)
      if bytes.isEmpty { return nil }
    }
  }

  /// Sends a reply; returns whether the connection can go on.
  private func send(
    _ reply: Reply, answering method: String, keepsAlive: Bool
  ) throws(WireFault) -> Bool {
    let connection: Response.Connection = keepsAlive ? .keepAlive : .close
    let bytes: [UInt8]
    do {
      bytes = try reply.response.serialized(answering: method, connection: connection)
    } catch { throw .closed }
    let deadline = BootInstant.now.adding(seconds: Self.patience)
    return try Deliverer(wire: wire, deadline: deadline).send(bytes, as: reply.delivery)
  }

  private static func response(to rejection: RequestParser.Rejection) -> Response {
    Response(
      status: rejection.status, fields: ["Content-Type": "text/plain; charset=utf-8"],
      body: Array("\(rejection.reason)\n".utf8))
  }

  private func finish() {
    wire.finish(until: BootInstant.now.adding(seconds: Self.lingering.seconds))
  }

  private func linger() {
    finish()
    let deadline = BootInstant.now.adding(seconds: Self.lingering.seconds)
    var left = Self.lingering.bytes
    while left > 0, let bytes = try? wire.read(until: deadline), !bytes.isEmpty {
      left -= bytes.count
    }
  }
}
