import Attributes
import Testing

@testable import Command

private func request(_ words: String...) throws -> String {
  let invocation = try Invocation(Token.verb, words)
  var request = Request("token")
  try TokenRequest(invocation, format: invocation.format()).add(to: &request)
  return String(decoding: request.buffer.bytes, as: UTF8.self)
}

@Suite struct TokenRequestTests {
  @Test func aNarrowerTokenIsAskedFor() throws {
    #expect(try request() == "action=token\n")
    #expect(
      try request(
        "work", "--scope", "a b", "--scope=c", "--resource", "https://api.example/x",
        "--resource=urn:example:y", "--audience", "backend one")
        == "action=token\nscope=a b c\nresource[]=https://api.example/x\n"
        + "resource[]=urn:example:y\naudience[]=backend one\n")
  }

  @Test(arguments: ["header", "headers", "json"])
  func aProofIsAskedFor(_ format: String) throws {
    #expect(
      try request(
        "--format", format, "--method", "GET", "--url", "https://api.example/me?x=1#top",
        "--dpop-nonce", "n-1")
        == "action=token\nmethod=GET\nurl=https://api.example/me?x=1\ndpop_nonce=n-1\n")
  }

  @Test(arguments: [
    (["--scope", "a  b"], "--scope is not a list of scopes with one space between them"),
    (["--scope", ""], "--scope has no value"),
    (
      ["--format", "id-token", "--audience", "x"],
      "an ID token tells of the whole sign-in: leave --scope, --resource and --audience out"
    ),
    (["--resource", "api"], "--resource is not an absolute URI"),
    (["--resource", "https://a.example/#x"], "--resource has a fragment, which a server refuses"),
    (["--audience", ""], "--audience has no value"),
    (["--audience", "é"], "--audience holds something else than printable ASCII"),
    (["--method", "GET"], "--method and --url go together: a proof is for one request"),
    (["--url", "https://a.example"], "--method and --url go together: a proof is for one request"),
    (
      ["--dpop-nonce", "x"], "--dpop-nonce goes into a proof, which --method and --url ask for"
    ),
    (
      ["--method", "get", "--url", "https://a.example"], "--method is written in capitals: GET"
    ),
    (
      ["--method", "GET /", "--url", "https://a.example"],
      "--method is no method of HTTP, such as GET or POST"
    ),
    (
      ["--method", "GET", "--url", "http://a.example"],
      "--url is http, which is for localhost, 127.0.0.1 and [::1] alone"
    ),
    (["--method", "GET", "--url", "/me"], "--url is not an absolute http or https URL"),
    (["--method", "GET", "--url", "https://u@a.example"], "--url has a user name in it"),
    (
      ["--method", "GET", "--url", "https://a.example", "--dpop-nonce", "a b"],
      "--dpop-nonce is not what a server sends as DPoP-Nonce"
    ),
    (
      ["--method", "GET", "--url", "https://a.example"],
      "a proof (--method, --url) needs --format header or --format json or --format headers:"
        + " --format plain has no place for it"
    ),
  ])
  func aMistakeSaysWhatToGive(_ words: [String], _ sentence: String) throws {
    let failure = try #require(throws: Failure.self) {
      let invocation = try Invocation(Token.verb, words)
      _ = try TokenRequest(invocation, format: invocation.format())
    }
    #expect(failure.code == .invalidRequest)
    #expect(failure.description == sentence)
    #expect(failure.hint == "sallyport help token")
  }
}

private let bound = "account=work\naccess_token=abc\ntoken_type=DPoP\nusername=a\n"

@Suite struct BoundTokenTests {
  @Test func aProofStandsBesideTheToken() throws {
    let answer = bound + "dpop=h.p.s\n"
    #expect(try written(.header, answer) == "Authorization: DPoP abc\nDPoP: h.p.s\n")
    #expect(
      try written(.headers, answer) == #"{"Authorization":"DPoP abc","DPoP":"h.p.s"}"# + "\n")
    #expect(try written(.json, answer).contains(#""token_type":"DPoP","dpop":"h.p.s"}"#))
    try withBlock(answer) { #expect(TokenFormat.header.advice(for: $0) == nil) }
  }

  @Test(arguments: [TokenFormat.header, .headers])
  func aHeaderFieldWithoutAProofIsRefusedWithWhatToGive(_ format: TokenFormat) throws {
    let failure = try #require(throws: Failure.self) { try written(format, bound) }
    #expect(failure.code == .invalidRequest)
    #expect(failure.description.hasPrefix("the token of work is of type DPoP"))
    #expect(
      failure.hint == "sallyport token work --format \(format.rawValue) --method GET --url URL")
  }

  @Test(arguments: [TokenFormat.execCredential, .xoauth2, .oauthbearer])
  func whatHasNoPlaceForAProofDoesNotPassTheTokenOff(_ format: TokenFormat) throws {
    #expect(throws: Failure.self) { try written(format, bound) }
    #expect(throws: Failure.self) { try written(format, bound + "dpop=h.p.s\n") }
  }

  @Test(arguments: [TokenFormat.plain, .env, .json])
  func theTokenAloneIsPrintedWithAWord(_ format: TokenFormat) throws {
    #expect(try written(format, bound).contains("abc"))
    let advice = try withBlock(bound) { format.advice(for: $0) }
    let proven = format == .json ? "json" : "header"
    #expect(advice?.contains("sallyport token work --format \(proven) --method") == true)
    try withBlock("access_token=abc\ntoken_type=Bearer\n") { block in
      #expect(format.advice(for: block) == nil)
    }
  }

  @Test(arguments: ["a\u{1b}[2J", "a b", ""])
  func aProofThatIsNotPrintableIsNeverPrinted(_ proof: String) throws {
    for format in [TokenFormat.header, .headers, .json] {
      #expect(throws: Failure.self) { try written(format, bound + "dpop=\(proof)\n") }
    }
  }

  @Test func aBearerTokenNeedsNoProof() throws {
    #expect(
      try written(.header, "access_token=abc\ntoken_type=Bearer\n") == "Authorization: Bearer abc\n"
    )
  }
}
