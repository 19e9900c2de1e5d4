import CPlatform
import Glibc

/// An open file descriptor, closed when the value ends.
package struct Descriptor: ~Copyable, Sendable {
  /// The number, for calls that need it; it is valid as long as the value.
  package let number: Int32

  /// Takes over an open descriptor.
  package init(owning number: Int32) { self.number = number }

  deinit { close(number) }

  /// Gives up the descriptor without closing it.
  package consuming func release() -> Int32 {
    let number = number
    discard self
    return number
  }

  /// Opens a file; close-on-exec. The corresponding C function is `open`.
  package static func open(
    _ path: String, _ flags: Int32, mode: UInt32 = 0
  ) throws(SystemError) -> Descriptor {
    let number = retryingInterrupts { Int(Glibc.open(path, flags | O_CLOEXEC, mode)) }
    guard number >= 0 else { throw .last("open") }
    return Descriptor(owning: Int32(number))
  }

  /// Makes reads and writes return at once when they would wait.
  package borrowing func setNonBlocking() throws(SystemError) {
    let flags = fcntl(number, F_GETFL)
    guard flags >= 0, fcntl(number, F_SETFL, flags | O_NONBLOCK) >= 0 else { throw .last("fcntl") }
  }
}

/// Two descriptors that belong together.
package struct DescriptorPair: ~Copyable {
  package let first: Descriptor
  package let second: Descriptor

  private init(_ numbers: [Int32]) {
    first = Descriptor(owning: numbers[0])
    second = Descriptor(owning: numbers[1])
  }

  /// Gives up both descriptors, one by one.
  package consuming func take() -> (first: Int32, second: Int32) {
    (first.release(), second.release())
  }

  /// Two connected Unix stream sockets; close-on-exec. The corresponding C function is
  /// `socketpair`.
  package static func sockets() throws(SystemError) -> DescriptorPair {
    var numbers: [Int32] = [-1, -1]
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, type, 0, &numbers) == 0 else { throw .last("socketpair") }
    return DescriptorPair(numbers)
  }

  /// A pipe: what is written to `second` is read from `first`; close-on-exec.
  package static func pipe() throws(SystemError) -> DescriptorPair {
    var numbers: [Int32] = [-1, -1]
    guard sp_pipe(&numbers) == 0 else { throw .last("pipe2") }
    return DescriptorPair(numbers)
  }
}
