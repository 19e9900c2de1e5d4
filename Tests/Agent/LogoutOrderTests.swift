import Glibc
import Testing

@testable import Agent

@Suite("action=logout while something else goes on")
struct LogoutOrderTests {
  /// The old refresh token may be used up by then: the new one has to be revoked.
  @Test func aRunningRefreshIsWaitedFor() throws {
    let agent = try TestAgent(
      ScriptedCourier(login: "signed_in 1 0", refresh: "await go; signed_in r1"))
    let go = try agent.gate("go")
    try agent.signIn()
    let (asker, leaver) = (try agent.connect(), try agent.connect())
    try asker.send("action=token\n\n")
    try agent.sync()
    try leaver.send("action=logout\naccount=work\n\n")
    try agent.sync()
    #expect(leaver.isWaiting)
    #expect(agent.starts(of: "revoke") == 0)
    try go.open()
    #expect(try asker.reply()["access_token"] == "at-r1")
    #expect(try leaver.reply().list("revoked") == ["work"])
    #expect(try agent.order(of: "revoke").contains("refresh_token=rt-r1"))
    #expect(try agent.ask("action=token")["error"] == "login_required")
  }

  @Test func aLocalLogoutWaitsForNothing() throws {
    let agent = try TestAgent(
      ScriptedCourier(login: "signed_in 1 0", refresh: "alive r; await go; signed_in r1"))
    let (life, go) = (try agent.life("r"), try agent.gate("go"))
    try agent.signIn()
    let asker = try agent.connect()
    try asker.send("action=token\n\n")
    try life.waitForBeginning()
    #expect(try agent.ask("action=logout", "local=yes")["event"] == "done")
    let reply = try asker.reply()
    #expect(reply["error"] == "login_required")
    #expect(reply["error_description"] == "work has been logged out")
    try life.waitForEnd()
    withExtendedLifetime(go) {}
  }

  @Test func anAccountThatIsLeavingServesNobody() throws {
    let agent = try TestAgent(
      ScriptedCourier(login: "signed_in 1", revoke: "await go; say event=done revoked=yes"))
    let go = try agent.gate("go")
    try agent.signIn()
    let leaver = try agent.connect()
    try leaver.send("action=logout\naccount=work\n\n")
    try agent.sync()
    for action in ["token", "refresh", "login", "userinfo", "token\nlogin=yes\nscope=x"] {
      let reply = try agent.ask("action=\(action)", "account=work")
      #expect(reply["error"] == "temporarily_unavailable", "\(action)")
      #expect(
        reply["error_description"] == "work is being signed out: ask again once it has ended")
    }
    #expect(
      try agent.ask("action=get", "protocol=https", "host=git.example")["error"]
        == "temporarily_unavailable")
    #expect(try agent.status()["state"] == "signing-out", "nothing is forgotten yet")
    #expect(try agent.status()["sub"] == "248")
    try go.open()
    #expect(try leaver.reply().list("revoked") == ["work"])
    try agent.signIn()
    #expect(try agent.ask("action=token")["access_token"] == "at-1")
  }

  @Test func aSecondLogoutJoinsTheFirst() throws {
    let agent = try TestAgent(
      ScriptedCourier(revoke: "await go; say event=done revoked=yes 'warning[]=mind this'"))
    let go = try agent.gate("go")
    try agent.signIn()
    let leavers = [try agent.connect(), try agent.connect()]
    for leaver in leavers { try leaver.send("action=logout\naccount=work\n\n") }
    try agent.sync()
    try go.open()
    for leaver in leavers {
      let reply = try leaver.reply()
      #expect(reply.list("account") == ["work"])
      #expect(reply.list("revoked") == ["work"])
      #expect(reply.list("warning") == ["work: mind this"])
    }
    #expect(agent.starts(of: "revoke") == 1)
  }

  /// Whoever does not want to wait for a server need not, and the server is told all the same.
  @Test func aLocalLogoutOvertakesOneThatTellsTheServer() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: "signed_in $n", revoke: "await go; say event=done revoked=yes"))
    let go = try agent.gate("go")
    try agent.signIn()
    let leaver = try agent.connect()
    try leaver.send("action=logout\naccount=work\n\n")
    try agent.sync()
    #expect(
      try agent.ask("action=logout", "account=work", "local=yes").lines
        == ["event=done", "account[]=work"])
    #expect(leaver.isWaiting)
    try agent.signIn()
    try go.open()
    #expect(try leaver.reply().list("revoked") == ["work"])
    #expect(try agent.order(of: "revoke").contains("refresh_token=rt-1"))
    #expect(try agent.ask("action=token")["access_token"] == "at-2", "it is another session")
  }

  @Test func aLocalLogoutDoesNotStrandOneThatWaits() throws {
    let agent = try TestAgent(
      ScriptedCourier(login: "signed_in 1 0", refresh: "await never; signed_in r1"),
      limits: AgentLimits(job: 4, grace: 1))
    let never = try agent.gate("never")
    try agent.signIn()
    let (asker, leaver) = (try agent.connect(), try agent.connect())
    try asker.send("action=refresh\n\n")
    try agent.sync()
    try leaver.send("action=logout\n\n")
    try agent.sync()
    #expect(try agent.ask("action=logout", "local=yes").list("account") == ["work"])
    #expect(try asker.reply()["error"] == "login_required")
    #expect(try leaver.reply().list("revoked") == ["work"])
    #expect(try agent.order(of: "revoke").contains("refresh_token=rt-1"))
    withExtendedLifetime(never) {}
  }

  @Test func aSignInThatIsGoingOnIsEnded() throws {
    let agent = try TestAgent(ScriptedCourier(login: "alive l; authorize; await never"))
    let (life, never) = (try agent.life("l"), try agent.gate("never"))
    let asker = try agent.connect()
    #expect(try asker.ask("action=login")["event"] == "authorize")
    #expect(try agent.ask("action=logout", "account=work")["event"] == "done")
    let reply = try asker.reply()
    #expect(reply["error"] == "access_denied")
    #expect(reply["error_description"] == "the sign-in to work was ended by a logout")
    try life.waitForBeginning()
    try life.waitForEnd()
    withExtendedLifetime(never) {}
  }

  @Test func aClientThatVanishesMeanwhileDoesNoHarm() throws {
    let agent = try TestAgent(ScriptedCourier(revoke: "alive r; await go; say event=done"))
    let (life, go) = (try agent.life("r"), try agent.gate("go"))
    try agent.signIn()
    try agent.connect().send("action=logout\n\n")
    try life.waitForBeginning()
    try agent.sync()
    try go.open()
    try life.waitForEnd()
    try agent.sync()
    try agent.signIn()
    #expect(try agent.ask("action=token")["access_token"] == "at-1")
  }

  @Test func whoWaitedForATokenIsNotSignedInAgain() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: "[ $n = 1 ] || alive again; signed_in $n 0",
        refresh:
          "alive r; await go; refuse login_required 'the session is over' oauth_error=invalid_grant"
      ))
    let (life, go, again) = (try agent.life("r"), try agent.gate("go"), try agent.life("again"))
    try agent.signIn()
    let (asker, leaver) = (try agent.connect(), try agent.connect())
    try asker.send("action=token\nlogin=yes\n\n")
    try life.waitForBeginning()
    try leaver.send("action=logout\n\n")
    try agent.sync()
    try go.open()
    #expect(try asker.reply()["error"] == "login_required")
    #expect(try leaver.reply()["event"] == "done")
    #expect(agent.starts(of: "login") == 1)
    #expect(try agent.status()["state"] == "signed-out")
    withExtendedLifetime(again) {}
  }

  /// The refresh may have used the token up already: whoever tells the server needs its successor.
  @Test func forgettingTakesNoTokenFromALogoutThatTellsTheServer() throws {
    let agent = try TestAgent(
      ScriptedCourier(login: "signed_in 1 0", refresh: "alive r; await go; signed_in last"))
    let (life, go) = (try agent.life("r"), try agent.gate("go"))
    try agent.signIn()
    let (asker, leaver) = (try agent.connect(), try agent.connect())
    try asker.send("action=token\n\n")
    try life.waitForBeginning()
    try leaver.send("action=logout\n\n")
    try agent.sync()
    #expect(try agent.ask("action=logout", "local=yes").list("account") == ["work"])
    #expect(try asker.reply()["error"] == "login_required")
    #expect(try agent.status()["state"] == "signed-out")
    #expect(leaver.isWaiting)
    try go.open()
    #expect(try leaver.reply().list("revoked") == ["work"])
    #expect(try agent.order(of: "revoke").contains("refresh_token=rt-last"))
  }

  @Test func aSignalEndsWhatHasATokenInHand() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: "signed_in $n", revoke: "alive r; await never", userinfo: "alive u; await never"),
      configuration: TestAgent.configuration(["a", "b", "c"]))
    let (revocation, service) = (try agent.life("r"), try agent.life("u"))
    let never = try agent.gate("never")
    for name in ["a", "b", "c", "c"] { try agent.signIn(name) }
    try revocation.waitForBeginning()
    let (leaver, asker) = (try agent.connect(), try agent.connect())
    try asker.send("action=userinfo\naccount=b\n\n")
    try service.waitForBeginning()
    try leaver.send("action=logout\naccount=a\n\n")
    try agent.sync()
    agent.signal(SIGUSR1)
    #expect(try leaver.reply()["event"] == "done")
    #expect(try asker.reply()["error"] == "login_required")
    try service.waitForEnd()
    try agent.sync()
    for name in ["a", "b", "c"] { #expect(try agent.status(name)["state"] == "signed-out") }
    withExtendedLifetime(never) {}
  }
}
