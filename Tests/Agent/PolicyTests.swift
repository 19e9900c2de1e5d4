import Glibc
import Platform
import Testing

@testable import Agent

/// The tests themselves are who asks.
@Suite("allow, confirm and the log")
struct PolicyTests {
  /// This program, as the kernel calls it.
  private static let own: String = {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    return String(decoding: buffer[..<max(0, count)], as: UTF8.self)
  }()

  private static func shell(_ kind: QuestionWay.Kind, _ command: String) -> QuestionWay {
    QuestionWay(kind: kind, program: "/bin/sh", arguments: ["sh", "-c", command])
  }

  private func agent(
    _ rules: String, askedBy ways: [QuestionWay] = [], limits: AgentLimits = AgentLimits()
  ) throws -> TestAgent {
    let agent = try TestAgent(configuration: TestAgent.work, limits: limits, askedBy: ways)
    try agent.signIn()
    try agent.configure(TestAgent.work + rules + "\n")
    return agent
  }

  @Test func whoIsNamedGetsAToken() throws {
    let agent = try agent("allow = /usr/bin/nothing, \(Self.own)")
    #expect(try agent.ask("action=token")["access_token"] == "at-1")
    #expect(try agent.status().list("allow") == ["/usr/bin/nothing, \(Self.own)"])
  }

  @Test(arguments: [
    ["action=token"], ["action=userinfo"], ["action=login", "once=yes"],
    ["action=get", "protocol=https", "host=git.example"],
    ["action=login", "once=yes", "allow=/", "confirm=never"],
  ])
  func whoIsNotGetsNothing(_ lines: [String]) throws {
    let agent = try agent("allow = /usr/bin/nothing")
    let client = try agent.connect()
    try client.send(lines.map { $0 + "\n" }.joined() + "\n")
    let reply = try client.reply()
    #expect(reply["error"] == "access_denied")
    #expect(reply["error_description"]?.contains(Self.own) == true)
    #expect(reply["hint"]?.hasPrefix("add allow = \(Self.own) below [work] in ") == true)
    #expect(agent.starts(of: "login") == 1)
    #expect(try agent.log().count == 1)
    #expect(try agent.log().first?.contains("verdict=not-allowed") == true)
  }

  @Test func theCourierIsNotToldTheRules() throws {
    let agent = try TestAgent(configuration: TestAgent.work + "allow = /a\nconfirm = first\n")
    try agent.signIn()
    let order = try agent.order(of: "login")
    #expect(!order.contains { $0.hasPrefix("allow") || $0.hasPrefix("confirm") })
  }

  @Test func theRepeatedIsToldOnceTheMinuteIsOver() throws {
    let agent = try agent("")
    let client = try agent.connect()
    for _ in 1...4 { try client.ask("action=token") }
    #expect(try agent.log().count == 1)
    try agent.advance(seconds: 61)
    try client.ask("action=token")
    let log = try agent.log()
    try #require(log.count == 3)
    #expect(log[1].hasPrefix("count=3\taccount=work\taction=token\tverdict=given\tprogram="))
    #expect(log[0] == log[2])
  }

  // MARK: Asking

  @Test func aPersonWhoDoesNotAnswerHasSaidNo() throws {
    let scratch = try ScratchFolder()
    let gate = try Gate(scratch("gate"))
    let way = Self.shell(.askpass, "read -r _ < \(scratch("gate"))")
    let limits = AgentLimits(question: 0)
    let agent = try agent("confirm = always", askedBy: [way], limits: limits)
    let reply = try agent.ask("action=token")
    #expect(reply["error"] == "access_denied")
    #expect(reply["error_description"]?.hasSuffix("nobody has said yes within 0 s") == true)
    #expect(try agent.log().first?.contains("verdict=unanswered") == true)
    _ = gate
  }

  @Test func theNextWayIsTriedWhereOneCannotAsk() throws {
    let ways = [Self.shell(.notification, "exit 1"), Self.shell(.askpass, "exit 0")]
    #expect(
      try agent("confirm = always", askedBy: ways).ask("action=token")["access_token"] == "at-1")
    let none = try agent("confirm = first", askedBy: [Self.shell(.notification, "exit 1")])
    #expect(try none.ask("action=token")["error"] == "access_denied")
    #expect(try none.log().first?.contains("verdict=unasked") == true)
  }

  @Test func aProgramThatCannotBeStartedIsNoWay() throws {
    let missing = QuestionWay(kind: .askpass, program: "/nonexistent/x", arguments: ["x"])
    let agent = try agent("confirm = always", askedBy: [missing, Self.shell(.askpass, "exit 0")])
    #expect(try agent.ask("action=token")["access_token"] == "at-1")
  }

  @Test func anAnswerIsNotWaitedForBehindTheProgramThatGaveIt() throws {
    let scratch = try ScratchFolder()
    let gate = try Gate(scratch("gate"))
    // What it leaves behind holds its standard output.
    let way = Self.shell(.askpass, "read -r _ < \(scratch("gate")) & exit 0")
    let agent = try agent("confirm = always", askedBy: [way])
    #expect(try agent.ask("action=token")["access_token"] == "at-1")
    try gate.open()
  }

  @Test func aYesIsForgottenWithTheSession() throws {
    let scratch = try ScratchFolder()
    let way = Self.shell(.askpass, "echo >> \(scratch("asked"))")
    let agent = try agent("confirm = first", askedBy: [way])
    for _ in 1...3 { #expect(try agent.ask("action=token")["access_token"] == "at-1") }
    try agent.ask("action=logout", "account=work", "local=yes")
    try agent.signIn()
    #expect(try agent.ask("action=token")["access_token"] == "at-1")
    let file = try Descriptor.open(scratch("asked"), O_RDONLY)
    #expect(try readAll(file.number, limit: 100) == Array("\n\n".utf8))
  }
}
