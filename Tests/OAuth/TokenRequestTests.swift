import Testing

@testable import OAuth

@Suite struct TokenRequestTests {
  private let verifier = "AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM"

  private func body(_ post: FormPost) -> String { String(decoding: post.body, as: UTF8.self) }

  @Test func `a public client of PingOne sends five parameters and no Authorization`() throws {
    let post = try exchange().post
    #expect(
      body(post) == "grant_type=authorization_code&code=code-of-the-sign-in"
        + "&redirect_uri=http%3A%2F%2Flocalhost%3A3000%2Fcallback&client_id=native-app"
        + "&code_verifier=\(verifier)")
    #expect(post.authorization == nil)
    #expect(!post.headerFields.contains { $0.name.lowercased() == "authorization" })
    #expect(
      post.headerFields.contains {
        $0 == ("Content-Type", "application/x-www-form-urlencoded")
      })
    #expect(post.headerFields.contains { $0 == ("Accept", "application/json") })
  }

  @Test func `a confidential client of PingFederate adds its secret to the body`() throws {
    let client = Client(id: "ac_oic_client", authentication: .post(secret: "p+%&= ü"))
    let post = try exchange(client: client).post
    #expect(
      body(post) == "grant_type=authorization_code&code=code-of-the-sign-in"
        + "&redirect_uri=http%3A%2F%2Flocalhost%3A3000%2Fcallback&client_id=ac_oic_client"
        + "&client_secret=p%2B%25%26%3D+%C3%BC&code_verifier=\(verifier)")
    #expect(post.authorization == nil)
    #expect(try FormParameters(decoding: post.body) == post.parameters)
  }

  @Test func `a native client of PingFederate repeats its private-use redirect`() throws {
    let uri = "com.pingidentity.developer.oauthplayground://oidc_callback"
    let request = TokenRequest(
      exchanging: try response(code: "ABC"), redirectURI: try RedirectURI(uri),
      verifier: try anyVerifier(), client: publicClient,
      endpoint: try Endpoint("https://as.example/as/token.oauth2"))
    #expect(request.post.parameters.values(of: "redirect_uri") == [uri])
    #expect(request.post.parameters.values(of: "client_secret").isEmpty)
  }

  @Test func `a client with Basic sends its name in the header alone`() throws {
    let client = Client(id: "app", authentication: .basic(secret: "s3cret"))
    let post = try exchange(client: client).post
    #expect(post.authorization == "Basic YXBwOnMzY3JldA==")
    #expect(post.headerFields.contains { $0 == ("Authorization", "Basic YXBwOnMzY3JldA==") })
    #expect(post.parameters.values(of: "client_id").isEmpty)
    #expect(post.parameters.values(of: "client_secret").isEmpty)
  }

  @Test(arguments: ["a+b", "50%", "a&b=c", "a b", "~!*'()"])
  func `a code survives its way back`(code: String) throws {
    let post = try exchange(code: code).post
    #expect(try FormParameters(decoding: post.body).values(of: "code") == [code])
  }

  @Test func `a refresh sends the least it can`() throws {
    #expect(
      body(try refresh().post)
        == "grant_type=refresh_token&refresh_token=refresh-token-1&client_id=native-app")
    let narrow = TokenRequest(
      refreshing: "r", scope: try Scope("a b"), client: publicClient,
      endpoint: try Endpoint("https://as.example/as/token"))
    #expect(narrow.post.parameters.values(of: "scope") == ["a b"])
  }

  @Test func `a revocation has the token and its kind`() throws {
    let request = RevocationRequest(
      token: "r 1", hint: .refreshToken, client: publicClient,
      endpoint: try Endpoint("https://as.example/as/revoke"))
    #expect(
      body(request.post) == "token=r+1&token_type_hint=refresh_token&client_id=native-app")
  }
}
