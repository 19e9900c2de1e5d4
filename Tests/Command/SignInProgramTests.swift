import Glibc
import Testing

@testable import Command

@Suite(.enabled(if: ProgramRun.program != nil)) struct SignInProgramTests {
  @Test func noBrowserPrintsTheURLAloneOnStandardOutput() throws {
    let folder = try ProgramFolder()
    let agent = try ScriptedAgent(
      at: folder.socket,
      [
        "event=authorize\nurl=https://a.example/as?x=1\nredirect_uri=http://localhost:3000/c\n\n"
          + "event=done\naccount=work\nexpires_in=600\nrefreshable=yes\n\n"
      ])
    let run = try ProgramRun(
      [
        "login", "work", "--no-browser", "--issuer", "https://a.example", "--authorize",
        "prompt=none",
      ],
      in: folder)
    #expect(run.status == 0)
    #expect(run.output == "https://a.example/as?x=1\n")
    #expect(run.error.contains("signed in to work; the token is valid for 10 min"))
    #expect(
      agent.requests == [
        "action=login\naccount=work\nbrowser=no\nissuer=https://a.example\nauthorize.prompt=none\n\n"
      ])
    #expect(
      try folder.read(".config/sallyport/config")
        == "[work]\nissuer           = https://a.example\nauthorize.prompt = none\n")
  }

  @Test func aResourceIsAskedAndSavedUnderItsHost() throws {
    let folder = try ProgramFolder()
    let agent = try ScriptedAgent(
      at: folder.socket, ["event=done\naccount=mcp.example\nclient_id=r-1\n\n"])
    let run = try ProgramRun(["login", "https://mcp.example/mcp"], in: folder)
    #expect(run.status == 0)
    #expect(run.output.isEmpty)
    let path = "\(folder.path)/.config/sallyport/config"
    #expect(
      run.error == "signed in to mcp.example\nregistered at the server as client r-1, which"
        + " sallyport logout mcp.example --all deletes\n"
        + "saved under the name mcp.example in \(path): sallyport token mcp.example\n")
    #expect(
      agent.requests == [
        "action=login\naccount=mcp.example\nbrowser=yes\nresource_url=https://mcp.example/mcp\n"
          + "resource[]=https://mcp.example/mcp\n\n"
      ])
    #expect(
      try folder.read(".config/sallyport/config")
        == "[mcp.example]\nresource = https://mcp.example/mcp\n")
  }

  @Test(arguments: [[], ["--no-browser"]])
  func aDeviceIsShownOnStandardError(_ options: [String]) throws {
    let folder = try ProgramFolder()
    let agent = try ScriptedAgent(
      at: folder.socket,
      [
        "event=device\nuser_code=BCDF-GHJK\nverification_uri=https://a.example/device\n"
          + "expires_in=600\n\nevent=waiting\nmessage=still waiting\n\n"
          + "event=done\naccount=work\n\n"
      ])
    let run = try ProgramRun(
      ["login", "work", "--device"] + options, in: folder, environment: ["BROWSER=false"])
    #expect(run.status == 0)
    #expect(run.output == (options.isEmpty ? "" : "https://a.example/device\n"))
    #expect(run.error.contains("  https://a.example/device\n"))
    #expect(run.error.contains("  BCDF-GHJK\n"))
    #expect(run.error.contains("still waiting\n"))
    #expect(!run.error.contains("ended with status"))
    #expect(agent.requests == ["action=login\naccount=work\ndevice=yes\nbrowser=no\n\n"])
  }

  @Test(arguments: ["--no-save", "--once"])
  func nothingIsSavedWhenNothingIsToBeKept(_ option: String) throws {
    let folder = try ProgramFolder()
    _ = try ScriptedAgent(
      at: folder.socket, ["event=done\naccount=work\naccess_token=abc\ntoken_type=Bearer\n\n"])
    let run = try ProgramRun(
      ["login", "work", option, "--issuer", "https://a.example"], in: folder)
    #expect(run.status == 0)
    #expect(run.output == (option == "--once" ? "abc\n" : ""))
    #expect(access(folder.path + "/.config", F_OK) != 0)
  }

  @Test func aSignInThatFailedSavesNothing() throws {
    let folder = try ProgramFolder()
    _ = try ScriptedAgent(
      at: folder.socket, ["error=access_denied\nerror_description=the server said no\n\n"])
    let run = try ProgramRun(["login", "work", "--issuer", "https://a.example"], in: folder)
    #expect(run.status == 4)
    #expect(access(folder.path + "/.config", F_OK) != 0)
  }

  @Test func anUnfitURLIsNeitherShownNorOpened() throws {
    let folder = try ProgramFolder()
    _ = try ScriptedAgent(
      at: folder.socket, ["event=authorize\nurl=javascript:alert(1)\nredirect_uri=x:/y\n\n"])
    let run = try ProgramRun(["login", "work"], in: folder)
    #expect(run.status == 1)
    #expect(!run.error.contains("javascript"))
  }

  @Test func aBrowserIsStartedWithTheURL() throws {
    let folder = try ProgramFolder()
    _ = try ScriptedAgent(
      at: folder.socket,
      [
        "event=authorize\nurl=https://a.example/as?x=$(id)\nredirect_uri=http://localhost:3000/c\n\n"
          + "event=done\naccount=work\n\n"
      ])
    mkfifo(folder.path + "/seen", 0o600)
    // A FIFO: the test waits for the browser, which outlives the command.
    let script = #"echo "$2" > "$1""#
    let run = try ProgramRun(
      ["login", "work"], in: folder,
      environment: ["BROWSER=nowhere:sh -c '\(script)' x \(folder.path)/seen %s"])
    #expect(run.status == 0)
    #expect(run.output.isEmpty)
    #expect(try folder.read("seen") == "https://a.example/as?x=$(id)\n")
  }
}
