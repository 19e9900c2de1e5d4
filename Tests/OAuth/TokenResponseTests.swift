import Testing

@testable import OAuth

@Suite struct TokenResponseTests {
  private func read(
    _ body: String, status: Int = 200, type: String? = "application/json"
  ) throws -> TokenResponse {
    try TokenResponse(
      validating: EndpointAnswer(status: status, contentType: type, body: bytes(body)),
      to: exchange(), now: now)
  }

  /// Reads an answer that is complete but for these members.
  private func read(with members: String) throws -> TokenResponse {
    try read(#"{"access_token": "a", "token_type": "Bearer", \#(members)}"#)
  }

  private func fault(_ body: String, type: String? = "application/json") -> TokenResponseFault? {
    do {
      _ = try read(body, type: type)
      return nil
    } catch EndpointFailure.faulty(let fault) { return fault } catch { return nil }
  }

  @Test func `the answer of PingFederate is read whole`() throws {
    let response = try read(
      """
      {"token_type":"Bearer","expires_in":7199,"refresh_token":"BBB...YYY",
      "id_token":"aaa.bbb.ccc","access_token":"AAA...ZZZ","scope":"openid profile","x":{"y":[1]}}
      """, type: "application/json;charset=UTF-8")
    #expect(response.accessToken == "AAA...ZZZ")
    #expect(response.expiresIn == .seconds(7199))
    #expect(response.refreshToken == "BBB...YYY")
    #expect(response.scope == "openid profile")
    #expect(try response.requireIDToken() == "aaa.bbb.ccc")
  }

  @Test func `absent, null and empty are the same`() throws {
    let bare = try read(#"{"access_token": "a", "token_type": "bearer"}"#)
    let empty = try read(
      with: #""refresh_token": null, "scope": "", "id_token": "", "expires_in": null"#)
    for response in [bare, empty] {
      #expect(response.refreshToken == nil && response.scope == nil && response.idToken == nil)
      #expect(response.expiresIn == .unknown)
      #expect(throws: TokenResponseFault.missing("id_token")) { try response.requireIDToken() }
    }
  }

  @Test(arguments: ["Bearer", "bearer", "BEARER", "bEaReR"])
  func `the case of token_type does not matter`(type: String) throws {
    _ = try read(#"{"access_token": "a", "token_type": "\#(type)"}"#)
  }

  @Test(arguments: ["mac", "N_A", "Bearer ", "Be\u{1E9E}rer", "urn:x"])
  func `a token type that is not understood is refused`(type: String) {
    #expect(
      fault(#"{"access_token": "a", "token_type": "\#(type)"}"#)
        == .unknownTokenType(PrintableText(type)))
  }

  @Test(arguments: [
    ("{}", TokenResponseFault.missing("token_type")),
    (#"{"access_token": "a"}"#, .missing("token_type")),
    (#"{"access_token": "a", "token_type": null}"#, .missing("token_type")),
    (#"{"access_token": "a", "token_type": 1}"#, .wrongType("token_type")),
    (#"{"token_type": "Bearer"}"#, .missing("access_token")),
    (#"{"token_type": "Bearer", "access_token": ""}"#, .missing("access_token")),
    (#"{"token_type": "Bearer", "access_token": null}"#, .missing("access_token")),
    (#"{"token_type": "Bearer", "access_token": 42}"#, .wrongType("access_token")),
    (#"{"token_type": "Bearer", "access_token": ["a"]}"#, .wrongType("access_token")),
    (#"{"token_type": "Bearer", "access_token": {"a": 1}}"#, .wrongType("access_token")),
  ])
  func `what must be there must be there`(body: String, expected: TokenResponseFault) {
    #expect(fault(body) == expected)
  }

  @Test(arguments: [
    #"a\nb"#, #"a\rb"#, #"a\u0000b"#, #"a\u001b[2J"#, #"a\u007f"#, #"a\u0085b"#, #"a\u2028b"#,
    "é", #"\u202ea"#, #"a\tb"#,
  ])
  func `a value that is not printable ASCII refuses the whole answer`(value: String) {
    let access = #"{"access_token": "\#(value)", "token_type": "Bearer"}"#
    #expect(fault(access) == .badCharacters("access_token"))
    for name in ["refresh_token", "id_token", "scope"] {
      let body = #"{"access_token": "a", "token_type": "Bearer", "\#(name)": "\#(value)"}"#
      #expect(fault(body) == .badCharacters(name))
    }
  }

  @Test func `an access token has no space, a refresh token may`() throws {
    #expect(
      fault(#"{"access_token": "a b", "token_type": "Bearer"}"#) == .badCharacters("access_token"))
    #expect(try read(with: #""refresh_token": "a b""#).refreshToken == "a b")
  }

  @Test func `a token too long for a line of git's protocol is refused`() throws {
    let longest = String(repeating: "a", count: TokenResponse.maximumLength)
    _ = try read(#"{"access_token": "\#(longest)", "token_type": "Bearer"}"#)
    #expect(
      fault(#"{"access_token": "\#(longest)a", "token_type": "Bearer"}"#)
        == .tooLong("access_token"))
  }

  @Test(arguments: [
    ("3600", 3600), ("0", 0), ("-0", 0), ("3599.9", 3599), ("0.5", 0), ("1e3", 1000),
    ("1e-400", 0), ("\"3600\"", 3600), ("\"28800.7\"", 28800), ("\"0\"", 0),
    ("315360000", 315_360_000), ("315360001", 315_360_000), ("9223372036854775807", 315_360_000),
    ("9223372036854775808", 315_360_000), ("1e400", 315_360_000),
    ("99999999999999999999999999999999999999999999", 315_360_000),
    ("\"99999999999999999999999999999999999999999999\"", 315_360_000),
  ])
  func `a lifetime is floored and clamped`(value: String, seconds: Int64) throws {
    #expect(try read(with: #""expires_in": \#(value)"#).expiresIn == .seconds(seconds))
  }

  @Test(arguments: [
    "-1", "-0.5", "-1e400", "-9223372036854775809", "true", "false", "{}", "[]", "[3600]", "\"\"",
    "\"-1\"", "\"+1\"", "\"soon\"", "\"NaN\"", "\"inf\"", "\"1e3\"", "\"0x10\"", "\" 1\"",
    "\"1.2.3\"", "\".\"", "\"٣\"",
  ])
  func `a lifetime that is no number of seconds refuses the answer`(value: String) {
    #expect(
      fault(#"{"access_token": "a", "token_type": "Bearer", "expires_in": \#(value)}"#)
        == .badLifetime)
  }

  @Test func `scopes are kept as servers spell them`() throws {
    #expect(try read(with: #""scope": "repo,user""#).scope == "repo,user")
    #expect(try read(with: #""scope": ["chat:read", "chat:edit"]"#).scope == "chat:read chat:edit")
    #expect(try read(with: #""scope": []"#).scope == nil)
    #expect(throws: EndpointFailure.faulty(.wrongType("scope"))) {
      try read(with: #""scope": ["a", 1]"#)
    }
  }

  @Test(arguments: [
    "application/json", "application/json; charset=utf-8", "APPLICATION/JSON", nil,
    "application/json ;charset=utf-8", "application/oauth-response+json",
  ])
  func `json is json under each of its names`(type: String?) throws {
    _ = try read(#"{"access_token": "a", "token_type": "Bearer"}"#, type: type)
  }

  @Test(arguments: [
    "text/html", "text/plain", "application/x-www-form-urlencoded", "application/jsonp", "json",
    "text/html; a=application/json", "", "application/jwt",
  ])
  func `another content type is refused`(type: String) {
    #expect(
      fault(#"{"access_token": "a", "token_type": "Bearer"}"#, type: type)
        == .notJSON(contentType: PrintableText(type)))
  }

  @Test(arguments: [
    ("", JSONFault.malformed), (#"{"access_token": "a", "token_ty"#, .malformed),
    ("[]", .notAnObject), ("\"a\"", .notAnObject), ("access_token=a&token_type=bearer", .malformed),
    (#"{"access_token": "a", "access_token": "b"}"#, .repeatedName("access_token")),
    (#"{"access_token": "\ud800"}"#, .notUTF8),
    (String(repeating: "[", count: 100_000), .tooDeep),
  ])
  func `a body that is no object of JSON is refused`(body: String, expected: JSONFault) {
    #expect(fault(body) == .json(expected))
    #expect(fault(body, type: nil) == .json(expected))
  }

  @Test(arguments: [201, 204, 206, 100, 0, -1, 600, 999])
  func `only 200 is success`(status: Int) {
    #expect(throws: EndpointFailure.faulty(.unexpectedStatus(status))) {
      try read(#"{"access_token": "a", "token_type": "Bearer"}"#, status: status)
    }
  }
}
