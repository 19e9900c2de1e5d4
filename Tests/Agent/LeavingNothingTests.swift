import Glibc
import Platform
import Testing

@testable import Agent

/// Each in a process of its own, whose descriptors, children and pages are the agent's alone.
@Suite("What an agent leaves behind")
struct LeavingNothingTests {
  /// What the open descriptors of this process lead to.
  private static func descriptors() -> [Int: String] {
    var descriptors: [Int: String] = [:]
    for number in 0..<256 {
      var target = [UInt8](repeating: 0, count: 256)
      let count = readlink("/proc/self/fd/\(number)", &target, target.count)
      guard count > 0 else { continue }
      descriptors[number] = String(decoding: target[..<count], as: UTF8.self)
    }
    return descriptors
  }

  /// What has been opened since `before` and is still open.
  private static func opened(since before: [Int: String]) -> [String] {
    descriptors().filter { before[$0.key] != $0.value }.map { "\($0.key): \($0.value)" }
  }

  /// How many mappings of memfd_secret(2) this process has.
  private static func secretMappings() throws -> Int {
    let file = try Descriptor.open("/proc/self/maps", O_RDONLY)
    let text = String(decoding: try readAll(file.number, limit: 1 << 24), as: UTF8.self)
    return text.split(separator: "\n").count { $0.contains("/secretmem") }
  }

  @Test func manySignInsAndRefreshesLeaveNoDescriptorChildOrPage() async {
    await #expect(processExitsWith: .success) {
      var courier = ScriptedCourier(
        login: "alive all; signed_in 1 0", refresh: "alive all; signed_in 2",
        revoke: "alive all; say event=done revoked=yes")
      courier.keepsRecords = false
      let agent = try TestAgent(courier)
      let life = try agent.life("all")
      try agent.signIn()
      try life.waitForEnd()
      try agent.sync()
      let before = Self.descriptors()
      for _ in 1...100 { try agent.signIn() }
      let client = try agent.connect()
      for _ in 1...300 { #expect(try client.ask("action=refresh")["error"] == nil) }
      #expect(try client.ask("action=logout")["event"] == "done")
      client.finishSending()
      #expect(try client.isClosed())
      try life.waitForEnd()
      try agent.sync()
      let opened = Self.opened(since: before)
      #expect(opened.count == 1, "that of the client itself: \(opened)")
      let mappings = try Self.secretMappings()
      #expect(mappings <= 1, "\(mappings) mappings")
      let child = waitpid(-1, nil, WNOHANG)
      #expect(child == -1 && errno == ECHILD, "a child is left: \(child)")
      withExtendedLifetime(client) {}
    }
  }

  @Test func askersWhoLeaveLeaveNoCourier() async {
    await #expect(processExitsWith: .success) {
      var courier = ScriptedCourier(login: "authorize; await never")
      courier.keepsRecords = false
      let agent = try TestAgent(courier)
      let never = try agent.gate("never")
      let before = Self.descriptors()
      for _ in 1...50 {
        let client = try agent.connect()
        #expect(try client.ask("action=login")["event"] == "authorize")
      }
      try agent.sync()
      let opened = Self.opened(since: before)
      #expect(opened == [], "\(opened)")
      let child = waitpid(-1, nil, WNOHANG)
      #expect(child == -1 && errno == ECHILD, "a child is left: \(child)")
      withExtendedLifetime(never) {}
    }
  }

  @Test func clientsWhoLeaveLeaveNoDescriptor() async {
    await #expect(processExitsWith: .success) {
      let agent = try TestAgent()
      let before = Self.descriptors()
      for number in 1...1000 {
        let client = try agent.connect()
        try client.send(["", "action=", "action=version\n\n", "\u{0}\n"][number % 4])
      }
      try agent.sync()
      let opened = Self.opened(since: before)
      #expect(opened == [], "\(opened)")
    }
  }
}
