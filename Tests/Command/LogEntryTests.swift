import Testing

@testable import Command

@Suite struct LogEntryTests {
  private let line =
    "time=0\tpid=7\taccount=work\taction=token\tverdict=given\tprogram=/usr/bin/git\tunit=a.service"
    + "\tscope=a b"

  @Test func aLineForAPerson() throws {
    #expect(
      try #require(LogEntry(line[...])).text
        == "1970-01-01T00:00:00Z  work  token  given  /usr/bin/git (process 7, a.service)"
        + "  scope a b")
  }

  @Test func aBoxIsWhatAProgramIsKnownBy() throws {
    let start = "time=0\taccount=w\tverdict=denied\tprogram=/app/bin/x\t"
    #expect(try #require(LogEntry(start + "flatpak=a.b.C")).text.hasSuffix("the Flatpak a.b.C"))
    #expect(try #require(LogEntry(start + "snap=x")).text.hasSuffix("the snap x"))
  }

  @Test func aCount() throws {
    let text = try #require(LogEntry("time=0\tcount=12\taccount=w\tverdict=given")).text
    #expect(text.hasSuffix("w  any  given  12 more times  programs that were not looked at"))
  }

  @Test(arguments: [
    "", "time=0", "time=x\taccount=w\tverdict=given", "time=0\taccount=w\tverd", "\t",
    "time=0\t\taccount=w\tverdict=given", "=a\ttime=0\taccount=w\tverdict=given",
  ])
  func whatIsNoLine(_ text: String) { #expect(LogEntry(text[...]) == nil) }

  @Test func unknownFieldsAreIgnoredAndNumbersAreNumbers() throws {
    var json = JSONText()
    try #require(LogEntry(line + "\tnew=1")).write(to: &json)
    let text = String(decoding: json.buffer.bytes, as: UTF8.self)
    #expect(
      text == #"{"time":0,"pid":7,"account":"work","action":"token","verdict":"given","#
        + #""program":"/usr/bin/git","unit":"a.service","scope":"a b"}"#)
  }
}

extension LogEntry {
  fileprivate init?(_ text: String) { self.init(text[...]) }
}
