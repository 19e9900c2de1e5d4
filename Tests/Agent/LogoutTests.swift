import Glibc
import Testing

@testable import Agent

@Suite("action=logout")
struct LogoutTests {
  @Test func theServerIsToldAndThenAllIsForgotten() throws {
    let agent = try TestAgent()
    try agent.signIn()
    let reply = try agent.ask("action=logout", "account=work")
    #expect(reply.lines == ["event=done", "account[]=work", "revoked[]=work"])
    #expect(
      try agent.order(of: "revoke") == [
        "job=revoke", "account=work", "timeout=60", "issuer=https://as.example", "client_id=x",
        "session.token_endpoint=https://as.example/token", "refresh_token=rt-1",
        "access_token=at-1",
      ])
    #expect(try agent.ask("action=token")["error"] == "login_required")
    #expect(try agent.status()["state"] == "signed-out")
  }

  @Test(arguments: [
    ("refuse temporarily_unavailable 'cannot reach it'", "cannot reach it"),
    ("say event=done 'warning[]=the server names no revocation endpoint'", "names no revocation"),
    ("exit 1", "the courier has ended without an answer"),
  ])
  func itIsForgottenThoughTheServerCannotBeTold(revoke: String, warning: String) throws {
    let agent = try TestAgent(ScriptedCourier(revoke: revoke))
    try agent.signIn()
    let reply = try agent.ask("action=logout", "account=work")
    #expect(reply["event"] == "done")
    #expect(reply.list("account") == ["work"])
    #expect(reply.list("revoked") == [])
    #expect(reply.list("warning").count == 1)
    #expect(reply.list("warning")[0].hasPrefix("work: "))
    #expect(reply.list("warning")[0].contains(warning))
    #expect(try agent.ask("action=token")["error"] == "login_required")
  }

  @Test func localTellsNoServer() throws {
    let agent = try TestAgent()
    try agent.signIn()
    let reply = try agent.ask("action=logout", "account=work", "local=yes")
    #expect(reply.lines == ["event=done", "account[]=work"])
    #expect(agent.starts(of: "revoke") == 0)
    #expect(try agent.ask("action=token")["error"] == "login_required")
  }

  @Test func allIsEveryAccountAndOneAnswer() throws {
    let agent = try TestAgent(
      ScriptedCourier(revoke: "[ $n = 2 ] && refuse failed no; say event=done revoked=yes"),
      configuration: TestAgent.configuration(["a", "b", "c", "d"]))
    for name in ["a", "b", "c"] { try agent.signIn(name) }
    let reply = try agent.ask("action=logout", "all=yes")
    #expect(reply.list("account") == ["a", "b", "c"])
    #expect(reply.list("revoked").count == 2)
    #expect(reply.list("warning").count == 1)
    for name in ["a", "b", "c"] { #expect(try agent.status(name)["state"] == "signed-out") }
  }

  @Test func aCourierThatAnswersTwiceEndsOneRevocationOnly() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        revoke: """
          alive $n; [ $n = 2 ] && await go
          say event=done revoked=yes; say event=done revoked=yes
          """),
      configuration: TestAgent.configuration(["a", "b"]))
    let (first, second) = (try agent.life("1"), try agent.life("2"))
    let go = try agent.gate("go")
    for name in ["a", "b"] { try agent.signIn(name) }
    let leaver = try agent.connect()
    try leaver.send("action=logout\nall=yes\n\n")
    try second.waitForBeginning()
    try first.waitForEnd()
    try agent.sync()
    #expect(leaver.isWaiting)
    try go.open()
    #expect(try leaver.reply().list("revoked").count == 2)
  }

  @Test func nobodySignedInIsNoFailure() throws {
    let agent = try TestAgent()
    #expect(try agent.ask("action=logout").lines == ["event=done"])
    #expect(try agent.ask("action=logout", "all=yes").lines == ["event=done"])
    #expect(try agent.ask("action=logout", "account=none")["error"] == "failed")
    #expect(agent.starts(of: "revoke") == 0)
  }

  @Test func aSignalForgetsEverythingAndTellsNoServer() throws {
    let agent = try TestAgent(
      ScriptedCourier(login: "signed_in $n 0", refresh: "alive r; await never"),
      configuration: TestAgent.configuration(["a", "b"]))
    let (life, never) = (try agent.life("r"), try agent.gate("never"))
    try agent.signIn("a")
    try agent.signIn("b")
    let (asker, leaver) = (try agent.connect(), try agent.connect())
    try asker.send("action=token\naccount=a\n\n")
    try life.waitForBeginning()
    try leaver.send("action=logout\naccount=a\n\n")
    try agent.sync()
    agent.signal(SIGUSR1)
    #expect(try asker.reply()["error"] == "login_required")
    #expect(try leaver.reply().lines == ["event=done"])
    try life.waitForEnd()
    try agent.sync()
    for name in ["a", "b"] { #expect(try agent.status(name)["state"] == "signed-out") }
    #expect(agent.starts(of: "revoke") == 0)
    withExtendedLifetime(never) {}
  }

  /// A reply is a block, and a block has a bounded number of lines.
  @Test func moreAccountsThanAReplyHasLinesForAreLeft() throws {
    let names = (100..<300).map { "a\($0)" }
    var courier = ScriptedCourier(login: "signed_in 1")
    courier.keepsRecords = false
    let agent = try TestAgent(courier, configuration: TestAgent.configuration(names))
    let client = try agent.connect()
    for name in names {
      try client.send("action=login\naccount=\(name)\n\n")
      #expect(try client.replies().last?["event"] == "done")
    }
    let done = try client.ask("action=logout", "all=yes")
    #expect(done.lines.count < 512)
    #expect(done.list("account").first == "a100")
    #expect(done.list("warning").last?.contains("200 accounts were signed out") == true)
  }
}
