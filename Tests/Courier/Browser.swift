import Glibc
import HTTP1
import Platform

@testable import Courier

/// The person's browser, or whoever else comes to the listener.
struct Browser {
  let port: UInt16
  var overIPv6 = false

  var address: SocketAddress {
    overIPv6 ? .loopbackV6(port: port) : .loopbackV4(port: port)
  }

  /// Sends bytes on a connection of their own and reads one answer; nil when there was none.
  func send(_ text: String, method: String = "GET") throws -> Response? {
    let socket = try Sockets.connect(address)
    defer { close(socket) }
    Sockets.write(socket, Array(text.utf8))
    return Self.answer(on: socket, to: method)
  }

  /// A GET as browsers send it.
  func get(_ target: String, host: String? = nil) throws -> Response? {
    try send(request("GET", target, host: host))
  }

  func request(_ method: String, _ target: String, host: String? = nil) -> String {
    "\(method) \(target) HTTP/1.1\r\nHost: \(host ?? "localhost:\(port)")\r\n\r\n"
  }

  static func answer(on socket: Int32, to method: String = "GET") -> Response? {
    var parser = ResponseParser(answering: method)
    while true {
      let bytes = Sockets.read(socket)
      let progress = bytes.isEmpty ? parser.finishedByPeer() : parser.feed(bytes)
      switch progress {
      case .needMore: continue
      case .response(let response): return response
      case .failure: return nil
      }
    }
  }

  /// Opens the callback and follows the way to the result page, as browsers do.
  func finish(_ target: String, host: String? = nil) throws -> (first: Response, page: String) {
    guard let first = try get(target, host: host) else { throw TestFault("no answer") }
    guard let location = first.fields["Location"], let page = try get(location, host: host) else {
      throw TestFault("no result page: status \(first.status)")
    }
    return (first, String(decoding: page.body, as: UTF8.self))
  }
}

extension String {
  /// The value of a parameter of a URL, as it stands there.
  func parameter(_ name: String) -> String? {
    split(separator: "?", maxSplits: 1).last?.split(separator: "&")
      .first { $0.hasPrefix("\(name)=") }.map { String($0.dropFirst(name.count + 1)) }
  }
}
