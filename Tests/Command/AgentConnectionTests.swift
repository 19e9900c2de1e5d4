import Attributes
import Glibc
import Platform
import Testing

@testable import Command

/// A connection whose agent is this test.
private struct Line: ~Copyable {
  var connection: AgentConnection
  let agent: Descriptor

  init() throws {
    let (client, agent) = try DescriptorPair.sockets().take()
    connection = try AgentConnection(Descriptor(owning: client))
    self.agent = Descriptor(owning: agent)
  }

  func say(_ text: String) throws { try writeAll(agent.number, text) }

  /// The next block's value of `key`.
  mutating func next(_ key: StaticString) throws(Failure) -> String? {
    try connection.next { (block) throws(Failure) in block.string(key) }
  }
}

@Suite struct AgentConnectionTests {
  @Test func blocksAreTakenOneByOne() throws {
    var line = try Line()
    try line.say("event=waiting\n\nevent=done\n\n\n")
    #expect(try line.next("event") == "waiting")
    #expect(try line.next("event") == "done")
    #expect(try line.next("event") == nil)
  }

  @Test func aBlockIsTakenOnceAllOfItIsThere() throws {
    var line = try Line()
    for part in ["eve", "nt=do", "ne\n"] {
      try line.say(part)
      try line.connection.receive()
      #expect(try line.connection.takeBlock { (_) throws(Failure) in true } == nil)
    }
    try line.say("\n")
    #expect(try line.next("event") == "done")
  }

  @Test func bytesArePassedOnAndTheBlockStays() throws {
    var line = try Line()
    try line.say("username=a\npassword=b\n\n")
    let bytes = try line.connection.nextBytes { (bytes) throws(Failure) in Array(bytes) }
    #expect(String(decoding: bytes, as: UTF8.self) == "username=a\npassword=b\n")
    #expect(try line.next("password") == "b")
  }

  @Test func aFailureIsThrownWithItsHint() throws {
    var line = try Line()
    try line.say(
      "error=login_required\nerror_description=nobody is signed in\nhint=sallyport login\n\n")
    let failure = #expect(throws: Failure.self) { try line.next("event") }
    #expect(
      failure == Failure(.loginRequired, "nobody is signed in", hint: "sallyport login"))
  }

  @Test func anAgentThatHasGoneIsSaid() throws {
    var line = try Line()
    try line.say("event=wait")
    shutdown(line.agent.number, Int32(SHUT_WR))
    let failure = #expect(throws: Failure.self) { try line.next("event") }
    #expect(failure?.code == .temporarilyUnavailable)
  }

  @Test(arguments: ["no equals sign\n\n", "a=1\na=2\n\n", "a=\u{0}\n\n", "=x\n\n"])
  func anAnswerThatIsNoBlockIsRefused(_ text: String) throws {
    var line = try Line()
    try line.say(text)
    let failure = #expect(throws: Failure.self) { try line.next("a") }
    #expect(failure?.hint == "sallyport stop")
  }

  @Test func aRequestIsSentWhole() throws {
    let line = try Line()
    var request = Request("token")
    try request.add("account", "work")
    try request.add("nothing", nil as String?)
    request.add("min_valid", 90)
    request.add(flag: "login")
    try request.add(key: "want", isList: true, value: "id_token")
    try request.send(on: line.connection)
    var room = [UInt8](repeating: 0, count: 200)
    let count = read(line.agent.number, &room, room.count)
    #expect(
      String(decoding: room[..<count], as: UTF8.self)
        == "action=token\naccount=work\nmin_valid=90\nlogin=yes\nwant[]=id_token\n\n")
  }

  @Test(arguments: ["a\naction=stop", "a\u{0}", String(repeating: "a", count: 70_000)])
  func aValueNeverBecomesASecondLine(_ value: String) throws {
    var request = Request("login")
    let failure = #expect(throws: Failure.self) { try request.add("scope", value) }
    #expect(failure?.code == .invalidRequest)
  }
}
