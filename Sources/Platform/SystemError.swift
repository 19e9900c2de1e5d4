import CPlatform
import Glibc

/// The number a failed system call left in `errno`, with the name of the call.
package struct SystemError: Error, Equatable, Sendable {
  package let number: Int32
  package let call: StaticString

  package init(_ number: Int32, in call: StaticString) {
    self.number = number
    self.call = call
  }

  /// What the last failed call left in `errno`.
  package static func last(_ call: StaticString) -> SystemError { SystemError(errno, in: call) }

  /// The text of the number alone, in lower case: "permission denied".
  package var reason: String {
    let text = String(cString: sp_error_text(number))
    guard let first = text.first, text.dropFirst().first?.isUppercase != true else { return text }
    return first.lowercased() + text.dropFirst()
  }

  package static func == (a: SystemError, b: SystemError) -> Bool { a.number == b.number }
}

/// Calls `call` again for as long as a signal interrupts it.
@inline(__always)
package func retryingInterrupts(_ call: () -> Int) -> Int {
  while true {
    let result = call()
    if result != -1 || errno != EINTR { return result }
  }
}
