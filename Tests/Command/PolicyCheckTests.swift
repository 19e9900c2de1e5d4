import Configuration
import Testing

@testable import Command

@Suite struct PolicyCheckTests {
  private func findings(
    _ settings: KeyValuePairs<String, String>, _ variables: [String: String] = [:]
  ) throws -> [Finding] {
    let name = try #require(AccountName("work"))
    let settings = settings.map { Setting(key: $0.key, value: $0.value) }
    return PolicyCheck.findings(AccountSettings(name: name, settings: settings)) { variables[$0] }
  }

  @Test func nothingIsSaidOfWhatIsRight() throws {
    #expect(try findings([:]).isEmpty)
    #expect(try findings(["confirm": "never", "allow": "unit:a.service, snap:x"]).isEmpty)
  }

  @Test func aProgramThatIsNotThere() throws {
    let found = try findings(["allow": "/nonexistent/a, unit:x.service", "allow": "/nonexistent/b"])
    #expect(found.map(\.weight) == [.warning, .warning])
    #expect(found[1].sentence.contains("/nonexistent/b, and nothing can be found there"))
  }

  @Test func nobodyCanBeAsked() throws {
    #expect(try findings(["confirm": "first"], ["PATH": "/nonexistent"])[0].weight == .problem)
    let missing = try findings(
      ["confirm": "first"], ["PATH": "/nonexistent", "SSH_ASKPASS": "/nonexistent/askpass"])
    #expect(missing[0].weight == .warning)
    let there = try findings(["confirm": "always"], ["PATH": "", "SALLYPORT_ASKPASS": "/bin/sh"])
    #expect(there == [.fine("a person is asked about work by /bin/sh")])
  }
}
