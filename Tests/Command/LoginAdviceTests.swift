import Attributes
import Configuration
import Testing

@testable import Command

private func hint(_ hint: String?, _ words: String..., derived: String? = nil) throws -> String? {
  let failure = Failure(.failed, "it did not work", hint: hint)
  let invocation = try Invocation(Login.verb, words)
  let applied = LoginAdvice.applied(to: failure, of: invocation, derivedName: derived)
  #expect(applied.description == failure.description)
  #expect(applied.code == failure.code)
  return applied.hint
}

@Suite struct LoginAdviceTests {
  @Test func whatWasGivenIsGivenAgain() throws {
    #expect(
      try hint(
        "sallyport login work --device", "work", "--device", "--issuer", "https://a.example",
        "--client-id", "it's", "--dpop-bound-access-tokens", "--timeout", "2", "--authorize",
        "a=1", "--authorize", "b=2")
        == "sallyport login work --device --issuer https://a.example --client-id 'it'\\''s'"
        + " --dpop-bound-access-tokens --authorize 'a=1' --authorize 'b=2'")
  }

  @Test func whatIsSuggestedTakesThePlaceOfWhatWasGiven() throws {
    #expect(
      try hint(
        "sallyport login work --redirect-uri http://localhost:3001/callback", "work", "--issuer",
        "https://a.example", "--redirect-uri", "http://localhost:3000/callback")
        == "sallyport login work --redirect-uri http://localhost:3001/callback"
        + " --issuer https://a.example")
    #expect(
      try hint("sallyport login work --issuer https://b.example", "work", "--issuer", "https://b")
        == "sallyport login work --issuer https://b.example")
  }

  @Test func aNameThatIsNotSavedYetIsNoAccount() throws {
    #expect(
      try hint(
        "sallyport login mcp.example --device", "https://mcp.example/a b", "--device",
        derived: "mcp.example") == "sallyport login 'https://mcp.example/a b' --device")
  }

  @Test(arguments: [
    nil, "chmod 600 /k", "sallyport doctor", "sallyport login ",
    "sallyport logout work --all && sallyport login work",
  ])
  func otherCommandsStayAsTheyAre(_ command: String?) throws {
    #expect(try hint(command, "work", "--issuer", "https://a.example") == command)
  }

  @Test func settingsForNobodyNeedAName() throws {
    let text = "[a]\nissuer = https://a.example\n[b]\nissuer = https://b.example\n"
    let configured = Configured(
      path: "/c",
      file: try Array(text.utf8).withUnsafeBytes { try ConfigurationFile(parsing: $0) })
    let invocation = try Invocation(Login.verb, ["--issuer", "https://c.example"])
    let failure = #expect(throws: Failure.self) {
      try LoginTarget.of(
        invocation, try LoginOptions.settings(of: invocation), configured, once: false)
    }
    #expect(failure?.hint == "sallyport login NAME --issuer https://c.example")
    #expect(failure?.code == .invalidRequest)
  }
}
