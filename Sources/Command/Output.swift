import Attributes
import Glibc
import Platform

/// Standard output: only what a program would read.
enum Output {
  /// Writes all of `bytes`; whoever reads them has them when it returns.
  static func write(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
    do { try writeAll(1, bytes) } catch {
      if error.number == EBADF { throw Failure(.failed, "standard output is closed") }
      throw Failure(.failed, "cannot write to standard output: \(error.reason)")
    }
  }

  static func write(_ text: String) throws(Failure) {
    try text.withBytes { (bytes) throws(Failure) in try write(bytes) }
  }

  /// Reads standard input up to `limit` bytes, to its end.
  static func readInput(limit: Int) throws(Failure) -> String {
    do throws(SystemError) {
      let bytes = try readAll(0, limit: limit)
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw SystemError(EILSEQ, in: "read")
      }
      return text
    } catch { throw Failure(.failed, "cannot read standard input: \(error.reason)") }
  }
}
