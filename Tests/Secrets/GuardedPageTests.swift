import Glibc
import Testing

@testable import Secrets

/// What the kernel says of the pages.
@Suite("The pages of secrets")
struct GuardedPageTests {
  private let pool = SecretPool()

  /// The flags of the mapping that holds `address`, from `/proc/self/smaps` (proc_pid_smaps(5)).
  private static func flags(of address: UnsafeRawPointer?) throws -> [Substring] {
    let address = try #require(address)
    let text = try contents(of: "/proc/self/smaps")
    var isInside = false
    for line in text.split(separator: "\n") {
      let range = line.prefix { $0 != " " }.split(separator: "-").compactMap { UInt($0, radix: 16) }
      if range.count == 2 {
        isInside = range[0] <= UInt(bitPattern: address) && UInt(bitPattern: address) < range[1]
      } else if isInside, line.hasPrefix("VmFlags:") {
        return line.split(separator: " ").dropFirst().map { $0 }
      }
    }
    return []
  }

  private static func contents(of path: String) throws -> String {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    try #require(file >= 0)
    defer { close(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 * 1024)
    while case let count = read(file, &chunk, chunk.count), count > 0 { bytes += chunk[..<count] }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func areLeftOutOfCoreFiles() throws {
    let secret = pool.secret("token")
    let flags = try Self.flags(of: secret.place())
    #expect(flags.contains("dd"), "\(flags)")
  }

  @Test func areNeverSwappedWhereTheGuardSaysSo() throws {
    let secret = pool.secret("token")
    let flags = try Self.flags(of: secret.place())
    #expect(flags.contains("lo") == (pool.weakestGuard != .wipedOnly), "\(flags)")
  }

  @Test func cannotBeReadThroughProcWhereTheGuardSaysSo() throws {
    let secret = pool.secret("token")
    let place = secret.place()
    let memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC)
    try #require(memory >= 0)
    defer { close(memory) }
    var copy = [UInt8](repeating: 0, count: 5)
    let count = pread(memory, &copy, copy.count, off_t(UInt(bitPattern: place)))
    if pool.weakestGuard == .memfdSecret {
      #expect(count == -1)
      #expect(copy == [0, 0, 0, 0, 0])
    } else {
      #expect(count == 5)
    }
  }

  @Test func fallBackToPlainOnesPastTheLimitOfLockedMemory() async {
    await #expect(processExitsWith: .success) {
      // Root may lock as much as it likes; another user only what RLIMIT_MEMLOCK allows.
      if geteuid() == 0 { #expect(seteuid(65_534) == 0) }
      var none = rlimit(rlim_cur: 0, rlim_max: 0)
      #expect(setrlimit(__rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue), &none) == 0)
      let pool = SecretPool()
      #expect(pool.weakestGuard == .wipedOnly)
      let secret = pool.secret("token")
      let place = secret.place()
      let held = try bytes(at: place, count: 5)
      #expect(held == Array("token".utf8))
      // Root again, for a look at the process's own mappings.
      _ = seteuid(getuid())
      let flags = try Self.flags(of: place)
      #expect(flags.contains("dd") && !flags.contains("lo"), "\(flags)")
      _ = consume secret
      let left = try bytes(at: place, count: 5)
      #expect(left == [0, 0, 0, 0, 0])
    }
  }
}
