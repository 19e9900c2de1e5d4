import Testing

@testable import Command

private let question = "protocol=https\nhost=git.example.com\n\n"

@Suite(.enabled(if: ProgramRun.program != nil)) struct CredentialProgramTests {
  @Test(arguments: [["get"]])
  func gitGetsWhatTheAgentAnswers(_ arguments: [String]) throws {
    let folder = try ProgramFolder()
    let agent = try ScriptedAgent(
      at: folder.socket, ["username=oauth2\npassword=abc\npassword_expiry_utc=9\n\n"])
    let run = try ProgramRun(
      arguments, in: folder, as: "/x/git-credential-sallyport", input: question,
      environment: ["GIT_TERMINAL_PROMPT=0"])
    #expect(run.status == 0)
    #expect(run.output == "username=oauth2\npassword=abc\npassword_expiry_utc=9\n")
    #expect(run.error.isEmpty)
    #expect(
      agent.requests == ["action=get\ninteractive=no\nprotocol=https\nhost=git.example.com\n\n"])
  }

  @Test(arguments: [
    "protocol=https\nhost=h", "protocol=https\nhost=h\n", "protocol=https\nhost=h\n\nx=y\n\n",
  ])
  func aQuestionEndsAtABlankLineOrTheEndOfInput(_ input: String) throws {
    let folder = try ProgramFolder()
    let agent = try ScriptedAgent(at: folder.socket, ["\n"])
    let run = try ProgramRun(
      ["get"], in: folder, input: input, environment: ["GIT_TERMINAL_PROMPT=false"])
    #expect(run.status == 0)
    #expect(run.output.isEmpty)
    #expect(agent.requests == ["action=get\ninteractive=no\nprotocol=https\nhost=h\n\n"])
  }

  @Test func aDisplayMeansThatAPersonCanBeThere() throws {
    let folder = try ProgramFolder()
    let agent = try ScriptedAgent(at: folder.socket, ["\n"])
    _ = try ProgramRun(["get"], in: folder, input: question, environment: ["WAYLAND_DISPLAY=w"])
    #expect(agent.requests.first?.contains("\ninteractive=yes\n") == true)
  }

  @Test func aFailureIsAnExitStatusAndTwoLines() throws {
    let folder = try ProgramFolder()
    _ = try ScriptedAgent(
      at: folder.socket,
      ["error=login_required\nerror_description=nobody is signed in\nhint=sallyport login work\n\n"]
    )
    let run = try ProgramRun(["get"], in: folder, input: question)
    #expect(run.status == 3)
    #expect(run.output.isEmpty)
    #expect(run.error == "sallyport: nobody is signed in\n  try: sallyport login work\n")
  }

  @Test func aSignInOnDemandShowsTheURLOnStandardError() throws {
    let folder = try ProgramFolder()
    _ = try ScriptedAgent(
      at: folder.socket,
      [
        "event=authorize\nurl=https://a.example/as\nredirect_uri=http://localhost:3000/c\n\n"
          + "event=waiting\nmessage=nearly there\n\nusername=oauth2\npassword=abc\n\n"
      ])
    let run = try ProgramRun(["get"], in: folder, input: question)
    #expect(run.status == 0)
    #expect(run.output == "username=oauth2\npassword=abc\n")
    #expect(run.error.contains("  https://a.example/as\n"))
    #expect(run.error.contains("nearly there\n"))
  }

  @Test func withoutAnAgentAURLNobodyAnswersForIsSilent() throws {
    let folder = try ProgramFolder()
    let run = try ProgramRun(["get"], in: folder, input: question)
    #expect(run.status == 0)
    #expect(run.output.isEmpty)
    #expect(run.error.isEmpty)
  }

  @Test(arguments: ["store", "erase", "capability", "anything"])
  func otherOperationsOfGitAreQuiet(_ operation: String) throws {
    let folder = try ProgramFolder()
    let run = try ProgramRun(
      [operation], in: folder, as: "git-credential-sallyport", input: question + "password=x\n")
    #expect(run.status == 0)
    #expect(run.output.isEmpty)
    #expect(run.error.isEmpty)
  }

  @Test func eraseTellsTheAgent() throws {
    let folder = try ProgramFolder()
    let agent = try ScriptedAgent(at: folder.socket, ["\n"])
    let run = try ProgramRun(["erase"], in: folder, input: "host=h\npassword=abc\n")
    #expect(run.status == 0)
    #expect(agent.requests == ["action=erase\nhost=h\npassword=abc\n\n"])
  }
}
