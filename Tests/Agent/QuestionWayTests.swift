import Configuration
import Platform
import Testing

@testable import Agent

@Suite struct QuestionWayTests {
  private func ways(_ variables: [String: String], _ asker: Asker = makeAsker()) throws
    -> [QuestionWay]
  {
    let subject = Question.Subject(account: try accountName("work"), asker: asker, action: .token)
    return QuestionWay.all(for: subject, seconds: 60) { variables[$0] }
  }

  @Test func aNotificationComesFirst() throws {
    let scratch = try ScratchFolder()
    try scratch.write("notify-send", "#!/bin/sh\n", mode: 0o700)
    let ways = try ways(["PATH": scratch.path, "SSH_ASKPASS": "/bin/sh"])
    #expect(ways.map(\.program) == [scratch("notify-send"), "/bin/sh"])
    #expect(
      ways[0].arguments.suffix(3)
        == [
          "--", "May a program use work?",
          "Allow /usr/bin/git (process 7) to use the account work?",
        ])
    #expect(
      ways[1].arguments == ["/bin/sh", "Allow /usr/bin/git (process 7) to use the account work?"])
  }

  @Test func theVariableOfThisProgramWins() throws {
    let variables = ["PATH": "", "SALLYPORT_ASKPASS": "/bin/sh", "SSH_ASKPASS": "/bin/ls"]
    #expect(try ways(variables).map(\.program) == ["/bin/sh"])
    #expect(try ways(["PATH": "", "SSH_ASKPASS": "/nonexistent"]).isEmpty)
    #expect(try ways(["PATH": ""]).isEmpty)
  }

  @Test func noPathIsMarkup() throws {
    let scratch = try ScratchFolder()
    try scratch.write("notify-send", "#!/bin/sh\n", mode: 0o700)
    let ways = try ways(["PATH": scratch.path], makeAsker("/a<b>&c"))
    #expect(ways[0].arguments.last?.contains("/a&lt;b&gt;&amp;c") == true)
  }

  private func answer(
    _ kind: QuestionWay.Kind, _ status: Int32?, _ output: String
  ) -> QuestionWay.Answer {
    QuestionWay(kind: kind, program: "/x", arguments: []).answer(status: status, output)
  }

  @Test func notifications() {
    #expect(answer(.notification, 0, "allow\n") == .yes)
    #expect(answer(.notification, 0, "a warning\nallow\n") == .yes)
    #expect(answer(.notification, 0, "deny\n") == .no)
    #expect(answer(.notification, 0, "") == .no)
    for (status, output) in [(0, "not supported\n"), (1, "allow\n"), (nil, "allow\n"), (1, "")]
      as [(Int32?, String)]
    {
      #expect(answer(.notification, status, output) == .none)
    }
  }

  @Test func askpass() {
    for output in ["", "\n", "yes\n", "Yes", "YES\n"] {
      #expect(answer(.askpass, 0, output) == .yes)
    }
    for output in ["no\n", "y", "yes no", " "] { #expect(answer(.askpass, 0, output) == .no) }
    #expect(answer(.askpass, 1, "yes\n") == .no)
    for status in [nil, 126, 127] as [Int32?] { #expect(answer(.askpass, status, "") == .none) }
  }
}
