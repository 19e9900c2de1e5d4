import Glibc
import Platform
import Testing

/// A named pipe couriers wait at.
final class Gate {
  private let pipe: Descriptor

  init(_ path: String) throws {
    try #require(mkfifo(path, 0o600) == 0)
    // Both ends at once, so that neither side waits for the other to open it.
    pipe = try Descriptor.open(path, O_RDWR)
  }

  /// Lets `count` couriers pass, now or when they come.
  func open(_ count: Int = 1) throws {
    try writeAll(pipe.number, String(repeating: "go\n", count: count))
  }
}

/// A named pipe at which the end of a courier is seen.
final class Life {
  private let pipe: Descriptor

  init(_ path: String) throws {
    try #require(mkfifo(path, 0o600) == 0)
    pipe = try Descriptor.open(path, O_RDONLY | O_NONBLOCK)
  }

  /// Waits until the courier has said that it lives.
  func waitForBeginning() throws { try #require(try read() == .bytes(5)) }

  /// Waits until the courier has ended.
  func waitForEnd() throws {
    while case let transfer = try read(), transfer != .closed { try #require(transfer.isBytes) }
  }

  private func read() throws -> Transfer {
    try #require(waitUntil(pipe.number, readyFor: POLLIN, milliseconds: 20_000))
    var bytes = [UInt8](repeating: 0, count: 16)
    return bytes.withUnsafeMutableBytes { readOnce(pipe.number, into: $0) }
  }
}

extension Transfer {
  fileprivate var isBytes: Bool {
    if case .bytes = self { return true }
    return false
  }
}
