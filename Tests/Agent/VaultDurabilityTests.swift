import Testing

@testable import Agent

@Suite("Nobody is answered before it is on the disk")
struct VaultDurabilityTests {
  @Test func aSignInIsSavedBeforeItIsTold() throws {
    let vault = try TestVault()
    let agent = try TestAgent(
      ScriptedCourier(login: "signed_in $n", seal: "[ $n = 1 ] || await go; seal"),
      configuration: TestAgent.configuration(["a", "b"]), vault: vault)
    let go = try agent.gate("go")
    let first = try agent.signIn("a")
    #expect(first.list("warning") == [])
    #expect(try vault.summary() == ["session a"])
    let (person, asker) = (try agent.connect(), try agent.connect())
    try person.send("action=login\naccount=b\n\n")
    try asker.send("action=token\naccount=b\nlogin=yes\n\n")
    try agent.waitForStart(of: "seal", 2)
    #expect(person.isWaiting && asker.isWaiting)
    #expect(try agent.ask("action=token", "account=a")["access_token"] == "at-1")
    #expect(try vault.summary() == ["session a"])
    try go.open()
    #expect(try person.replies().last?["event"] == "done")
    #expect(try asker.reply()["access_token"] == "at-2")
    #expect(try vault.summary() == ["session a", "session b"])
  }

  @Test func aRefreshIsSavedBeforeAnybodyHasIt() throws {
    let vault = try TestVault()
    let agent = try TestAgent(
      ScriptedCourier(
        login: "signed_in $n 0", refresh: "signed_in r$n",
        seal: "[ $n = 4 ] && await go; seal"),
      configuration: TestAgent.configuration(["a", "b"]), vault: vault)
    let go = try agent.gate("go")
    for name in ["a", "b"] { try agent.signIn(name) }
    let asker = try agent.connect()
    try asker.send("action=token\naccount=a\n\n")
    try agent.waitForStart(of: "seal", 4)
    let latecomer = try agent.connect()
    try latecomer.send("action=token\naccount=a\nmin_valid=0\n\n")
    try agent.sync()
    #expect(asker.isWaiting && latecomer.isWaiting)
    #expect(try agent.status("a")["state"] == "refreshing")
    #expect(try vault.refreshToken(of: "a") == "rt-1")
    try go.open()
    #expect(try asker.reply()["access_token"] == "at-r1")
    #expect(try latecomer.reply()["access_token"] == "at-r1")
    #expect(try vault.refreshToken(of: "a") == "rt-r1")
    #expect(agent.starts(of: "refresh") == 1)
  }

  /// The old token may be revoked by the use of the refresh token, and the new one is not safe.
  @Test func noTokenIsServedWhileItsSuccessorIsBeingSaved() throws {
    let vault = try TestVault()
    let agent = try TestAgent(
      ScriptedCourier(refresh: "signed_in 2", seal: "[ $n = 3 ] && await go; seal"), vault: vault)
    let go = try agent.gate("go")
    try agent.signIn()
    let asker = try agent.connect()
    try asker.send("action=refresh\n\n")
    try agent.waitForStart(of: "seal", 3)
    let other = try agent.connect()
    try other.send("action=token\n\n")
    try agent.sync()
    #expect(other.isWaiting)
    try go.open()
    #expect(try asker.reply()["error"] == nil)
    #expect(try other.reply()["access_token"] == "at-2")
  }

  @Test func aThousandAskersCauseOneRefreshHoweverLongSavingTakes() throws {
    let vault = try TestVault()
    let agent = try TestAgent(
      ScriptedCourier(
        login: "signed_in 1 0", refresh: "signed_in 2", seal: "[ $n = 3 ] && await go; seal"),
      vault: vault)
    let go = try agent.gate("go")
    try agent.signIn()
    let first = try agent.connect()
    try first.send("action=token\n\n")
    try agent.waitForStart(of: "seal", 3)
    let others = try (1..<1000).map { _ in try agent.connect() }
    for other in others { try other.send("action=token\n\n") }
    try agent.sync()
    #expect(others.allSatisfy { $0.isWaiting })
    try go.open()
    #expect(try first.reply()["access_token"] == "at-2")
    for other in others { #expect(try other.reply()["access_token"] == "at-2") }
    #expect(agent.starts(of: "refresh") == 1)
    #expect(agent.starts(of: "seal") == 3)
  }

  @Test func whoHasLeftIsNotFoundAgain() throws {
    let vault = try TestVault()
    let agent = try TestAgent(
      ScriptedCourier(seal: "[ $n = 2 ] && await go; seal"), vault: vault)
    let go = try agent.gate("go")
    try agent.signIn()
    let leaver = try agent.connect()
    try leaver.send("action=logout\nlocal=yes\n\n")
    try agent.waitForStart(of: "seal", 2)
    #expect(leaver.isWaiting)
    #expect(try agent.ask("action=token")["error"] == "login_required", "it is over all the same")
    try go.open()
    #expect(try leaver.reply().lines == ["event=done", "account[]=work"])
    #expect(try vault.summary() == ["session work", "removal work"])
    agent.stop()
    let next = try TestAgent(vault: vault)
    #expect(try next.ask("action=token")["error"] == "login_required")
  }

  @Test func aLogoutOfAllIsSavedInOneGo() throws {
    let vault = try TestVault()
    let names = ["a", "b", "c", "d"]
    let agent = try TestAgent(configuration: TestAgent.configuration(names), vault: vault)
    for name in names { try agent.signIn(name) }
    let before = agent.starts(of: "seal")
    #expect(try agent.ask("action=logout", "all=yes", "local=yes").list("account") == names)
    #expect(try Set(vault.summary().suffix(4)) == Set(names.map { "removal \($0)" }))
    // The first does not wait for the others, which go together.
    #expect(agent.starts(of: "seal") <= before + 2)
  }

  /// A logout overtakes the saving of a sign-in: nobody gets a token of what is forgotten.
  @Test func aSessionThatIsForgottenWhileItIsSavedIsServedToNobody() throws {
    let vault = try TestVault()
    let agent = try TestAgent(
      ScriptedCourier(seal: "[ $n = 1 ] && await go; seal"), vault: vault)
    let go = try agent.gate("go")
    let (person, asker) = (try agent.connect(), try agent.connect())
    try person.send("action=login\n\n")
    try asker.send("action=token\nlogin=yes\n\n")
    try agent.waitForStart(of: "seal", 1)
    let leaver = try agent.connect()
    try leaver.send("action=logout\nlocal=yes\n\n")
    try agent.sync()
    try go.open()
    #expect(try leaver.reply().list("account") == ["work"])
    let told = try #require(try person.replies().last { $0["event"] != "authorize" })
    #expect(told["error"] != nil, "\(told)")
    let served = try asker.replies()
    #expect(served.last?["error"] != nil && served.allSatisfy { $0["access_token"] == nil })
    #expect(try agent.status()["state"] == "signed-out")
    #expect(try vault.refreshToken() == nil)
  }
}
