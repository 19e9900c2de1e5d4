import Testing

@testable import Agent

@Suite("action=userinfo")
struct UserInfoTests {
  @Test func whatTheServerSaysIsPassedOn() throws {
    let agent = try TestAgent()
    try agent.signIn()
    #expect(
      try agent.ask("action=userinfo", "account=work").lines == [
        "event=done", "account=work", "sub=248", "claim.name=Jane",
        "userinfo={\"sub\":\"248\"}",
      ])
    let order = try agent.order(of: "userinfo")
    #expect(order.contains("access_token=at-1"))
    #expect(order.contains("session.token_endpoint=https://as.example/token"))
    #expect(!order.contains { $0.hasPrefix("refresh_token") })
  }

  @Test func aTokenThatIsOverIsRefreshedFirst() throws {
    let agent = try TestAgent(ScriptedCourier(login: "signed_in 1 0", refresh: "signed_in r1"))
    try agent.signIn()
    #expect(try agent.ask("action=userinfo")["sub"] == "248")
    #expect(try agent.order(of: "userinfo").contains("access_token=at-r1"))
  }

  @Test func nobodySignedInIsSaid() throws {
    let reply = try TestAgent().ask("action=userinfo")
    #expect(reply["error"] == "login_required")
  }

  @Test func aFailureIsPassedOn() throws {
    let agent = try TestAgent(ScriptedCourier(userinfo: "refuse failed 'another sub'"))
    try agent.signIn()
    #expect(try agent.ask("action=userinfo")["error_description"] == "another sub")
    #expect(try agent.status()["state"] == "signed-in")
  }

  @Test func noOtherLineOfTheCourierGetsOut() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        userinfo:
          "say event=done sub=248 access_token=at-1 session.x=y secret.z=w claimant=no 'warning[]=one claim is too long'"
      ))
    try agent.signIn()
    #expect(
      try agent.ask("action=userinfo").lines == [
        "event=done", "account=work", "sub=248", "warning[]=one claim is too long",
      ])
  }
}
