import Attributes
import Testing

@testable import Command

@Suite struct StatusTests {
  private func report(_ lines: String) throws -> StatusReport {
    StatusReport(accounts: [try withBlock(lines) { AccountStatus($0) }])
  }

  @Test func anAccountIsDescribed() throws {
    let report = try report(
      """
      account=work
      state=signed-in
      username=alice
      scope=openid
      expires_in=3540
      refreshable=no
      last_error=the server is away
      last_error_at=940
      credential_url[]=https://git.example.com
      hint=sallyport login work

      """)
    #expect(
      report.text(now: 1000) == """
        work: signed in as alice
          scope     openid
          token     valid for 59 min, cannot be refreshed
          answers   https://git.example.com
          error     the server is away (60 s ago)
          try       sallyport login work

        """)
  }

  @Test(arguments: [
    ("lifetime_ends_at=8200\n", "in 2 h"), ("idle_ends_at=2800\n", "in 30 min if it is not used"),
    ("lifetime_ends_at=8200\nidle_ends_at=2800\n", "in 2 h, or in 30 min if it is not used"),
  ])
  func theEndOfASessionIsShown(_ lines: String, _ words: String) throws {
    let report = try report("account=work\nstate=signed-in\n" + lines)
    #expect(report.text(now: 1000) == "work: signed in\n  ends      \(words)\n")
  }

  @Test func whatIsSpecialAboutATokenIsSaid() throws {
    let report = try report(
      """
      account=mcp
      state=signed-in
      client_id=r-1
      registered=yes
      token_type=DPoP
      dpop_bound=yes
      resource[]=https://a.example/
      resource[]=urn:b
      narrowed=2
      expires_in=300

      """)
    #expect(
      report.text(now: 0) == """
        mcp: signed in
          client    r-1 (registered here)
          resource  https://a.example/
          resource  urn:b
          token     valid for 5 min, good only with a proof (DPoP)
          narrower  2 tokens for less than that

        """)
    #expect(
      text(report.json()) == #"{"agent":null,"accounts":[{"account":"mcp","state":"signed-in","#
        + #""client_id":"r-1","token_type":"DPoP","dpop_bound":true,"expires_in":300,"#
        + #""credential_url":[],"resource":["https://a.example/","urn:b"],"registered":true,"#
        + #""narrowed":2}]}"# + "\n")
  }

  @Test(arguments: [("narrowed=0\n", nil), ("narrowed=1\n", "one token for less than that")])
  func narrowerTokensAreCounted(_ line: String, _ words: String?) throws {
    let lines = try report("account=a\nstate=signed-in\n" + line).text(now: 0)
    #expect(lines.contains("narrower") == (words != nil))
    if let words { #expect(lines.contains(words)) }
  }

  @Test func aRefreshIsNotSaidTwice() throws {
    let report = try report(
      "account=a\nstate=signed-in\nobtained_at=40\nlast_refresh_at=40\n")
    #expect(report.text(now: 40) == "a: signed in\n  refreshed just now\n")
    let fresh = try self.report("account=a\nstate=signed-in\nobtained_at=40\n")
    #expect(fresh.text(now: 45) == "a: signed in\n  obtained  5 s ago\n")
  }

  @Test func textFromElsewhereCannotMoveTheCursor() throws {
    let report = try report(
      "account=work\nstate=signed-in\nsub=\u{1b}[2J\u{202E}x\nlast_error=\u{9b}1m\n")
    let text = report.text(now: 0)
    #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0.value == 0x9B })
    #expect(!text.contains("\u{202E}"))
  }

  @Test func aClockThatWasSetIsNoTrap() throws {
    let report = try report(
      "account=a\nstate=expired\nobtained_at=\(Int64.min)\nnext_refresh_at=-5\n")
    #expect(report.text(now: Int64.max).contains("a: signed in, but the token has expired"))
  }

  @Test func machinesGetTheNamesOfTheProtocol() throws {
    var report = try report(
      "account=work\nstate=signed-in\nexpires_at=5\nrefreshable=yes\ncredential_url[]=https://g.example\n"
    )
    #expect(
      text(report.json()) == """
        {"agent":null,"accounts":[{"account":"work","state":"signed-in","expires_at":5,\
        "refreshable":true,"credential_url":["https://g.example"]}]}

        """)
    report.agent = try withBlock("event=done\nversion=1\npid=7\nvault=memory\nmemory_guard=mlock\n")
    {
      AgentStatus($0)
    }
    #expect(
      text(report.json()).hasPrefix(
        #"{"agent":{"version":"1","pid":7,"vault":"memory","memory_guard":"mlock"},"#))
  }

  @Test func whatConcernsTheAgentIsRemarked() throws {
    var report = StatusReport()
    #expect(report.remarks == ["no agent is running, so nobody is signed in"])
    report.agent = try withBlock("version=\(sallyportVersion)\nmemory_guard=memfd_secret\n") {
      AgentStatus($0)
    }
    #expect(report.remarks.isEmpty)
    report.agent = try withBlock("version=0.0.1\nmemory_guard=plain\nconfig_error=line 3: x\n") {
      AgentStatus($0)
    }
    #expect(report.remarks.count == 3)
  }

  @Test func aFindingIsOneLineAndItsMendingAnother() {
    #expect(Finding.fine("all is well").text == "ok       all is well\n")
    #expect(
      Finding.problem("it is broken", hint: "mend it").text
        == "problem  it is broken\n         try: mend it\n")
  }
}
