import Glibc
import Platform
import Testing

@Suite("The service manager")
struct ServiceManagerTests {
  private let scratch: ScratchFolder

  init() throws { scratch = try ScratchFolder() }

  /// A datagram socket at `path`, whose first byte is NUL for an abstract one.
  private func receiver(at path: [UInt8]) throws -> Descriptor {
    let number = socket(
      AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    try #require(number >= 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + path.count)
    let bound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(number, $0, length) }
    }
    try #require(bound == 0)
    return Descriptor(owning: number)
  }

  private func received(_ receiver: borrowing Descriptor) -> String? {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = recv(receiver.number, &bytes, bytes.count, Int32(MSG_DONTWAIT))
    return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
  }

  @Test func isToldThroughASocketWithAPath() throws {
    let receiver = try receiver(at: Array(scratch("notify").utf8))
    ServiceManager.notify(
      "READY=1\nSTATUS=x", Environment(["NOTIFY_SOCKET": scratch("notify")]))
    let message = received(receiver)
    #expect(message == "READY=1\nSTATUS=x")
  }

  @Test func isToldThroughAnAbstractSocket() throws {
    let name = "sallyport-test-\(scratch.path.suffix(6))-\(getpid())"
    let receiver = try receiver(at: [0] + Array(name.utf8))
    ServiceManager.notify("READY=1", Environment(["NOTIFY_SOCKET": "@\(name)"]))
    let message = received(receiver)
    #expect(message == "READY=1")
  }

  @Test(arguments: [nil, "", "relative", "/no/such/socket", String(repeating: "/x", count: 200)])
  func isNotToldWhereItDoesNotListen(path: String?) {
    // Nothing to see but that it does not trap or wait.
    ServiceManager.notify(
      "READY=1", Environment(path.map { ["NOTIFY_SOCKET": $0] } ?? [:]))
  }

  @Test(arguments: [
    ["LISTEN_FDS": "1"], ["LISTEN_PID": "1", "LISTEN_FDS": "1"],
    ["LISTEN_PID": "", "LISTEN_FDS": "1"],
    ["LISTEN_PID": "SELF"], ["LISTEN_PID": "SELF", "LISTEN_FDS": "2"],
    ["LISTEN_PID": "SELF", "LISTEN_FDS": "0"], ["LISTEN_PID": "SELFx", "LISTEN_FDS": "1"],
  ])
  func aSocketIsTakenOnlyIfItIsMeantForThisProcess(variables: [String: String]) throws {
    let number = try listening()
    defer { close(number) }
    let own = variables.mapValues { $0.replacing("SELF", with: "\(getpid())") }
    let isNone = ServiceManager.inheritedListener(Environment(own), at: number) == nil
    #expect(isNone)
    #expect(fcntl(number, F_GETFL) & O_NONBLOCK == 0, "what is not taken is left alone")
  }

  @Test func aSocketHandedOverIsTakenAndNeverWaits() throws {
    let number = try listening()
    #expect(ServiceManager.firstDescriptor == 3)
    guard let listener = ServiceManager.inheritedListener(forThisProcess, at: number) else {
      Issue.record("it was not taken")
      return
    }
    #expect(listener.number == number)
    #expect(fcntl(number, F_GETFD) & FD_CLOEXEC != 0)
    try #require(fcntl(number, F_GETFL) & O_NONBLOCK != 0)
    let isNobody = try UnixSocket.accept(listener) == nil
    #expect(isNobody)
  }

  @Test func aFileIsNotTakenForASocket() throws {
    let file = try Descriptor.open("/dev/null", O_RDONLY)
    let isNone = ServiceManager.inheritedListener(forThisProcess, at: file.number) == nil
    #expect(isNone)
    let isClosed = ServiceManager.inheritedListener(forThisProcess, at: -1) == nil
    #expect(isClosed)
  }

  private var forThisProcess: Environment {
    Environment(["LISTEN_PID": "\(getpid())", "LISTEN_FDS": "1"])
  }

  /// A listening socket that waits in accept and outlives exec, as systemd hands it over.
  private func listening() throws -> Int32 {
    let number = try UnixSocket.listen(scratch("s"), backlog: 1).release()
    try #require(fcntl(number, F_SETFL, 0) == 0)
    try #require(fcntl(number, F_SETFD, 0) == 0)
    return number
  }
}
