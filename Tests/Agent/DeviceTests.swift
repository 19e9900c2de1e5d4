import Testing

@testable import Agent

@Suite("action=login on another device")
struct DeviceTests {
  private static let device = """
    say event=device user_code=WDJB-MJHT verification_uri=https://as.example/device \\
      verification_uri_complete=https://as.example/device?c=1 expires_in=100
    """

  @Test func theCodeIsShownAndTheTokensAreKept() throws {
    let agent = try TestAgent(
      ScriptedCourier(device: "\(Self.device); say event=waiting message=polling; signed_in 1"))
    let client = try agent.connect()
    try client.send("action=login\ndevice=yes\n\n")
    let replies = try client.replies()
    #expect(
      replies[0].lines.dropLast() == [
        "event=device", "user_code=WDJB-MJHT", "verification_uri=https://as.example/device",
        "verification_uri_complete=https://as.example/device?c=1",
      ])
    #expect(try #require(replies[0].number("expires_in")) <= 100)
    #expect(replies[1]["message"] == "polling")
    #expect(replies[2]["event"] == "done")
    #expect(replies[2]["token_type"] == "Bearer")
    #expect(try agent.ask("action=token")["access_token"] == "at-1")
    #expect(agent.starts(of: "login") == 0)
    #expect(try agent.order(of: "device").contains("timeout=1800"))
  }

  @Test func aCodeLivesNoLongerThanTheSignIn() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        device: "say event=device user_code=A verification_uri=https://a/d expires_in=9999;"
          + " await never"))
    let never = try agent.gate("never")
    let reply = try agent.ask("action=login", "device=yes", "timeout=60")
    #expect(reply["verification_uri_complete"] == nil)
    #expect(try #require(reply.number("expires_in")) <= 60)
    withExtendedLifetime(never) {}
  }

  @Test(arguments: [(900, 890...900), (9999, 1790...1800)])
  func thePersonHasAsLongAsTheCodeIsGoodAndHalfAnHourAtMost(
    life: Int, shown: ClosedRange<Int64>
  ) throws {
    let agent = try TestAgent(
      ScriptedCourier(
        device: "say event=device user_code=A verification_uri=https://a/d expires_in=\(life);"
          + " await never"))
    let never = try agent.gate("never")
    let reply = try agent.ask("action=login", "device=yes")
    #expect(shown.contains(try #require(reply.number("expires_in"))))
    withExtendedLifetime(never) {}
  }

  @Test func aSecondAskerJoinsWhicheverWayHeWanted() throws {
    let agent = try TestAgent(ScriptedCourier(device: "\(Self.device); await go; signed_in 1"))
    let go = try agent.gate("go")
    let (first, second) = (try agent.connect(), try agent.connect())
    #expect(try first.ask("action=login", "device=yes")["joined"] == nil)
    let joined = try second.ask("action=login")
    #expect(joined["event"] == "device")
    #expect(joined["joined"] == "yes")
    #expect(joined["user_code"] == "WDJB-MJHT")
    try go.open()
    for client in [first, second] { #expect(try client.reply()["event"] == "done") }
  }

  @Test func aRefusalIsPassedOn() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        device: "\(Self.device); refuse access_denied 'the code has expired'"
          + " oauth_error=expired_token"))
    let client = try agent.connect()
    try client.send("action=login\ndevice=yes\n\n")
    let replies = try client.replies()
    #expect(replies.last?["error_description"] == "the code has expired")
    #expect(try agent.status()["last_error"] == "the code has expired")
  }
}
