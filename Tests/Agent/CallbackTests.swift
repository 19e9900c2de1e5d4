import Testing

@testable import Agent

@Suite("action=callback")
struct CallbackTests {
  /// A sign-in that is finished by a pasted URL, as with a private-use scheme.
  private static let pasting = ScriptedCourier(
    login: """
      say event=authorize "url=https://as.example/?state=$state" "state=$state" \
        redirect_uri=com.example:/cb paste=yes
      while read -r line && [ -n "$line" ]; do printf '%s' "$line" > "$dir/pasted.$n"; done
      signed_in $n
      """)

  private let agent: TestAgent

  init() throws {
    agent = try TestAgent(Self.pasting, configuration: TestAgent.configuration(["a", "b"]))
  }

  private func begin(_ account: String) throws -> AgentClient {
    let client = try agent.connect()
    let shown = try client.ask("action=login", "account=\(account)")
    #expect(shown["paste"] == "yes")
    #expect(shown["redirect_uri"] == "com.example:/cb")
    return client
  }

  private func pasted(_ number: Int) throws -> String {
    try agent.contents(of: "pasted.\(number)")
  }

  @Test func theURLReachesTheSignInWhoseStateItHas() throws {
    let (first, second) = (try begin("a"), try begin("b"))
    let url = "com.example:/cb?code=c%20d&state=state-login-2&iss=x"
    let reply = try agent.ask("action=callback", "url=\(url)")
    #expect(reply.lines == ["event=done", "account=b"])
    #expect(try second.reply()["account"] == "b")
    #expect(try pasted(2) == "callback=\(url)")
    #expect(first.isWaiting)
    _ = try agent.ask("action=callback", "url=com.example:/cb?state=state-login-1&error=x")
    #expect(try first.reply()["account"] == "a")
  }

  @Test(arguments: [
    "com.example:/cb?code=c", "com.example:/cb?state=", "com.example:/cb?state=state-login-",
    "com.example:/cb?state=state-login-11", "com.example:/cb?xstate=state-login-1",
    "com.example:/cb?code=c;state=state-login-1", "state=state-login-1", "",
    "com.example:/cb?state=STATE-LOGIN-1",
  ])
  func aURLOfNoSignInChangesNothing(url: String) throws {
    let client = try begin("a")
    let reply = try agent.ask("action=callback", "url=\(url)")
    #expect(reply["error"] == "failed")
    #expect(reply["hint"] == "sallyport login NAME")
    #expect(client.isWaiting)
    // The right one can still come, also in a fragment.
    let right = try agent.ask("action=callback", "url=com.example:/cb#x=y&state=state-login-1")
    #expect(right["event"] == "done")
    #expect(try client.reply()["event"] == "done")
  }

  @Test func withoutAURLThereIsNothingToMatch() throws {
    #expect(try agent.ask("action=callback")["error"] == "invalid_request")
  }

  @Test func aSignInThatHasEndedTakesNoURL() throws {
    let client = try begin("a")
    let url = "url=com.example:/cb?state=state-login-1"
    #expect(try agent.ask("action=callback", url)["event"] == "done")
    #expect(try client.reply()["event"] == "done")
    #expect(try agent.ask("action=callback", url)["error"] == "failed")
  }
}
