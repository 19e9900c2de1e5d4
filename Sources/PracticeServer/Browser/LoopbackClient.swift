import Glibc
import HTTP1
import OAuth
import Platform
import TLS

/// Why the scripted browser gave up.
enum BrowseFault: Error {
  case address(AddressFault)
  case foreign(host: String)
  case unreachable(port: UInt16, String)
  case noAnswer
  case badAnswer
  case tls(String)
  case tooManyRedirects
  case redirectWithoutAddress

  /// What is wrong, for a person.
  var sentence: String {
    switch self {
    case .address(let fault): fault.description
    case .foreign(let host): "\(host) is refused: only addresses of this machine are opened"
    case .unreachable(let port, let reason): "nothing answers on port \(port): \(reason)"
    case .noAnswer: "the server did not answer in time, or closed the connection"
    case .badAnswer: "the server's answer is not understood"
    case .tls(let reason): "the server cannot be trusted: \(reason)"
    case .tooManyRedirects: "there are more than 10 redirects"
    case .redirectWithoutAddress: "the server redirects without an address"
    }
  }
}

/// A client for http and https on loopback addresses: one request a connection, no redirects.
struct LoopbackClient {
  /// Certificates to trust for https.
  let trust: TrustSources
  let deadline: BootInstant

  /// Sends a GET, or a POST where there is a form.
  func fetch(_ endpoint: Endpoint, posting form: FormParameters?) throws(BrowseFault) -> Response {
    guard endpoint.isLoopback else { throw .foreign(host: endpoint.host) }
    let socket = try Self.connect(to: endpoint)
    let wire = try wire(over: socket.number, to: endpoint)
    defer { wire.finish(until: deadline) }
    let method = form == nil ? "GET" : "POST"
    var fields: HeaderFields = ["Accept": "text/html"]
    if form != nil { fields.append("Content-Type", "application/x-www-form-urlencoded") }
    let request = OutgoingRequest(
      method: method, target: endpoint.requestTarget, host: endpoint.authority, fields: fields,
      body: form.map { Array($0.encoded().utf8) })
    guard let bytes = try? request.serialized() else { throw .badAnswer }
    do { try wire.write(bytes, until: deadline) } catch { throw BrowseFault(error) }
    return try response(to: method, over: wire)
  }

  private func response(to method: String, over wire: Wire) throws(BrowseFault) -> Response {
    var parser = ResponseParser(answering: method)
    while true {
      let bytes: [UInt8]
      do { bytes = try wire.read(until: deadline) } catch { throw BrowseFault(error) }
      let progress = bytes.isEmpty ? parser.finishedByPeer() : parser.feed(bytes)
      switch progress {
      case .response(let response): return response
      case .failure(.noResponse): throw .noAnswer
      case .failure: throw .badAnswer
      case .needMore: if bytes.isEmpty { throw .noAnswer }
      }
    }
  }

  private func wire(over socket: Int32, to endpoint: Endpoint) throws(BrowseFault) -> Wire {
    guard endpoint.scheme == .https else { return .plain(socket) }
    do throws(TLSError) {
      let context = try TLSClientContext(trusting: trust)
      let connection = try TLSConnection(
        descriptor: socket, context: context, serverName: endpoint.host)
      try connection.handshake(deadline: deadline.asInt64)
      return .protected(connection)
    } catch { throw BrowseFault(WireFault(error)) }
  }

  /// Both addresses of `localhost` are tried, ::1 first, as browsers do.
  private static func connect(to endpoint: Endpoint) throws(BrowseFault) -> Descriptor {
    let families: [Int32] =
      switch endpoint.host {
      case "127.0.0.1": [AF_INET]
      case "::1": [AF_INET6]
      default: [AF_INET6, AF_INET]
      }
    var reason = ""
    for family in families {
      let number = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
      guard number >= 0 else { continue }
      let descriptor = Descriptor(owning: number)
      let address = LoopbackAddress(family: family, port: endpoint.port)
      if address.with({ Glibc.connect(number, $0, $1) }) == 0 {
        try? descriptor.setNonBlocking()
        return descriptor
      }
      reason = SystemError.last("connect").reason
    }
    throw .unreachable(port: endpoint.port, reason)
  }
}

extension BrowseFault {
  init(_ fault: WireFault) {
    self =
      switch fault {
      case .timedOut, .closed: .noAnswer
      case .refused(let reason): .tls(reason)
      }
  }
}
