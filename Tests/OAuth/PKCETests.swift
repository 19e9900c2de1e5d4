import TLS
import Testing

@testable import OAuth

@Suite struct PKCETests {
  @Test func `the vector of RFC 7636 appendix B comes out`() throws {
    let octets: [UInt8] = [
      116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77,
      105, 214, 191, 240, 91, 88, 5, 88, 83, 132, 141, 121,
    ]
    guard let entropy = Entropy(octets) else { throw NoEntropy() }
    let verifier = CodeVerifier(entropy)
    #expect(verifier.text == "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    let challenge = try verifier.challenge(sha256: Digest.sha256)
    #expect(challenge.text == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
  }

  @Test(arguments: [0, 16, 31, 33, 64])
  func `only 256 bits make a secret`(length: Int) {
    var isMade = false
    if Entropy([UInt8](repeating: 7, count: length)) != nil { isMade = true }
    #expect(!isMade)
  }

  @Test func `state, nonce and verifier are 43 characters that need no encoding`() throws {
    for text in [try anyState().text, try anyNonce().text, try anyVerifier().text] {
      #expect(text.utf8.count == 43)
      #expect(FormParameters.encode(text) == text)
    }
  }

  @Test func `a state matches itself alone`() throws {
    let state = try anyState()
    #expect(state.matches(state.text))
    #expect(!state.matches(""))
    #expect(!state.matches(String(state.text.dropLast())))
    #expect(!state.matches(state.text + "x"))
    #expect(!state.matches(state.text.lowercased()))
    #expect(!state.matches(try anyNonce().text))
  }

  @Test func `a verifier from a request is held to its grammar`() throws {
    let text = String(repeating: "a", count: 43)
    #expect(try CodeVerifier(text: text).text == text)
    _ = try CodeVerifier(text: String(repeating: "-._~aZ09", count: 16))
    for bad in ["", String(text.dropLast()), text + "+", text + " ", text + "é"]
      + [String(repeating: "a", count: 129)]
    {
      #expect(throws: PKCEFault.malformedVerifier) { try CodeVerifier(text: bad) }
    }
  }

  @Test func `a server that lists challenge methods without S256 is refused`() throws {
    let name = #""code_challenge_methods_supported":"#
    try metadata().checkChallengeMethods()
    try metadata(#"\#(name) ["plain", "S256"]"#).checkChallengeMethods()
    #expect(throws: PKCEFault.noS256(listed: ["plain"])) {
      try metadata(#"\#(name) ["plain"]"#).checkChallengeMethods()
    }
    #expect(throws: PKCEFault.noS256(listed: [])) {
      try metadata(#"\#(name) []"#).checkChallengeMethods()
    }
    #expect(throws: PKCEFault.noS256(listed: ["s256"])) {
      try metadata(#"\#(name) ["s256"]"#).checkChallengeMethods()
    }
  }

  @Test func `nothing that holds a secret shows it`() throws {
    let verifier = try anyVerifier()
    let request = try exchange(client: Client(id: "c", authentication: .basic(secret: "hush-hush")))
    let shown = [
      "\(verifier)", String(reflecting: verifier), "\(try anyState())", "\(request)",
      String(reflecting: request), "\(request.post)", "\(try response(code: "code-1"))",
      "\(ClientAuthentication.post(secret: "hush-hush"))",
    ]
    var dumped = ""
    dump(request, to: &dumped)
    dump(verifier, to: &dumped)
    for text in shown + [dumped] {
      #expect(!text.contains(verifier.text) && !text.contains("hush-hush"))
      #expect(!text.contains("code-"))
    }
  }
}
