import Glibc
import HTTP1
import OAuth
import Platform
import Testing

@testable import Courier

/// The user at the other end of a connection, told from tables as the kernel writes them.
@Suite struct PeerRuleTests {
  /// A listener with an accepted connection, and a scratch folder in the place of /proc.
  private final class Scene {
    let folder: String
    let listener: Int32
    let client: Int32
    let server: Int32

    init() throws {
      var template = Array("/tmp/sallyport-proc-XXXXXX".utf8CString)
      _ = mkdtemp(&template)
      folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
      mkdir("\(folder)/net", 0o700)
      listener = try Sockets.listen(.loopbackV4(port: 0))
      client = try Sockets.connect(.loopbackV4(port: try Sockets.port(of: listener)))
      server = accept(listener, nil, nil)
    }

    deinit {
      for socket in [client, server, listener] { close(socket) }
      for file in ["net/tcp", "net/tcp6"] { unlink("\(folder)/\(file)") }
      rmdir("\(folder)/net")
      rmdir(folder)
    }

    func write(_ table: String, _ line: String) throws {
      let file = try Descriptor.open(
        "\(folder)/net/\(table)", O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
      try writeAll(file.number, "  sl  local_address rem_address   st\n\(line)\n")
    }

    /// The line of the client's own socket in the IPv4 table.
    func line(user: UInt32) throws -> String {
      let own = Self.hexadecimal(try Sockets.port(of: client))
      let remote = Self.hexadecimal(try Sockets.port(of: listener))
      return "   1: 0100007F:\(own) 0100007F:\(remote) 01 00000000:00000000 00:00000000 00000000 "
        + " \(user)        0 4711 1 0000000000000000 20 0 0 10 -1"
    }

    /// The same as a socket for both families has it.
    func mappedLine(user: UInt32) throws -> String {
      try line(user: user).split(separator: "0100007F:", omittingEmptySubsequences: false)
        .joined(separator: "0000000000000000FFFF00000100007F:")
    }

    static func hexadecimal(_ port: UInt16) -> String {
      let text = String(port, radix: 16, uppercase: true)
      return String(repeating: "0", count: 4 - text.count) + text
    }

    func verdict(user: uid_t) -> PeerRule.Verdict {
      PeerRule(userID: user, source: .tables(ProcSockets(folder: folder))).judge(server)
    }
  }

  @Test func sameUserIsLetIn() throws {
    let scene = try Scene()
    try scene.write("tcp", scene.line(user: 1000))
    #expect(scene.verdict(user: 1000) == .sameUser)
  }

  @Test func otherUserIsNotEvenRoot() throws {
    let scene = try Scene()
    try scene.write("tcp", scene.line(user: 0))
    #expect(scene.verdict(user: 1000) == .otherUser)
  }

  @Test func mappedAddressOfTheOtherTableIsTheSamePeer() throws {
    let scene = try Scene()
    try scene.write("tcp", "")
    try scene.write("tcp6", scene.mappedLine(user: 1000))
    #expect(scene.verdict(user: 1000) == .sameUser)
    #expect(scene.verdict(user: 1001) == .otherUser)
  }

  @Test func peerThatNoTableListsIsNotLetIn() throws {
    let scene = try Scene()
    try scene.write("tcp", "")
    #expect(scene.verdict(user: 1000) == .unknown)
  }

  @Test func tablesThatCannotBeReadAreSaidToBeSo() throws {
    let scene = try Scene()
    #expect(scene.verdict(user: 1000) == .unchecked(SystemError(ENOENT, in: "open")))
  }

  @Test func ownConnectionIsOurs() throws {
    let scene = try Scene()
    #expect(PeerRule().judge(scene.server) == .sameUser)
    #expect(PeerRule(source: .tables(ProcSockets())).judge(scene.server) == .sameUser)
    #expect(PeerRule(userID: geteuid() + 1).judge(scene.server) == .otherUser)
  }

  /// Serves one request at the callback, with the right state, and tells what became of it.
  private func serve(
    _ peers: PeerRule
  ) throws -> (ListenerEvent<JudgedAnswer>, CallbackServer<CallbackRules>, Int?) {
    let port = try Sockets.freePort()
    let uri = try RedirectURI("http://localhost:\(port)/cb")
    let state = State(try Entropy.fresh())
    let rules = CallbackRules(
      redirectURI: uri, answer: AnswerRule(state: state, proof: .plain(.unknown)),
      resultPath: "/finished/1")
    let server = CallbackServer(
      sockets: try ListenerSockets.open(uri), rules: rules, peers: peers)
    let asked = try Background {
      try? Browser(port: port).get("/cb?code=C&state=\(state.text)")?.status
    }
    let watch = ListenerWatch(descriptor: asked.descriptor, events: POLLIN)
    let deadline = BootInstant.now.adding(seconds: 20)
    let event = server.next(watching: [watch], until: deadline)
    if case .answer = event { return (event, server, nil) }
    if case .notice = event { _ = server.next(watching: [watch], until: deadline) }
    return (event, server, asked.value(by: deadline) ?? nil)
  }

  @Test func anotherUsersConnectionIsRefusedAndNoticed() throws {
    let (event, _, status) = try serve(PeerRule(userID: geteuid() + 1))
    guard case .notice = event else { throw TestFault("there was no notice") }
    #expect(status == 403)
  }

  @Test func unlistedConnectionIsRefused() throws {
    let scene = try Scene()
    try scene.write("tcp", "")
    let rule = PeerRule(source: .tables(ProcSockets(folder: scene.folder)))
    let (event, _, status) = try serve(rule)
    guard case .ready = event else { throw TestFault("there was something to tell") }
    #expect(status == 403)
  }

  @Test func relaxationWithoutTablesIsKnownAfterwards() throws {
    let scene = try Scene()
    let rule = PeerRule(source: .tables(ProcSockets(folder: scene.folder)))
    let (event, server, _) = try serve(rule)
    guard case .answer(let judged) = event, case .authorized = judged.outcome else {
      throw TestFault("there was no answer")
    }
    #expect(server.peersUnchecked?.number == ENOENT)
  }
}
