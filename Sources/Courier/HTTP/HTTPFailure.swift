import Attributes
import HTTP1
import OAuth
import TLS

/// Why an exchange brought no answer; each case names whom it was with.
enum HTTPFailure: Error, Equatable, Sendable {
  /// The name has no address, or nobody could say.
  case unresolvable(host: String, reason: String)
  /// No address took the connection.
  case unreachable(host: String, port: UInt16, reason: String)
  /// The deadline passed.
  case timedOut(host: String)
  /// The connection ended before the answer was whole.
  case cut(host: String)
  case tls(host: String, TLSError)
  case answer(host: String, ResponseFailure)
  case proxy(ProxyFault)
  /// The proxy did not open a tunnel.
  case tunnelRefused(proxy: String, status: Int)
  /// The request would not be the one that was meant.
  case unsendable(host: String)

  /// The failure as it crosses the wire.
  var failure: CourierFailure {
    switch self {
    case .unresolvable(let host, let reason):
      CourierFailure(
        .temporarilyUnavailable, "cannot find \(shown(host)): \(reason)", remedy: .network)
    case .unreachable(let host, let port, let reason):
      CourierFailure(
        .temporarilyUnavailable, "cannot connect to \(shown(host)) port \(port): \(reason)",
        remedy: .network)
    case .timedOut(let host):
      CourierFailure(
        .temporarilyUnavailable, "\(shown(host)) did not answer in time",
        remedy: .later(seconds: nil))
    case .cut(let host):
      CourierFailure(
        .temporarilyUnavailable, "\(shown(host)) ended the connection before its answer was whole",
        remedy: .later(seconds: nil))
    case .tls(let host, let error): Self.failure(of: error, host: host)
    case .answer(let host, let failure): Self.failure(of: failure, host: host)
    case .proxy(let fault): CourierFailure(.failed, fault.sentence)
    case .tunnelRefused(let proxy, let status):
      CourierFailure(
        status >= 500 ? .temporarilyUnavailable : .failed,
        "the proxy \(shown(proxy)) refused the connection with status \(status)")
    case .unsendable(let host):
      CourierFailure(.failed, "the request to \(shown(host)) holds characters http does not allow")
    }
  }

  private static func failure(of error: TLSError, host: String) -> CourierFailure {
    switch error {
    case .timedOut: HTTPFailure.timedOut(host: host).failure
    case .closed, .truncated: HTTPFailure.cut(host: host).failure
    case .untrusted(let reason):
      // C23: whoever cannot add a CA switches checks off; there is no such switch here.
      CourierFailure(
        .failed,
        "the certificate of \(shown(host)) is not trusted: \(reason); a private certificate "
          + "authority is named by ca_file in the configuration, or by SSL_CERT_FILE")
    case .notTLS:
      CourierFailure(
        .failed, "no secure connection to \(shown(host)): the peer does not speak TLS",
        remedy: .port)
    case .protocolFailure(let reason):
      CourierFailure(
        .failed, "no secure connection to \(shown(host)): \(reason)", remedy: .administrator)
    case .unusable(let reason):
      CourierFailure(.failed, "cannot set up a secure connection to \(shown(host)): \(reason)")
    }
  }

  private static func failure(of failure: ResponseFailure, host: String) -> CourierFailure {
    let words: String
    switch failure {
    case .noResponse, .truncated: return HTTPFailure.cut(host: host).failure
    case .notHTTP: words = "does not speak http/1.1"
    case .malformed(let reason): words = "sent a malformed answer: \(reason)"
    case .headTooLarge: words = "sent an answer whose head is larger than 64 KiB"
    case .bodyTooLarge: words = "sent an answer larger than 1 MiB"
    case .conflictingLengths: words = "sent an answer with two lengths"
    case .unsupportedTransferCoding: words = "sent an answer in an unknown transfer coding"
    case .unsupportedContentCoding: words = "sent a compressed answer, which was not asked for"
    }
    return CourierFailure(.failed, "\(shown(host)) \(words)", remedy: .administrator)
  }
}
