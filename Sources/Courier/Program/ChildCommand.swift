import Glibc
import Platform

/// A program that a job asks for a secret, or gives one to keep: told on its input what it is to know,
/// never on its command line, and ended when it takes too long.
struct ChildCommand {
  /// Bytes of what it may write; secrets have under a hundred.
  private static let maximumLength = 64 * 1024
  /// Milliseconds between two looks at whether it has ended.
  private static let endPause: Int32 = 2

  /// What came of it.
  struct Ending {
    /// As waitpid tells it.
    private let status: Int32
    let output: [UInt8]
    /// What it wrote on its error output, where that was collected.
    let errors: [UInt8]

    fileprivate init(status: Int32, output: [UInt8], errors: [UInt8]) {
      self.status = status
      self.output = output
      self.errors = errors
    }

    var isSuccess: Bool { exitStatus == 0 }

    /// Nil where a signal has ended it.
    var exitStatus: Int32? { status & 0x7F == 0 ? status >> 8 & 0xFF : nil }

    /// How it ended, in words that follow its name.
    var description: String {
      exitStatus.map { "ended with status \($0)" } ?? "was ended by signal \(status & 0x7F)"
    }

    /// The first line of the output.
    var firstLine: ArraySlice<UInt8> { ChildCommand.firstLine(of: output) }
  }

  /// Why nothing came of it.
  enum Fault: Error, Equatable {
    case notStarted(SystemError)
    /// It did not end by the deadline, or wrote without an end.
    case unbounded
  }

  let path: String
  let arguments: [String]
  let environment: Environment
  /// What is written to its input; nil for none.
  var input: [UInt8]?
  /// Whether its error output is kept from the person and collected.
  var collectsErrors = false

  /// A command line as a shell would read it, which is how the person wrote it.
  static func shell(_ line: String, environment: Environment) -> ChildCommand {
    ChildCommand(path: "/bin/sh", arguments: ["sh", "-c", line], environment: environment)
  }

  /// What stands before the first line end, which may be that of another system.
  static func firstLine(of bytes: [UInt8]) -> ArraySlice<UInt8> {
    let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
    return line.last == UInt8(ascii: "\r") ? line.dropLast() : line
  }

  /// Runs it to its end.
  ///
  /// It stays in the courier's process group, so that whoever ends the group ends it too.
  func run(until deadline: BootInstant) throws(Fault) -> Ending {
    var running: Running
    do { running = try start() } catch { throw .notStarted(error) }
    let isCollected = running.collect(until: deadline)
    guard let status = running.ending(by: isCollected ? deadline : .now), isCollected else {
      throw .unbounded
    }
    return Ending(status: status, output: running.output.bytes, errors: running.errors.bytes)
  }

  private func start() throws(SystemError) -> Running {
    let (outputReader, outputWriter) = try DescriptorPair.pipe().take()
    let output = Descriptor(owning: outputReader)
    let outputEnd = Descriptor(owning: outputWriter)
    let (errorReader, errorWriter) = try DescriptorPair.pipe().take()
    let errors = Descriptor(owning: errorReader)
    let errorEnd = Descriptor(owning: errorWriter)
    let (inputReader, inputWriter) = try DescriptorPair.pipe().take()
    let inputEnd = Descriptor(owning: inputReader)
    let inputPipe = Descriptor(owning: inputWriter)
    let id = try ChildProcess.spawn(
      path, arguments: arguments, environment: environment.entries,
      input: input == nil ? .null : .descriptor(inputEnd.number),
      output: .descriptor(outputEnd.number),
      error: .descriptor(collectsErrors ? errorEnd.number : 2))
    // What is said fits the pipe; a program that does not listen has its reasons.
    if let input { try? input.withBytes { try writeAll(inputPipe.number, $0) } }
    return Running(
      id: id, output: Stream(output.release()), errors: Stream(errors.release()))
  }

  /// One of the pipes that are read.
  private final class Stream {
    private let descriptor: Descriptor
    private(set) var bytes: [UInt8] = []
    private(set) var isOpen = true

    init(_ number: Int32) { descriptor = Descriptor(owning: number) }

    var entry: pollfd {
      pollfd(fd: isOpen ? descriptor.number : -1, events: Int16(POLLIN), revents: 0)
    }

    /// Reads once; false when there was too much, or reading fails.
    func receive() -> Bool {
      var chunk = [UInt8](repeating: 0, count: 4096)
      switch chunk.withUnsafeMutableBytes({ readOnce(descriptor.number, into: $0) }) {
      case .bytes(let count): bytes.append(contentsOf: chunk[..<count])
      case .closed: isOpen = false
      case .wouldBlock: break
      case .failed: return false
      }
      return bytes.count <= maximumLength
    }
  }

  /// A command that has been started.
  private struct Running {
    let id: pid_t
    let output: Stream
    let errors: Stream

    /// Reads until the other ends close; false past the deadline or the limit.
    mutating func collect(until deadline: BootInstant) -> Bool {
      while output.isOpen || errors.isOpen {
        var entries = [output.entry, errors.entry]
        let rest = deadline.milliseconds(after: .now)
        let ready = retryingInterrupts { Int(poll(&entries, 2, rest)) }
        guard ready > 0 || rest > 0 else { return false }
        if entries[0].revents != 0, !output.receive() { return false }
        if entries[1].revents != 0, !errors.receive() { return false }
      }
      return true
    }

    /// The status with which it has ended; nil when it had to be killed.
    func ending(by deadline: BootInstant) -> Int32? {
      var status: Int32 = 0
      while retryingInterrupts({ Int(waitpid(id, &status, WNOHANG)) }) == 0 {
        guard BootInstant.now < deadline else {
          Self.endGroup()
          kill(id, SIGKILL)
          _ = retryingInterrupts { Int(waitpid(id, &status, 0)) }
          return nil
        }
        // It has closed its output already and so is about to end.
        poll(nil, 0, endPause)
      }
      return status
    }

    /// Asks what the command has started to end too, where the session is this program's own.
    private static func endGroup() {
      guard getsid(0) == getpid() else { return }
      signal(SIGTERM, SIG_IGN)
      kill(0, SIGTERM)
    }
  }
}
