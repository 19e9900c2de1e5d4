import Attributes
import HTTP1
import OAuth
import Platform
import Synchronization
import TLS

/// The client of this process: one request a connection, no redirect followed, nothing repeated,
/// no compression asked for, no cookie and no cache kept.
///
/// A redirect is an answer like any other here; following one would carry a code, a secret or a
/// refresh token elsewhere (RFC 9700 §4.12).
final class HTTPClient: Sendable {
  /// Seconds for one exchange, from the name's look-up to the last byte: people wait for it.
  static let exchangeLimit: Int64 = 30

  private let proxies: ProxyRules
  private let trust: TrustSources
  /// Made when the first connection needs them: reading certificates takes time.
  private let contexts = Mutex(Contexts())
  /// What the last answer of each host says of the two clocks.
  private let skews = Mutex<[String: ClockSkew]>([:])

  /// What connections have in common, without and with a certificate of the client's own.
  private struct Contexts {
    var anonymous: TLSClientContext?
    var presenting: (certificate: CertificateAndKey, context: TLSClientContext)?
  }

  init(job: Job, environment: Environment) {
    proxies = ProxyRules(setting: job["proxy"], environment: environment)
    // C22: nothing in the environment can switch the checks off.
    trust = TrustSources(
      certificateFile: environment["SSL_CERT_FILE"],
      certificateDirectory: environment["SSL_CERT_DIR"],
      additionalFile: job["ca_file"].map { PrivateFile.expanded($0, environment) })
  }

  /// Fetches a document.
  func get(_ endpoint: Endpoint, deadline: BootInstant) throws(HTTPFailure) -> Response {
    try get(endpoint, fields: ["Accept": "application/json"], deadline: deadline)
  }

  /// Fetches what the fields ask for.
  ///
  /// - Parameter certificate: for an authorization server's own endpoint, where the client has one.
  func get(
    _ endpoint: Endpoint, fields: HeaderFields, presenting certificate: CertificateAndKey? = nil,
    deadline: BootInstant
  ) throws(HTTPFailure) -> Response {
    try exchange(
      with: endpoint, method: "GET", fields: fields, body: nil, presenting: certificate, deadline)
  }

  /// Asks for something and takes only the head of the answer: its content may never end.
  func head(
    of endpoint: Endpoint, fields: HeaderFields, deadline: BootInstant
  ) throws(HTTPFailure) -> Response {
    try exchange(
      with: endpoint, method: "GET", fields: fields, body: nil, presenting: nil,
      reading: .head, deadline)
  }

  /// Sends a form, once.
  ///
  /// - Parameter certificate: what the client proves itself with in the handshake (RFC 8705 §2).
  func post(
    _ post: FormPost, presenting certificate: CertificateAndKey? = nil, deadline: BootInstant
  ) throws(HTTPFailure) -> Response {
    try exchange(
      with: post.endpoint, method: "POST", fields: HeaderFields(post.headerFields),
      body: post.body, presenting: certificate, deadline)
  }

  /// Sends a document, once.
  func send(_ post: JSONPost, deadline: BootInstant) throws(HTTPFailure) -> Response {
    try exchange(
      with: post.endpoint, method: "POST", fields: HeaderFields(post.headerFields),
      body: post.body, presenting: nil, deadline)
  }

  /// Asks for something to be deleted, once.
  func delete(
    _ endpoint: Endpoint, fields: HeaderFields, deadline: BootInstant
  ) throws(HTTPFailure) -> Response {
    try exchange(
      with: endpoint, method: "DELETE", fields: fields, body: nil, presenting: nil, deadline)
  }

  /// How much of an answer is read.
  private enum Part {
    case whole, head
  }

  private func exchange(
    with endpoint: Endpoint, method: String, fields: HeaderFields, body: [UInt8]?,
    presenting certificate: CertificateAndKey?, reading part: Part = .whole,
    _ deadline: BootInstant
  ) throws(HTTPFailure) -> Response {
    let deadline = min(deadline, BootInstant.now.adding(seconds: Self.exchangeLimit))
    var fields = fields
    fields.append("User-Agent", "sallyport/\(sallyportVersion)")
    let request = OutgoingRequest(
      method: method, target: endpoint.requestTarget, host: endpoint.authority, fields: fields,
      body: body)
    guard let bytes = try? request.serialized() else { throw .unsendable(host: endpoint.host) }
    let stream = try connect(to: endpoint, presenting: certificate, deadline: deadline)
    // What answers HEAD ends with its head (RFC 9112 §6.3), and so is read no further.
    let answered = part == .head ? "HEAD" : method
    let response = try Self.exchange(
      bytes, method: answered, over: stream, host: endpoint.host)
    let skew = ClockSkew(date: response.fields["Date"], now: wallClockSeconds())
    skews.withLock { $0[endpoint.host] = skew }
    return response
  }

  /// What the last answer of an endpoint's host says of the two clocks; nil where it says nothing.
  func skew(of endpoint: Endpoint) -> ClockSkew? { skews.withLock { $0[endpoint.host] } }

  private func connect(
    to endpoint: Endpoint, presenting certificate: CertificateAndKey?, deadline: BootInstant
  ) throws(HTTPFailure) -> HTTPStream {
    let proxy: Proxy?
    do { proxy = try proxies.proxy(for: endpoint) } catch { throw .proxy(error) }
    var socket: Descriptor
    if let proxy {
      socket = try Self.open(proxy.host, proxy.port, deadline)
      socket = try ProxyTunnel.open(to: endpoint, by: proxy, over: socket, deadline: deadline)
    } else {
      socket = try Self.open(endpoint.host, endpoint.port, deadline)
    }
    guard endpoint.scheme == .https else {
      return HTTPStream(plain: socket, deadline: deadline)
    }
    do throws(TLSError) {
      return try HTTPStream(
        securing: socket, serverName: endpoint.host, context: context(presenting: certificate),
        deadline: deadline)
    } catch { throw .tls(host: endpoint.host, error) }
  }

  private func context(
    presenting certificate: CertificateAndKey?
  ) throws(TLSError) -> TLSClientContext {
    try contexts.withLock { (contexts) throws(TLSError) in
      guard let certificate else {
        if let context = contexts.anonymous { return context }
        let context = try TLSClientContext(trusting: trust)
        contexts.anonymous = context
        return context
      }
      if let known = contexts.presenting, known.certificate == certificate { return known.context }
      let context = try TLSClientContext(trusting: trust, presenting: certificate)
      contexts.presenting = (certificate, context)
      return context
    }
  }

  /// Reads the certificates before they are needed; what is wrong with them is said when they are.
  func prepare(for endpoint: Endpoint, presenting certificate: CertificateAndKey? = nil) {
    if endpoint.scheme == .https { _ = try? context(presenting: certificate) }
  }

  private static func open(
    _ host: String, _ port: UInt16, _ deadline: BootInstant
  ) throws(HTTPFailure) -> Descriptor {
    let addresses = try Resolver.addresses(of: host, port: port, deadline: deadline)
    do { return try Connector.connect(to: addresses, deadline: deadline) } catch {
      throw .unreachable(host: host, port: port, reason: error.reason)
    }
  }

  /// Sends a request and reads its answer to the end.
  static func exchange(
    _ request: [UInt8], method: String, over stream: borrowing HTTPStream, host: String
  ) throws(HTTPFailure) -> Response {
    var parser = ResponseParser(answering: method)
    // A server may answer and close before it has read everything; its answer tells more.
    do { try stream.write(request) } catch .cut {} catch { throw error.failure(host: host) }
    while true {
      let progress: ResponseParser.Progress
      do throws(HTTPStream.Fault) {
        let bytes = try stream.read()
        progress = bytes.isEmpty ? parser.finishedByPeer() : parser.feed(bytes)
      } catch .cut { progress = parser.finishedByPeer(.cut) } catch {
        throw error.failure(host: host)
      }
      switch progress {
      case .needMore: continue
      case .response(let response): return response
      case .failure(let failure): throw .answer(host: host, failure)
      }
    }
  }
}

extension HeaderFields {
  init(_ fields: [(name: String, value: String)]) {
    self = [:]
    for field in fields { append(field.name, field.value) }
  }
}

extension HTTPStream.Fault {
  func failure(host: String) -> HTTPFailure {
    switch self {
    case .timedOut: .timedOut(host: host)
    case .cut: .cut(host: host)
    case .tls(let error): .tls(host: host, error)
    }
  }
}
