import Glibc
import Testing

@testable import Command

@Suite(.enabled(if: ProgramRun.program != nil)) struct ProgramTests {
  @Test func aTokenIsPrintedAlone() throws {
    let folder = try ProgramFolder()
    let agent = try ScriptedAgent(
      at: folder.socket, ["account=work\naccess_token=abc\ntoken_type=Bearer\nwarning[]=short\n\n"])
    let run = try ProgramRun(["token", "work", "--min-valid=90"], in: folder)
    #expect(run.status == 0)
    #expect(run.output == "abc\n")
    #expect(run.error == "warning: short\n")
    #expect(agent.requests == ["action=token\naccount=work\nmin_valid=90\n\n"])
  }

  @Test func refreshTellsWhatItHasCost() throws {
    let folder = try ProgramFolder()
    let agent = try ScriptedAgent(
      at: folder.socket, ["account=work\nexpires_in=600\nwarning=less than before\n\n"])
    let run = try ProgramRun(["refresh", "work"], in: folder)
    #expect(run.status == 0)
    #expect(
      run.error == "refreshed work; the token is valid for 10 min\nwarning: less than before\n")
    #expect(agent.requests == ["action=refresh\naccount=work\n\n"])
  }

  @Test func aProofIsPrintedBesideTheToken() throws {
    let folder = try ProgramFolder()
    let agent = try ScriptedAgent(
      at: folder.socket,
      ["account=work\naccess_token=abc\ntoken_type=DPoP\ndpop=h.p.s\n\n"])
    let run = try ProgramRun(
      [
        "token", "work", "--format", "header", "--method", "GET", "--url", "https://a.example/me",
      ], in: folder)
    #expect(run.status == 0)
    #expect(run.output == "Authorization: DPoP abc\nDPoP: h.p.s\n")
    #expect(run.error.isEmpty)
    #expect(
      agent.requests == ["action=token\naccount=work\nmethod=GET\nurl=https://a.example/me\n\n"])
  }

  @Test(arguments: [("header", 2), ("headers", 2), ("xoauth2", 1), ("plain", 0), ("env", 0)])
  func aBoundTokenIsNeverPassedOffAsAnother(_ format: String, _ status: Int32) throws {
    let folder = try ProgramFolder()
    _ = try ScriptedAgent(
      at: folder.socket, ["account=work\naccess_token=abc\ntoken_type=DPoP\nusername=a\n\n"])
    let run = try ProgramRun(["token", "work", "--format", format], in: folder)
    #expect(run.status == status)
    #expect(run.output.isEmpty == (status != 0))
    #expect(run.error.contains("DPoP"))
  }

  @Test func theServerIsAskedWhoIsSignedIn() throws {
    let folder = try ProgramFolder()
    let info = [
      "event=done", "account=work", "sub=42", "claim.name=Ada \u{1b}[2JL", "claim.sub=42",
      #"userinfo={"sub":"42","name":"Ada \#u{202E}L"}"#, "", "",
    ].joined(separator: "\n")
    let status = "account=work\nstate=signed-in\n\nevent=done\nversion=0.1.0\n\n"
    let agent = try ScriptedAgent(at: folder.socket, [info, status, info, status])
    let run = try ProgramRun(["status", "--userinfo"], in: folder)
    #expect(run.status == 0)
    #expect(
      run.output == "work: signed in\n  userinfo\n    sub   42\n    name  Ada  [2JL\n")
    let json = try ProgramRun(["status", "work", "--userinfo", "--json"], in: folder)
    #expect(json.output.contains(#""userinfo":{"sub":"42","name":"Ada \u202eL"}}"#))
    #expect(agent.requests.first == "action=userinfo\n\n")
    #expect(agent.requests[1] == "action=status\naccount=work\n\n")
  }

  @Test func aLogoutOpensTheBrowserAndSaysWhatItCouldNotDo() throws {
    let folder = try ProgramFolder()
    let agent = try ScriptedAgent(
      at: folder.socket,
      [
        "event=end-session\naccount=work\nurl=http://127.0.0.1:4711/once\n\n"
          + "event=done\naccount[]=work\nrevoked[]=work\nwarning[]=work: not deleted\n\n"
      ])
    mkfifo(folder.path + "/seen", 0o600)
    let run = try ProgramRun(
      ["logout", "work", "--all", "--browser"], in: folder,
      environment: ["BROWSER=sh -c 'echo \"$2\" > \"$1\"' x \(folder.path)/seen %s"])
    #expect(run.status == 1)
    #expect(run.output.isEmpty)
    #expect(run.error.contains("the browser opens to end the session of work"))
    #expect(run.error.hasSuffix("revoked its tokens\nwarning: work: not deleted\n"))
    #expect(try folder.read("seen") == "http://127.0.0.1:4711/once\n")
    #expect(agent.requests == ["action=logout\naccount=work\nall=yes\nbrowser=yes\n\n"])
  }

  @Test func aPlainLogoutIsDoneWhateverTheServerSays() throws {
    let folder = try ProgramFolder()
    _ = try ScriptedAgent(
      at: folder.socket, ["event=done\naccount[]=work\nwarning[]=work: not revoked\n\n"])
    let run = try ProgramRun(["logout", "work"], in: folder)
    #expect(run.status == 0)
    #expect(run.error == "signed out of work\nwarning: work: not revoked\n")
  }

  @Test func whatAStopLosesIsSaidAndItStopsAllTheSame() throws {
    let folder = try ProgramFolder()
    let agent = try ScriptedAgent(
      at: folder.socket, ["event=done\nwarning[]=1 session is lost\n\n"])
    let run = try ProgramRun(["stop"], in: folder)
    #expect(run.status == 0)
    #expect(run.output.isEmpty)
    #expect(run.error == "warning: 1 session is lost\nthe agent has stopped\n")
    #expect(agent.requests == ["action=stop\n\n"])
  }

  @Test(
    arguments: [
      ([], 2), (["nope"], 2), (["token", "--nope"], 2), (["token", "a b"], 2), (["\u{FF}"], 2),
      (["callback", "x"], 2), (["callback", "https://a.example/?code=x"], 1), (["stop"], 0),
      (["logout"], 0), (["status"], 0), (["status", "work"], 1), (["help"], 0), (["version"], 0),
      (["help", "login"], 0), (["help", "nope"], 2), (["completion", "bash"], 0),
      (["completion", "tcsh"], 2), (["login", "--once", "--format", "xml"], 2),
      (["login", "--format", "json"], 2), (["logout", "--all", "work"], 0), (["-h"], 0),
      (["--version"], 0), (["login"], 2), (["logout", "--local", "--browser"], 2),
      (["status", "--userinfo"], 3), (["token", "--method", "GET"], 2),
      (["token", "--url", "https://a.example", "--method", "GET"], 2),
      (["login", "http://mcp.example/"], 2), (["login", "mcp.example/x"], 2),
      (["login", "work", "--once", "--dpop-bound-access-tokens"], 2),
    ] as [([String], Int32)])
  func everyEndHasItsStatusAndAClearLine(_ arguments: [String], _ status: Int32) throws {
    let run = try ProgramRun(arguments, in: ProgramFolder())
    #expect(run.status == status)
    if status != 0 {
      #expect(run.output.isEmpty)
      #expect(run.error.hasPrefix("sallyport: "))
      #expect(run.error.split(separator: "\n").count <= 2)
    }
  }

  @Test func aConfigurationThatCannotBeReadIsNamed() throws {
    let folder = try ProgramFolder()
    mkdir(folder.path + "/.config", 0o700)
    mkdir(folder.path + "/.config/sallyport", 0o700)
    try folder.write("[work]\nisuer = hunter2\n", to: ".config/sallyport/config")
    let run = try ProgramRun(["login", "work"], in: folder)
    #expect(run.status == 1)
    #expect(
      run.error
        == "sallyport: \(folder.path)/.config/sallyport/config, line 2: "
        + "there is no key isuer; did you mean issuer?\n")
    #expect(try ProgramRun(["doctor"], in: folder).status == 1)
  }
}
