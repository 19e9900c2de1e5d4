import Testing

@testable import Configuration

@Suite struct ConfigurationFileTests {
  @Test func theExampleOfTheManualIsRead() throws {
    let file = try read(
      """
      vault = memory                    ; before the first section: settings of the agent

      [work]
      issuer        = https://auth.pingone.eu/1b2c/as
      client_id     = 7d9a
      scope         = openid profile offline_access
      redirect_uri  = http://localhost:3000/callback
      credential_url = https://git.example.com      ; which URLs the helpers answer for
      username      = oauth2                        ; what git shows as user name

      # another
      [home]
      issuer = https://id.example.org
      """)
    #expect(file.agent.map(\.key) == ["vault"])
    #expect(file.agent.map(\.value) == ["memory"])
    #expect(file.accounts.map(\.name.text) == ["work", "home"])
    let work = try #require(file.account("work"))
    #expect(work["issuer"] == "https://auth.pingone.eu/1b2c/as")
    #expect(work["scope"] == "openid profile offline_access")
    #expect(work["credential_url"] == "https://git.example.com")
    #expect(work["username"] == "oauth2")
    #expect(work.setting("issuer")?.line == 4)
    #expect(file.account("nobody") == nil)
  }

  @Test func anEmptyFileHasNoAccounts() throws {
    #expect(try read("").accounts.isEmpty)
    #expect(try read("\n\n; nothing\n").accounts.isEmpty)
  }

  @Test func aValueMayHoldEqualsSignsAndCommentSigns() throws {
    let work = try account(
      """
      client_id = a=b=c
      client_secret_command = pass show a;b#c
      """)
    #expect(work["client_id"] == "a=b=c")
    #expect(work["client_secret_command"] == "pass show a;b#c")
  }

  @Test(arguments: ["; words", "# words", ";", "#"])
  func aCommentStartsAfterWhiteSpace(_ comment: String) throws {
    #expect(try account("client_id = x \(comment)")["client_id"] == "x")
    #expect(try account("client_id = x\t\(comment)")["client_id"] == "x")
    #expect(try account("client_id = \"x\" \(comment)")["client_id"] == "x")
  }

  @Test func quotesKeepEverything() throws {
    let work = try account(#"client_secret_command = "pass  show ; # 'x'  ""#)
    #expect(work["client_secret_command"] == "pass  show ; # 'x'  ")
  }

  @Test func aQuoteInsideAValueIsAnOrdinaryCharacter() throws {
    let work = try account(#"client_secret_command = pass show "my thing""#)
    #expect(work["client_secret_command"] == #"pass show "my thing""#)
  }

  @Test func carriageReturnsAtLineEndsAndAByteOrderMarkAreDropped() throws {
    let file = try read("\u{FEFF}[work]\r\nclient_id = x\r\n")
    #expect(file.account("work")?["client_id"] == "x")
  }

  @Test func repeatableKeysKeepTheirOrder() throws {
    let work = try account(
      """
      redirect_uri = http://localhost:3000/callback
      credential_url = https://a.example
      redirect_uri = http://localhost:3001/callback
      credential_url = https://b.example
      """)
    #expect(
      work.all("redirect_uri") == [
        "http://localhost:3000/callback", "http://localhost:3001/callback",
      ])
    #expect(work.all("credential_url") == ["https://a.example", "https://b.example"])
  }

  @Test func authorizeParametersAreAFamilyOfKeys() throws {
    let work = try account(
      """
      authorize.prompt = consent
      authorize.audience = https://api.example.com
      """)
    #expect(work.authorizeParameters.map(\.name) == ["prompt", "audience"])
    #expect(work.authorizeParameters.map(\.value) == ["consent", "https://api.example.com"])
  }

  @Test func settingsOfACommandLineReplaceWholeLists() throws {
    let work = try account(
      """
      scope = openid
      redirect_uri = http://localhost:3000/a
      redirect_uri = http://localhost:3000/b
      """)
    let both = work.overridden(by: [
      Setting(key: "redirect_uri", value: "http://localhost:4000/c")
    ])
    #expect(both.all("redirect_uri") == ["http://localhost:4000/c"])
    #expect(both["scope"] == "openid")
  }
}

@Suite struct SecretSettingTests {
  @Test func theValueOfAClientSecretStaysInTheFile() throws {
    let text = "[work]\nclient_secret = hunter2\n"
    let file = try read(text)
    let setting = try #require(file.account("work")?.setting("client_secret"))
    #expect(setting.value.isEmpty)
    #expect(Array(Array(text.utf8)[setting.valueRange]) == Array("hunter2".utf8))
    #expect(file.holdsSecret)
  }

  @Test func theRangeOfAQuotedSecretLeavesTheQuotesOut() throws {
    let text = "[work]\r\nclient_secret = \"a ; b\" ; comment\r\n"
    let setting = try #require(try read(text).account("work")?.setting("client_secret"))
    #expect(Array(Array(text.utf8)[setting.valueRange]) == Array("a ; b".utf8))
  }

  @Test func aFileWithoutASecretSaysSo() throws {
    #expect(try !read("[work]\nclient_secret_file = /x\n").holdsSecret)
  }

  @Test(arguments: [
    "client_secret = hunter2\u{1b}", "client_secret = hunter2é", "client_secret = \"hunter2",
    "client_secrt = hunter2", "hunter2", "hunter2 = x",
    "client_secret = a\nclient_secret = hunter2",
    "issuer = hunter2", "[hunter2!]", "login = hunter2", "client_secret = \"a\" hunter2",
  ])
  func noFaultRepeatsWhatStandsOnTheLine(_ lines: String) throws {
    let fault = try fault("[work]\n\(lines)\n")
    #expect(!fault.sentence.contains("hunter2"))
    #expect(fault.line != nil)
  }
}
