import Glibc
import HTTP1
import Platform
import Synchronization
import TLS

@testable import Courier

/// What a fake server does with a request.
enum FakeReply: Sendable {
  case response(Response)
  /// These bytes as they are, then the end of the connection.
  case bytes([UInt8])
  /// Nothing, until the client goes.
  case stall
  /// A tunnel to another port of this machine, as a proxy makes it.
  case tunnel(UInt16)

  static func json(_ text: String, status: Int = 200) -> FakeReply {
    .response(
      Response(
        status: status, fields: ["Content-Type": "application/json"], body: Array(text.utf8)))
  }

  static func status(_ status: Int) -> FakeReply { .response(Response(status: status)) }
}

/// A server on a free loopback port, one thread a connection, with or without TLS.
final class FakeServer: Sendable {
  typealias Handler = @Sendable (Request) -> FakeReply

  let port: UInt16
  private let handler: Handler
  private let context: TLSServerContext?
  private let seen = Mutex<[Request]>([])
  private let shown = Mutex<[String: [UInt8]]>([:])
  private let listener: Int32

  init(context: TLSServerContext? = nil, _ handler: @escaping Handler) throws {
    self.handler = handler
    self.context = context
    listener = try Sockets.listen(.loopbackV4(port: 0))
    port = try Sockets.port(of: listener)
    let listener = listener
    Thread.start { [weak self] in
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else {
          // Closed here alone, so that the number cannot become another test's socket before.
          close(listener)
          return
        }
        guard let self else {
          close(connection)
          continue
        }
        Thread.start { self.serve(connection) }
      }
    }
  }

  deinit { shutdown(listener, Int32(SHUT_RDWR)) }

  /// The requests that have come so far.
  var requests: [Request] { seen.withLock { $0 } }

  /// The requests for one path.
  func requests(_ path: String) -> [Request] { requests.filter { $0.path == path } }

  /// The certificate that came with the last request for a path, DER; nil where none was shown.
  func certificate(at path: String) -> [UInt8]? { shown.withLock { $0[path] } }

  var base: String { "http://127.0.0.1:\(port)" }

  private func serve(_ descriptor: Int32) {
    defer { close(descriptor) }
    let tls = context.flatMap { try? TLSConnection(descriptor: descriptor, context: $0) }
    let deadline = Int64(BootInstant.now.adding(seconds: 30).nanoseconds)
    if context != nil {
      guard let tls, (try? tls.handshake(deadline: deadline)) != nil else { return }
    }
    var parser = RequestParser(body: .read(limit: 1 << 20))
    while true {
      let bytes =
        tls.map { (try? $0.read(deadline: deadline)) ?? [] } ?? Sockets.read(descriptor)
      guard !bytes.isEmpty else { return }
      switch parser.feed(bytes) {
      case .needMore: continue
      case .reject:
        Sockets.write(descriptor, Array("HTTP/1.1 400 \r\n\r\n".utf8))
        return
      case .request(let request):
        seen.withLock { $0.append(request) }
        let certificate = tls?.peerCertificate
        shown.withLock { $0[request.path] = certificate }
        return answer(request, descriptor, tls, deadline)
      }
    }
  }

  private func answer(
    _ request: Request, _ descriptor: Int32, _ tls: TLSConnection?, _ deadline: Int64
  ) {
    func send(_ bytes: [UInt8]) {
      if let tls {
        try? tls.write(bytes, deadline: deadline)
        try? tls.shutdown(deadline: deadline)
      } else {
        Sockets.write(descriptor, bytes)
      }
    }
    switch handler(request) {
    case .response(let response): send((try? response.serialized(answering: request.method)) ?? [])
    case .bytes(let bytes): send(bytes)
    case .stall: while !Sockets.read(descriptor).isEmpty {}
    case .tunnel(let port):
      guard let other = try? Sockets.connect(.loopbackV4(port: port)) else { return }
      Sockets.write(descriptor, Array("HTTP/1.1 200 OK\r\n\r\n".utf8))
      Thread.start {
        Sockets.copy(from: other, to: descriptor)
      }
      Sockets.copy(from: descriptor, to: other)
      close(other)
    }
  }
}
