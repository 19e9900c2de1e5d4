import Testing

@testable import OAuth

@Suite struct EndSessionTests {
  private func url(
    _ endpoint: String = "https://as.example/signoff", idToken: String? = "h.p.s",
    comingBack: Bool = false
  ) throws -> String {
    let comingBack =
      try comingBack
      ? EndSessionRequest.Return(
        to: RedirectURI("http://localhost:3000/bye"), state: anyState()) : nil
    return try EndSessionRequest(
      endpoint: Endpoint(endpoint), clientID: "native app", idToken: idToken,
      comingBack: comingBack
    ).url
  }

  @Test func `the address says whose session ends and for which client`() throws {
    #expect(
      try url() == "https://as.example/signoff?id_token_hint=h.p.s&client_id=native+app")
    #expect(
      try url("https://as.example/signoff?x=1", idToken: nil)
        == "https://as.example/signoff?x=1&client_id=native+app")
  }

  @Test func `a return has its address and its state, and neither comes alone`() throws {
    let state = try anyState()
    #expect(
      try url(comingBack: true)
        == "https://as.example/signoff?id_token_hint=h.p.s&client_id=native+app"
        + "&post_logout_redirect_uri=http%3A%2F%2Flocalhost%3A3000%2Fbye&state=\(state.text)")
    #expect(try !url().contains("state="))
  }

  @Test(arguments: ["id_token_hint", "client_id", "state", "post_logout_redirect_uri"])
  func `an endpoint that brings one of them itself is refused`(name: String) {
    #expect(throws: AuthorizationRequestFault.repeated(name)) {
      try url("https://as.example/signoff?\(name)=x", comingBack: true)
    }
  }

  @Test func `only the right state, once, is this logout's return`() throws {
    let state = try anyState()
    #expect(EndSessionRequest.isReturn(query: "state=\(state.text)", state: state))
    for query in [
      "", "state=", "state=x", "state=\(state.text)&state=\(state.text)", "state=%zz",
      "State=\(state.text)",
    ] {
      #expect(!EndSessionRequest.isReturn(query: query, state: state))
    }
  }

  @Test func `the address holds an ID token and does not show when printed`() throws {
    let request = try EndSessionRequest(
      endpoint: Endpoint("https://as.example/signoff"), clientID: "c", idToken: "h.p.s")
    #expect(!"\(request)".contains("h.p.s"))
  }
}
