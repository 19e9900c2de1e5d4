import Testing

@testable import OAuth

@Suite struct AuthenticationChallengeTests {
  private func parse(_ fields: String...) throws -> [AuthenticationChallenge] {
    try AuthenticationChallenge.parse(fields)
  }

  @Test func `the examples of the specification are read`() throws {
    #expect(
      try parse(
        #"Basic realm="simple", Newauth realm="apps", type=1, title="Login to \"apps\"""#) == [
          AuthenticationChallenge(scheme: "basic", parameters: ["realm": "simple"]),
          AuthenticationChallenge(
            scheme: "newauth",
            parameters: ["realm": "apps", "type": "1", "title": #"Login to "apps""#]),
        ])
    #expect(
      try parse("Negotiate a87421000492aa874209af8bc028==", "Basic") == [
        AuthenticationChallenge(scheme: "negotiate", token68: "a87421000492aa874209af8bc028=="),
        AuthenticationChallenge(scheme: "basic"),
      ])
  }

  @Test(arguments: [
    #"Bearer realm="a",scope=b"#, "bearer realm = \"a\" , scope\t=\tb",
    #", ,Bearer realm="a",,scope=b,"#,
    #"BEARER  realm="a", SCOPE="b""#, #"Bearer ,realm="a",scope=b"#, #"Bearer realm="\a", scope=b"#,
  ])
  func `blanks, empty elements and case do not matter`(field: String) throws {
    #expect(
      try parse(field) == [
        AuthenticationChallenge(scheme: "Bearer", parameters: ["realm": "a", "scope": "b"])
      ])
  }

  @Test(arguments: [
    ("Basic, Bearer", ["basic", "bearer"]), ("Basic , Bearer", ["basic", "bearer"]),
    (#"Bearer a="1", Basic, DPoP algs="ES256""#, ["bearer", "basic", "dpop"]),
    ("Negotiate abc, Bearer", ["negotiate", "bearer"]), ("", []), (" , ", []),
  ])
  func `a word after a comma is a parameter or a new challenge`(
    field: String, schemes: [String]
  ) throws {
    #expect(try parse(field).map(\.scheme) == schemes)
  }

  @Test func `a value in quotes holds anything, a comma and a challenge among it`() throws {
    let challenge = try #require(try parse(#"Bearer a="x, Basic realm=y", b="é", c="""#).first)
    #expect(challenge["a"] == "x, Basic realm=y")
    #expect(challenge["b"] == "é")
    #expect(challenge["c"] == nil)
    #expect(challenge["d"] == nil)
  }

  @Test(arguments: [
    #"Bearer realm="a"#, #"Bearer realm="a\"#, #"Bearer realm="a" x"#, "Bearer realm=a b",
    "Bearer realm=", #"Bearer, realm="a""#, "=a", "\"a\"", "Bearer @", #"Bearer realm="a"b="c""#,
    "Bearer realm=\"a\nb\"", "Bearer realm=\"a\rb\"", "Bearer realm=\"\u{0}\"", "Bearer é",
    "Bearer realm=\"\u{1B}[2J\"", "Bearer realm=\"a\\\nb\"", "Béarer", "Bearer realm='a b'",
  ])
  func `what http does not know is refused`(field: String) {
    // `realm=` with nothing behind it is a token68, which says nothing either.
    if field == "Bearer realm=" {
      #expect((try? parse(field))?.first?.parameters.isEmpty == true)
    } else {
      #expect(throws: AuthenticationChallengeFault.malformed) { try parse(field) }
    }
  }

  @Test func `a parameter given twice is refused, in another challenge it is another`() throws {
    #expect(throws: AuthenticationChallengeFault.repeated(PrintableText("scope"))) {
      try parse(#"Bearer scope="a", SCOPE="b""#)
    }
    #expect(try parse(#"Bearer scope="a", DPoP scope="b""#).count == 2)
  }

  @Test func `fields without end are bounded`() throws {
    let long = #"Bearer realm="\#(String(repeating: "a", count: 16 * 1024))""#
    #expect(throws: AuthenticationChallengeFault.tooLong) { try parse(long) }
    let names = (0...32).map { "n\($0)=v" }.joined(separator: ",")
    #expect(throws: AuthenticationChallengeFault.tooMany) { try parse("Bearer \(names)") }
    let schemes = (0...32).map { "S\($0)" }
    #expect(throws: AuthenticationChallengeFault.tooMany) {
      try parse(schemes.joined(separator: ","))
    }
    #expect(throws: AuthenticationChallengeFault.tooMany) {
      try AuthenticationChallenge.parse(schemes)
    }
    #expect(try AuthenticationChallenge.parse(Array(schemes.dropLast())).count == 32)
  }
}

@Suite struct ResourceChallengeTests {
  private func read(_ fields: String...) throws -> ResourceChallenge {
    try ResourceChallenge(fields: fields)
  }

  @Test func `a first challenge says where the metadata is and which scope to ask for`() throws {
    let challenge = try read(
      """
      Basic realm="x", Bearer resource_metadata="https://mcp.example/.well-known/\
      oauth-protected-resource/mcp", scope="files:read files:write"
      """)
    #expect(
      challenge.resourceMetadata?.text
        == "https://mcp.example/.well-known/oauth-protected-resource/mcp")
    #expect(challenge.scope?.tokens == ["files:read", "files:write"])
    #expect(challenge.demand == .token)
    #expect(challenge.type == .bearer)
    #expect(challenge.error == nil)
  }

  @Test func `an invalid token wants a token, and the server's words are cleaned`() throws {
    let challenge = try read(
      "DPoP error=\"invalid_token\", error_description=\"gone\u{202E}\t for good\"")
    #expect(challenge.type == .dpop)
    #expect(challenge.demand == .token)
    #expect(challenge.error?.text == "invalid_token")
    #expect(challenge.errorDescription?.text == "gone for good")
  }

  @Test func `too little scope wants the scope that is named`() throws {
    #expect(
      try read(#"Bearer error="insufficient_scope", scope="a b""#).demand == .scope(Scope("a b")))
    #expect(try read(#"Bearer error="insufficient_scope""#).demand == .scope(nil))
    #expect(try read(#"Bearer error="insufficient_scopes", scope="a""#).demand == .token)
  }

  @Test func `a sign-in too weak or too old is to be repeated as demanded`() throws {
    let challenge = try read(
      """
      Bearer error="insufficient_user_authentication", acr_values="urn:gold  myACR", max_age="5"
      """)
    let stepUp = StepUp(contextClasses: ["urn:gold", "myACR"], maximumAge: 5)
    #expect(challenge.demand == .authentication(stepUp))
    let own: FormParameters = [
      FormParameter("prompt", "login"), FormParameter("acr_values", "weak"),
    ]
    #expect(
      stepUp.applied(to: own).parameters == [
        FormParameter("prompt", "login"), FormParameter("acr_values", "urn:gold myACR"),
        FormParameter("max_age", "5"),
      ])
    #expect(StepUp(contextClasses: [], maximumAge: nil).applied(to: own) == own)
    let age = try read(#"Bearer error="insufficient_user_authentication", max_age=0"#)
    #expect(age.demand == .authentication(StepUp(contextClasses: [], maximumAge: 0)))
  }

  @Test(arguments: ["-1", "1.5", "soon", "٣", "1e3"])
  func `an age that is no number of seconds is refused`(age: String) {
    #expect(throws: ResourceChallengeFault.badMaximumAge) {
      try read(#"Bearer error="insufficient_user_authentication", max_age="\#(age)""#)
    }
  }

  @Test func `an age beyond all bounds is bounded`() throws {
    let challenge = try read(
      #"Bearer error="insufficient_user_authentication", max_age="99999999999999999999""#)
    #expect(
      challenge.demand
        == .authentication(StepUp(contextClasses: [], maximumAge: 315_360_000)))
  }

  @Test func `what cannot be acted on is refused`() {
    #expect(throws: ResourceChallengeFault.noOAuth) { try ResourceChallenge(fields: []) }
    #expect(throws: ResourceChallengeFault.noOAuth) { try read(#"Basic realm="bearer""#) }
    #expect(throws: ResourceChallengeFault.field(.malformed)) { try read("Bearer \"") }
    #expect(
      throws: ResourceChallengeFault.badMetadataAddress(.plainHTTP(host: "mcp.example"))
    ) { try read(#"Bearer resource_metadata="http://mcp.example/m""#) }
    #expect(throws: ResourceChallengeFault.badMetadataAddress(.foreignScheme("file"))) {
      try read(#"Bearer resource_metadata="file:///etc/passwd""#)
    }
    #expect(throws: ResourceChallengeFault.badScope(.badCharacter)) {
      try read(#"Bearer scope="a\"b""#)
    }
    #expect(throws: ResourceChallengeFault.badContextClasses) {
      try read(#"Bearer error="insufficient_user_authentication", acr_values="é""#)
    }
  }
}
