import Testing

@testable import OAuth

@Suite struct EndpointFailureTests {
  private func failure(
    _ status: Int, _ body: String = "", type: String? = "application/json",
    retryAfter: String? = nil, to request: TokenRequest? = nil
  ) throws -> EndpointFailure? {
    let answer = EndpointAnswer(
      status: status, contentType: type, retryAfter: retryAfter, body: bytes(body))
    let request = try request ?? refresh()
    do throws(EndpointFailure) {
      _ = try TokenResponse(validating: answer, to: request, now: now)
      return nil
    } catch { return error }
  }

  @Test(arguments: [
    "invalid_request", "invalid_client", "unauthorized_client", "unsupported_grant_type",
    "invalid_scope", "invalid_code", "access_denied", "something_new",
  ])
  func `an error the server states is a refusal and ends no session`(code: String) throws {
    for status in [400, 401, 403] {
      let failure = try #require(try failure(status, #"{"error": "\#(code)"}"#))
      #expect(failure == .refused(OAuthError(code: code, status: status)))
      #expect(failure.verdict == .refused)
    }
  }

  @Test(arguments: [200, 400, 401, 403])
  func `invalid_grant alone ends a session`(status: Int) throws {
    #expect(try failure(status, #"{"error": "invalid_grant"}"#)?.verdict == .sessionOver)
  }

  @Test(arguments: [408, 429, 500, 502, 503, 504, 599])
  func `trouble of the server is never final`(status: Int) throws {
    let stated = try failure(status, #"{"error": "invalid_grant"}"#, retryAfter: "7")
    #expect(stated?.verdict == .tryAgainLater(after: 7))
    for body in ["", "<html>", #"{"message": "x"}"#] {
      let silent = try failure(status, body, type: "text/html", retryAfter: "86400")
      #expect(silent == .unavailable(status: status, retryAfter: 300))
      #expect(silent?.verdict == .tryAgainLater(after: 300))
    }
    #expect(try failure(status)?.verdict == .tryAgainLater(after: nil))
  }

  @Test func `invalid_grant counts where the server is well`() {
    #expect(OAuthError(code: "invalid_grant", status: 400).isInvalidGrant)
    #expect(!OAuthError(code: "invalid_grant", status: 502).isInvalidGrant)
    #expect(!OAuthError(code: "invalid_client", status: 400).isInvalidGrant)
  }

  @Test(arguments: ["temporarily_unavailable", "server_error"])
  func `an error that passes may be tried again`(code: String) throws {
    let failure = try failure(400, #"{"error": "\#(code)"}"#, retryAfter: "5")
    #expect(failure?.verdict == .tryAgainLater(after: 5))
  }

  @Test(arguments: [
    "", "<html>no</html>", "{}", #"{"error": ""}"#, #"{"error": null}"#, #"{"error": {"code": 1}}"#,
    "[]", "{",
  ])
  func `a refusal without a reason is told apart`(body: String) throws {
    let failure = try failure(400, body, type: nil)
    #expect(failure == .refusedWithoutReason(status: 400))
    #expect(failure?.verdict == .unexplained)
  }

  @Test(arguments: [300, 301, 302, 303, 307, 308])
  func `a redirect is refused, whatever its body`(status: Int) throws {
    let body = #"{"access_token": "a", "token_type": "Bearer"}"#
    #expect(try failure(status, body) == .faulty(.redirect(status: status)))
    #expect(try failure(status)?.verdict == .faulty)
  }

  @Test func `an error with status 200 is an error`() throws {
    let whole = #""access_token": "a", "token_type": "Bearer""#
    #expect(
      try failure(200, #"{"error": "bad_verification_code", \#(whole)}"#)
        == .refused(OAuthError(code: "bad_verification_code", status: 200)))
    #expect(
      try failure(200, #"{"ok": false, "error": "invalid_code", \#(whole)}"#)
        == .refused(OAuthError(code: "invalid_code", status: 200)))
    for members in [#""ok": false"#, #""error": {"a": 1}"#, #""error": """#, #""error": true"#] {
      #expect(
        try failure(200, "{\(members), \(whole)}") == .refusedWithoutReason(status: 200))
    }
    #expect(try failure(200, #"{"error": null, "ok": true, \#(whole)}"#) == nil)
  }

  @Test func `the server's text is cleaned and bounded`() throws {
    let body = #"{"error": "x\u001b[31m\ny", "error_description": "a\r\nb\u202e<b>\u0000"}"#
    guard case .refused(let error) = try failure(400, body) else {
      Issue.record("no error was read")
      return
    }
    #expect(error.code == "x y")
    #expect(error.errorDescription?.text == "a b<b>")
    #expect("\(error)" == "the server answered x y: a b<b>")
  }

  @Test func `what was sent in confidence does not come back`() throws {
    let client = Client(id: "c", authentication: .basic(secret: "hush-hush-hush"))
    let request = try exchange(code: "code/of+sign-in", client: client)
    let verifier = try anyVerifier().text
    let body = """
      {"error": "invalid_grant", "error_description":
      "code/of+sign-in code%2Fof%2Bsign-in \(verifier) hush-hush-hush",
      "error_uri": "https://as.example/help?code=\(verifier)"}
      """
    guard case .refused(let error) = try failure(400, body, to: request) else {
      Issue.record("no error was read")
      return
    }
    #expect(error.errorDescription?.text == "… … … …")
    #expect(error.errorURI == nil)
    let echo = try failure(400, #"{"error": "refresh-token-1 is dead"}"#)
    #expect("\(try #require(echo))" == "the server answered … is dead")
  }

  @Test(arguments: [
    ("https://as.example/help", "https://as.example/help"), ("javascript:alert(1)", nil),
    ("http://as.example/help", nil), ("https://as.example/\u{1B}[2J x", nil),
  ])
  func `a help page is kept where it may be opened`(uri: String, kept: String?) {
    #expect(OAuthError(code: "x", uri: uri).errorURI == kept)
  }

  @Test func `a revocation is done with 200 and never before`() throws {
    let request = RevocationRequest(
      token: "token-to-revoke", hint: .refreshToken, client: publicClient,
      endpoint: try Endpoint("https://as.example/as/revoke"))
    func check(_ status: Int, _ body: String = "") -> EndpointFailure.Verdict? {
      let answer = EndpointAnswer(status: status, contentType: nil, body: bytes(body))
      do throws(EndpointFailure) {
        try request.check(answer, now: now)
        return nil
      } catch { return error.verdict }
    }
    #expect(check(200) == nil)
    #expect(check(200, "<html>") == nil)
    #expect(check(503) == .tryAgainLater(after: nil))
    #expect(check(401) == .unexplained)
    #expect(check(400, #"{"error": "unsupported_token_type"}"#) == .refused)
    #expect(check(302) == .faulty)
    #expect(check(204) == nil)
    #expect(check(202) == .faulty)
  }
}
