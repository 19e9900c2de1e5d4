import Attributes
import Configuration
import Testing

@testable import Command

@Suite struct ExposeTests {
  @Test(
    arguments: [
      ("45s", 45), ("30m", 1800), ("8h", 28_800), ("2d", 172_800), ("90", 90), ("0s", 0),
    ] as [(String, Int64)])
  func aLengthOfTimeIsUnderstood(_ text: String, _ seconds: Int64) {
    #expect(LengthOfTime.seconds(text) == seconds)
  }

  @Test(arguments: [
    "", "h", "8 h", "8H", "1w", "-1h", "+1h", "1.5h", "1h30m", "٣h", "9223372036854775807d",
    "99999999999999999999",
  ])
  func whatIsNoLengthOfTimeIsNone(_ text: String) {
    #expect(LengthOfTime.seconds(text) == nil)
  }

  private func status(_ more: String) throws -> StatusReport {
    var report = StatusReport(
      accounts: [try withBlock("account=work\nstate=signed-in\n") { AccountStatus($0) }])
    report.exposures = [
      try withBlock("event=exposed\naccount=work\nsocket=/b/s\n" + more) { ExposureStatus($0) }
    ]
    return report
  }

  @Test(arguments: [
    ("expires_in=7200\nused=0\n", "/b/s for 2 h; not used yet"),
    ("expires_in=60\nscope=a b\nused=1\n", "/b/s for 60 s; scope a b; used once"),
    (
      "resource[]=urn:r\naudience[]=x\nallow_uid[]=0\nused=2\n",
      "/b/s; resource urn:r; audience x; user 0 too; used 2 times"
    ),
  ])
  func aNarrowSocketIsARowOfItsAccount(_ lines: String, _ words: String) throws {
    let text = try status(lines).text(now: 0)
    #expect(text == "work: signed in\n  exposed   \(words)\n")
  }

  @Test func machinesGetNarrowSocketsBesideTheAccounts() throws {
    var report = try status("scope=a\nallow_uid[]=0\nexpires_at=9\nexpires_in=5\nused=2\n")
    report.agent = try withBlock("event=done\nversion=1\n") { AgentStatus($0) }
    #expect(
      text(report.json()).hasSuffix(
        #""exposed":[{"account":"work","socket":"/b/s","scope":"a","allow_uid":["0"],"#
          + #""expires_at":9,"expires_in":5,"used":2}]}"# + "\n"))
    report.exposures = []
    #expect(text(report.json()).hasSuffix(#""exposed":[]}"# + "\n"))
  }

  @Test func textFromElsewhereCannotMoveTheCursor() throws {
    let text = try status("scope=\u{1b}[2J\nused=0\n").text(now: 0)
    #expect(!text.contains("\u{1b}"))
  }
}
