import Attributes
import HTTP1
import OAuth
import Platform

/// The way through an HTTP proxy (RFC 9110 §9.3.6).
enum ProxyTunnel {
  /// Asks the proxy at the other end of `socket` for a tunnel to the endpoint's host.
  ///
  /// The proxy sees the host's name and nothing else: TLS begins inside the tunnel.
  static func open(
    to endpoint: Endpoint, by proxy: Proxy, over socket: consuming Descriptor,
    deadline: BootInstant
  ) throws(HTTPFailure) -> Descriptor {
    let name = endpoint.host.utf8.contains(UInt8(ascii: ":")) ? "[\(endpoint.host)]" : endpoint.host
    let target = "\(name):\(endpoint.port)"
    var fields: HeaderFields = ["User-Agent": "sallyport/\(sallyportVersion)"]
    if let authorization = proxy.authorization {
      fields.append("Proxy-Authorization", authorization)
    }
    let request = OutgoingRequest(method: "CONNECT", target: target, host: target, fields: fields)
    guard let bytes = try? request.serialized() else { throw .unsendable(host: proxy.host) }
    let stream = HTTPStream(plain: socket, deadline: deadline)
    let response = try HTTPClient.exchange(
      bytes, method: "CONNECT", over: stream, host: proxy.host)
    guard (200...299).contains(response.status) else {
      throw .tunnelRefused(proxy: proxy.host, status: response.status)
    }
    return stream.release()
  }
}
