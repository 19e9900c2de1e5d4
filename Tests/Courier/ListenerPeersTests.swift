import Glibc
import HTTP1
import OAuth
import Platform
import Testing

@testable import Courier

/// Whose connections have a place at the listener when there are too many.
@Suite struct ListenerPeersTests {
  /// Who connects, as the table of sockets tells it.
  private enum Peer {
    case own, other, unlisted
  }

  /// A listener with clients that have connected, before it has accepted any.
  private final class Scene {
    let server: CallbackServer<CallbackRules>
    let clients: [Int32]
    let port: UInt16
    let target: String
    private let folder: String

    init(_ peers: [Peer], capacity: Int) throws {
      var template = Array("/tmp/sallyport-peers-XXXXXX".utf8CString)
      guard mkdtemp(&template) != nil else { throw SystemError.last("mkdtemp") }
      folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
      mkdir("\(folder)/net", 0o700)
      port = try Sockets.freePort()
      let uri = try RedirectURI("http://localhost:\(port)/cb")
      let state = State(try Entropy.fresh())
      target = "/cb?code=C&state=\(state.text)"
      let rules = CallbackRules(
        redirectURI: uri, answer: AnswerRule(state: state, proof: .plain(.unknown)),
        resultPath: "/finished/1")
      server = CallbackServer(
        sockets: try ListenerSockets.open(uri), rules: rules,
        peers: PeerRule(userID: 1000, source: .tables(ProcSockets(folder: folder))),
        capacity: capacity)
      let listener = port
      clients = try peers.map { _ in try Sockets.connect(.loopbackV4(port: listener)) }
      var table = "  sl  local_address rem_address   st\n"
      for (client, peer) in zip(clients, peers) where peer != .unlisted {
        let own = Self.hexadecimal(try Sockets.port(of: client))
        table +=
          "   1: 0100007F:\(own) 0100007F:\(Self.hexadecimal(port)) 01 00000000:00000000 "
          + "00:00000000 00000000  \(peer == .own ? 1000 : 1001)        0 4711 1 "
          + "0000000000000000 20 0 0 10 -1\n"
      }
      let file = try Descriptor.open("\(folder)/net/tcp", O_WRONLY | O_CREAT, mode: 0o600)
      try writeAll(file.number, table)
    }

    deinit {
      for client in clients { close(client) }
      unlink("\(folder)/net/tcp")
      rmdir("\(folder)/net")
      rmdir(folder)
    }

    /// Serves until something happens; a client's place is told when its connection is answered.
    func next() -> ListenerEvent<JudgedAnswer> {
      server.next(
        watching: clients.map { ListenerWatch(descriptor: $0, events: POLLIN) },
        until: BootInstant.now.adding(seconds: 20))
    }

    private static func hexadecimal(_ port: UInt16) -> String {
      let text = String(port, radix: 16, uppercase: true)
      return String(repeating: "0", count: 4 - text.count) + text
    }
  }

  @Test func connectionsOfOthersTakeNoPlace() throws {
    let scene = try Scene([.own, .other, .other, .other], capacity: 1)
    // The person is told although none of them has said a word.
    guard case .notice = scene.next() else { throw TestFault("there was no notice") }
    guard case .ready(1) = scene.next() else { throw TestFault("the wrong one was closed") }
    for client in scene.clients.dropFirst() {
      #expect(Browser.answer(on: client)?.status == 403)
    }
    let request = "GET \(scene.target) HTTP/1.1\r\nHost: localhost:\(scene.port)\r\n\r\n"
    #expect(Sockets.write(scene.clients[0], Array(request.utf8)))
    while true {
      switch scene.next() {
      case .answer(let judged):
        guard case .authorized = judged.outcome else { throw TestFault("it was refused") }
        return
      // The closed ones stay ready.
      case .ready(let place) where place > 0: continue
      default: throw TestFault("the own connection was not served")
      }
    }
  }

  @Test func unknownPeersAreClosedFirst() throws {
    let scene = try Scene([.own, .unlisted, .own], capacity: 2)
    guard case .ready(1) = scene.next() else { throw TestFault("the wrong one was closed") }
  }

  @Test func ownConnectionsAreClosedFromTheOldestOn() throws {
    let scene = try Scene([.own, .own, .own], capacity: 2)
    guard case .ready(0) = scene.next() else { throw TestFault("the wrong one was closed") }
  }
}
