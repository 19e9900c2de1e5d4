import Testing

@testable import Command

@Suite struct CompletionTests {
  @Test(arguments: ShellCompletion.shells)
  func everyVerbAndOptionIsCompleted(_ shell: String) throws {
    let script = try #require(ShellCompletion.script(for: shell))
    for verb in Verbs.all {
      #expect(script.contains(verb.name))
      for option in verb.options {
        #expect(script.contains(shell == "fish" ? "-l \(option.name)" : "--\(option.name)"))
      }
    }
    for format in TokenFormat.allCases { #expect(script.contains(format.rawValue)) }
  }

  @Test func anotherShellIsNotKnown() {
    #expect(ShellCompletion.script(for: "tcsh") == nil)
    #expect(ShellCompletion.script(for: "") == nil)
  }

  @Test func quotesInHelpEndNoString() throws {
    // Every line of the zsh script has its single quotes in pairs.
    let script = try #require(ShellCompletion.script(for: "zsh"))
    for line in script.split(separator: "\n") where line.contains("[") && line.contains("'--") {
      #expect(line.filter { $0 == "'" }.count % 2 == 0, "\(line)")
    }
  }
}
