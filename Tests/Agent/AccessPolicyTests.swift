import Configuration
import Platform
import Testing

@testable import Agent

/// A program at a path, asked as process 7.
func makeAsker(
  _ path: String? = "/usr/bin/git", isFileAtPath: Bool = true, unit: SystemdUnit? = nil,
  sandbox: Sandbox = .none
) -> Asker {
  .known(
    PeerIdentity(
      process: 7, user: 1000,
      executable: path.map { .init(path: $0, isFileAtPath: isFileAtPath) }, unit: unit,
      sandbox: sandbox, starters: [], certainty: .pinned))
}

@Suite struct AccessPolicyTests {
  private func policy(_ settings: KeyValuePairs<String, String>) throws -> AccessPolicy? {
    AccessPolicy(try makeSection(settings))
  }

  @Test func withoutAKeyThereIsNone() throws {
    #expect(try policy([:]) == nil)
    #expect(try policy(["confirm": "never"]) == nil)
  }

  @Test func allowIsOneListOfAllItsLines() throws {
    let policy = try #require(try policy(["allow": "/a, unit:b.service", "allow": "snap:c"]))
    #expect(policy.allowed == [.executable("/a"), .unit("b.service"), .snap("c")])
    #expect(policy.confirmation == .never)
    #expect(policy.allows(makeAsker("/a"), of: 1000))
    #expect(!policy.allows(makeAsker("/b"), of: 1000))
    #expect(!policy.allows(.unknown(.gone), of: 1000))
  }

  @Test func confirmAloneAllowsEverybody() throws {
    let policy = try #require(try policy(["confirm": "first"]))
    #expect(policy.confirmation == .first)
    #expect(policy.allows(makeAsker("/b"), of: 1000))
    #expect(policy.allows(.unknown(.gone), of: 1000))
  }

  @Test func aListThatCannotBeReadAllowsNobody() throws {
    let policy = try #require(try policy(["allow": "git"]))
    #expect(!policy.allows(makeAsker("/usr/bin/git"), of: 1000))
  }
}

@Suite struct AskerTests {
  @Test func aProgramIsKnownByItsPath() {
    let unit = SystemdUnit(name: "a.service", manager: .user(1000))
    #expect(makeAsker(unit: unit).description == "/usr/bin/git (process 7, a.service)")
    #expect(makeAsker().rule == "/usr/bin/git")
  }

  @Test func aBoxIsKnownByItsName() {
    let asker = makeAsker(sandbox: .flatpak("a.b.C"))
    #expect(asker.description == "the Flatpak a.b.C (process 7)")
    #expect(asker.rule == "flatpak:a.b.C")
    #expect(makeAsker(sandbox: .snap("x")).rule == "snap:x")
  }

  @Test("what cannot be told from another is never remembered")
  func noRule() {
    for asker in [
      makeAsker(nil), makeAsker(isFileAtPath: false), makeAsker(sandbox: .unknown),
      makeAsker("/a,b"), .unknown(.gone),
    ] { #expect(asker.rule == nil) }
  }

  @Test func aPathCannotForgeALine() {
    #expect(makeAsker("/a\n\u{1B}[1m\u{202E}b").name == "/a  [1m b")
    #expect(makeAsker("/" + String(repeating: "a", count: 9000)).name.count < 250)
  }
}
