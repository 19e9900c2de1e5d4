import Attributes
import Testing

@testable import Agent

@Suite("The command line of sallyport-agent")
struct AgentOptionsTests {
  private func mode(_ arguments: [String]) throws -> String {
    switch try AgentOptions(parsing: arguments).mode {
    case .serve(.person): "serve a person"
    case .serve(.client): "serve a client"
    case .help: "help"
    case .version: "version"
    }
  }

  @Test(
    arguments: [
      ([], "serve a person"), (["--foreground"], "serve a person"),
      (["--started-by-client"], "serve a client"), (["--help"], "help"), (["-h"], "help"),
      (["help"], "help"), (["--version"], "version"), (["version"], "version"),
    ] as [([String], String)])
  func isUnderstood(arguments: [String], meaning: String) throws {
    #expect(try mode(arguments) == meaning)
  }

  @Test(arguments: [["--nonsense"], ["--foreground", "x"], [""], ["-v"], ["\u{1B}[2J"]])
  func anythingElseIsRefused(arguments: [String]) throws {
    let failure = #expect(throws: Failure.self) { try mode(arguments) }
    #expect(failure?.code == .invalidRequest)
    #expect(failure?.hint == "sallyport-agent --help")
    #expect(failure?.description.utf8.allSatisfy { $0 >= 0x20 } == true)
  }
}
