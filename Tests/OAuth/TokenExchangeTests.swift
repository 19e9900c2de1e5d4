import Testing

@testable import OAuth

@Suite struct TokenExchangeTests {
  private func request(_ exchange: TokenExchange) throws -> TokenRequest {
    TokenRequest(
      exchange: exchange, client: publicClient, endpoint: try Endpoint("https://as.example/t"))
  }

  private func read(_ members: String, request: TokenRequest? = nil) throws -> TokenResponse {
    let plain = try self.request(TokenExchange(subject: .init("subject-token", .accessToken)))
    let body = #"{"access_token": "a"\#(members.isEmpty ? "" : ",")\#(members)}"#
    return try TokenResponse(
      validating: EndpointAnswer(status: 200, contentType: nil, body: bytes(body)),
      to: request ?? plain, now: now)
  }

  private let accessToken = #""urn:ietf:params:oauth:token-type:access_token""#

  @Test func `a request names both tokens, their types and where the new one goes`() throws {
    let exchange = TokenExchange(
      subject: .init("subject-token", .accessToken), actor: .init("actor-token", .idToken),
      audiences: ["x", "y"], resources: [try ResourceIndicator("https://a.example/")],
      scope: try Scope("a b"))
    let request = try request(exchange)
    #expect(request.grant == .tokenExchange)
    #expect(
      request.post.parameters.parameters == [
        FormParameter("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        FormParameter("resource", "https://a.example/"), FormParameter("audience", "x"),
        FormParameter("audience", "y"), FormParameter("scope", "a b"),
        FormParameter(
          "requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        FormParameter("subject_token", "subject-token"),
        FormParameter("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        FormParameter("actor_token", "actor-token"),
        FormParameter("actor_token_type", "urn:ietf:params:oauth:token-type:id_token"),
        FormParameter("client_id", "native-app"),
      ])
    #expect(request.post.secrets == ["subject-token", "actor-token"])
    #expect(!"\(exchange)".contains("subject-token"))
  }

  @Test(arguments: ["access_token", "jwt"])
  func `an answer says what was issued`(type: String) throws {
    let name = "urn:ietf:params:oauth:token-type:\(type)"
    let response = try read(#""token_type": "Bearer", "issued_token_type": "\#(name)""#)
    #expect(response.issuedTokenType?.rawValue == name)
  }

  @Test func `an answer that does not say it is refused`() {
    #expect(throws: EndpointFailure.faulty(.missing("issued_token_type"))) {
      try read(#""token_type": "Bearer""#)
    }
    #expect(throws: EndpointFailure.faulty(.wrongType("issued_token_type"))) {
      try read(#""token_type": "Bearer", "issued_token_type": 1"#)
    }
  }

  @Test(arguments: [
    "urn:ietf:params:oauth:token-type:refresh_token", "urn:ietf:params:oauth:token-type:id_token",
    "urn:ietf:params:oauth:token-type:saml2", "access_token",
  ])
  func `what is no access token is refused`(type: String) {
    #expect(throws: EndpointFailure.faulty(.unknownIssuedType(PrintableText(type)))) {
      try read(#""token_type": "Bearer", "issued_token_type": "\#(type)""#)
    }
  }

  @Test func `a token that no header takes is refused`() {
    #expect(throws: EndpointFailure.faulty(.unknownTokenType(PrintableText("N_A")))) {
      try read(#""token_type": "N_A", "issued_token_type": \#(accessToken)"#)
    }
  }

  @Test func `other grants do not look at it`() throws {
    let response = try read(
      #""token_type": "Bearer", "issued_token_type": 1"#, request: refresh())
    #expect(response.issuedTokenType == nil)
  }
}
