import Glibc
import OAuth
import Platform
import Testing

@testable import Courier

/// Where the listener listens, and what happens when it cannot.
@Suite struct BindingTests {
  private func login(_ redirectURIs: [String]) throws -> CourierRun {
    try CourierRun(
      [
        "job=login", "account=work", "client_id=client", "timeout=20",
        "authorization_endpoint=http://127.0.0.1:1/a", "token_endpoint=http://127.0.0.1:1/t",
      ] + redirectURIs.map { "redirect_uri[]=\($0)" })
  }

  private var ownName: String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    return String(
      decoding: buffer[..<max(count, 0)].split(separator: 0x2F).last ?? [], as: UTF8.self)
  }

  @Test("the holder is named, and no address is shown", arguments: [false, true])
  func portInUse(onIPv6: Bool) throws {
    let port = try Sockets.freePort()
    let holder = try Sockets.listen(
      onIPv6 ? .loopbackV6(port: port) : .loopbackV4(port: port))
    defer { close(holder) }
    let run = try login(["http://localhost:\(port)/callback"])
    #expect(try run.next()["version"] != nil)
    let block = try run.next()
    #expect(block["error"] == "failed")
    #expect(
      block["error_description"]
        == "port \(port), which redirect_uri http://localhost:\(port)/callback needs, is held by "
        + "\(ownName) (pid \(getpid())); end it, or use another redirect URI that is registered")
    #expect(
      block["hint"]
        == "sallyport login work --redirect-uri http://localhost:\(port + 1)/callback")
    #expect(try run.status() == 1)
  }

  @Test func holderOfEveryAddressIsNamedToo() throws {
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(AF_INET6)
    let number = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(number) }
    let bound = withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(number, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
      }
    }
    try #require(bound == 0 && listen(number, 1) == 0)
    let port = try Sockets.port(of: number)
    let block = try login(["http://localhost:\(port)/callback"]).end().block
    #expect(block["error_description"]?.contains("is held by \(ownName)") == true)
  }

  @Test func nextRedirectURIIsTriedWhenAPortIsInUse() throws {
    let taken = try Sockets.freePort()
    let holder = try Sockets.listen(.loopbackV6(port: taken))
    defer { close(holder) }
    let free = try Sockets.freePort()
    let run = try login(["http://localhost:\(taken)/cb", "http://localhost:\(free)/cb"])
    #expect(try run.next("authorize")["redirect_uri"] == "http://localhost:\(free)/cb")
    // What was bound for the first one is let go.
    close(try Sockets.listen(.loopbackV4(port: taken)))
  }

  @Test func localhostIsBoundOnBothLoopbackAddressesAndNowhereElse() throws {
    let port = try Sockets.freePort()
    let run = try login(["http://localhost:\(port)/cb"])
    _ = try run.next("authorize")
    let tables = try ["tcp", "tcp6"].flatMap { name in
      let file = try Descriptor.open("/proc/net/\(name)", O_RDONLY)
      return ProcTCPSocket.parse(try readAll(file.number, limit: 1 << 26))
    }
    let bound = tables.filter { $0.local.port == port && $0.state == ProcTCPSocket.listening }
    #expect(
      Set(bound.map(\.local)) == [
        TCPAddress(127, 0, 0, 1, port: port), .loopbackV6(port: port),
      ])
  }

  @Test("a free port is taken and kept", arguments: ["127.0.0.1", "[::1]"])
  func freePort(host: String) throws {
    let run = try login(["http://\(host)/cb"])
    let authorize = try run.next("authorize")
    let uri = try #require(authorize["redirect_uri"])
    let port = try #require(
      UInt16(uri.dropFirst("http://\(host):".count).prefix { $0.isNumber }))
    #expect(uri == "http://\(host):\(port)/cb")
    let state = try #require(authorize["state"])
    let browser = Browser(port: port, overIPv6: host != "127.0.0.1")
    let answer = try browser.get(
      "/cb?error=access_denied&state=\(state)", host: "\(host):\(port)")
    #expect(answer?.status == 303)
    #expect(try run.end().block["oauth_error"] == "access_denied")
  }

  @Test func portIsFreeAgainWhenTheJobIsDone() throws {
    let signIn = try SignInFixture()
    _ = try signIn.complete()
    let again = try ListenerSockets.open(
      RedirectURI("http://localhost:\(signIn.port)/callback"))
    #expect(again?.descriptors.count == 2)
  }

  @Test func nobodyElseCanListenBesideTheListener() throws {
    let port = try Sockets.freePort()
    let sockets = try ListenerSockets.open(RedirectURI("http://localhost:\(port)/callback"))
    #expect(sockets != nil)
    let other = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(other) }
    var on: Int32 = 1
    for option in [SO_REUSEADDR, SO_REUSEPORT] {
      setsockopt(other, SOL_SOCKET, option, &on, socklen_t(MemoryLayout<Int32>.size))
    }
    let bound = SocketAddress.loopbackV4(port: port).withPointer { bind(other, $0, $1) }
    #expect(bound != 0 || listen(other, 1) != 0)
  }

  @Test func redirectURIElsewhereOpensNoPort() throws {
    let run = try login(["com.example.app://callback"])
    let authorize = try run.next("authorize")
    #expect(authorize["paste"] == "yes")
    #expect(authorize["redirect_uri"] == "com.example.app://callback")
  }

  @Test func listenerEndsWithItsAsker() throws {
    let port = try Sockets.freePort()
    var run: CourierRun? = try login(["http://localhost:\(port)/cb"])
    _ = try run?.next("authorize")
    let background = run?.thread
    run = nil
    #expect(background?.value(by: BootInstant.now.adding(seconds: 20)) == 1)
  }
}
