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
  /// Made when the first connection needs it: reading certificates takes time.
  private let context = Mutex<TLSClientContext?>(nil)

  init(job: Job, environment: Environment) {
    proxies = ProxyRules(setting: job["proxy"], environment: environment)
    // C22: nothing in the environment can switch the checks off.
    trust = TrustSources(
      certificateFile: environment["SSL_CERT_FILE"],
      certificateDirectory: environment["SSL_CERT_DIR"], additionalFile: job["ca_file"])
  }

  /// Fetches a document.
  func get(_ endpoint: Endpoint, deadline: BootInstant) throws(HTTPFailure) -> Response {
    try exchange(
      with: endpoint, method: "GET", fields: ["Accept": "application/json"], body: nil,
      deadline: deadline)
  }

  /// Sends a form, once.
  func post(_ post: FormPost, deadline: BootInstant) throws(HTTPFailure) -> Response {
    var fields = HeaderFields()
    for field in post.headerFields { fields.append(field.name, field.value) }
    return try exchange(
      with: post.endpoint, method: "POST", fields: fields, body: post.body, deadline: deadline)
  }

  private func exchange(
    with endpoint: Endpoint, method: String, fields: HeaderFields, body: [UInt8]?,
    deadline: BootInstant
  ) throws(HTTPFailure) -> Response {
    let deadline = min(deadline, BootInstant.now.adding(seconds: Self.exchangeLimit))
    var fields = fields
    fields.append("User-Agent", "sallyport/\(sallyportVersion)")
    let request = OutgoingRequest(
      method: method, target: endpoint.requestTarget, host: endpoint.authority, fields: fields,
      body: body)
    guard let bytes = try? request.serialized() else { throw .unsendable(host: endpoint.host) }
    let stream = try connect(to: endpoint, deadline: deadline)
    return try Self.exchange(bytes, method: method, over: stream, host: endpoint.host)
  }

  private func connect(
    to endpoint: Endpoint, deadline: BootInstant
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
        securing: socket, serverName: endpoint.host, context: secureContext(), deadline: deadline)
    } catch { throw .tls(host: endpoint.host, error) }
  }

  private func secureContext() throws(TLSError) -> TLSClientContext {
    try context.withLock { (context) throws(TLSError) in
      if let context { return context }
      let made = try TLSClientContext(trusting: trust)
      context = made
      return made
    }
  }

  /// Reads the certificates before they are needed; what is wrong with them is said when they are.
  func prepare(for endpoint: Endpoint) {
    if endpoint.scheme == .https { _ = try? secureContext() }
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

extension HTTPStream.Fault {
  func failure(host: String) -> HTTPFailure {
    switch self {
    case .timedOut: .timedOut(host: host)
    case .cut: .cut(host: host)
    case .tls(let error): .tls(host: host, error)
    }
  }
}
