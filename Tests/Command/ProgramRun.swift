import Attributes
import Foundation
import Glibc
import Platform
import Testing

/// What a run of `sallyport` left behind.
struct ProgramRun {
  let status: Int32
  let output: String
  let error: String

  /// The program beside the test bundle; nil where only this target was built.
  static let program = Programs.sibling("sallyport")

  /// Runs `sallyport` with an environment of its own and waits for its end.
  ///
  /// - Parameter name: what the program is called by.
  init(
    _ arguments: [String], in folder: ProgramFolder, as name: String = "sallyport",
    input: String = "", environment: [String] = []
  ) throws {
    let program = try #require(Self.program)
    try folder.write(input, to: "stdin")
    let input = try Descriptor.open(folder.path + "/stdin", O_RDONLY)
    let flags = O_WRONLY | O_CREAT | O_TRUNC
    let output = try Descriptor.open(folder.path + "/stdout", flags, mode: 0o600)
    let error = try Descriptor.open(folder.path + "/stderr", flags, mode: 0o600)
    let pid = try ChildProcess.spawn(
      program, arguments: [name] + arguments, environment: folder.environment + environment,
      input: .descriptor(input.number), output: .descriptor(output.number),
      error: .descriptor(error.number))
    status = try Self.wait(pid)
    self.output = try folder.read("stdout")
    self.error = try folder.read("stderr")
  }

  /// The exit status; a program that was ended by a signal has 128 and its number.
  private static func wait(_ pid: pid_t) throws -> Int32 {
    var status: Int32 = 0
    try #require(retryingInterrupts { Int(waitpid(pid, &status, 0)) } == Int(pid))
    return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
  }
}

/// A home and a runtime folder for one test.
final class ProgramFolder: Sendable {
  let path: String

  init() throws {
    var template = Array("/tmp/sallyport-XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
    }
    path = try #require(made)
    try #require(mkdir(path + "/sallyport", 0o700) == 0)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var socket: String { path + "/sallyport/agent.sock" }

  var environment: [String] {
    ["XDG_RUNTIME_DIR=\(path)", "HOME=\(path)", "PATH=/usr/bin:/bin"]
  }

  func write(_ text: String, to name: String) throws {
    let file = try Descriptor.open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
    try writeAll(file.number, text)
  }

  func read(_ name: String) throws -> String {
    let file = try Descriptor.open("\(path)/\(name)", O_RDONLY)
    return String(decoding: try readAll(file.number, limit: 1 << 20), as: UTF8.self)
  }
}

/// An agent that gives one scripted answer to each request, and keeps what it was asked.
final class ScriptedAgent: @unchecked Sendable {
  private let lock = NSLock()
  private var heard: [String] = []

  /// - Parameter answers: for each request in turn what is written, whole blocks.
  init(at path: String, _ answers: [String]) throws {
    let listener = try UnixSocket.listen(path, backlog: 5)
    let number = listener.release()
    Thread.detachNewThread { [self] in
      let listener = Descriptor(owning: number)
      var rest = answers[...]
      while let answer = rest.popFirst() {
        guard waitUntil(listener.number, readyFor: POLLIN, milliseconds: 20_000),
          let accepted = try? UnixSocket.accept(listener)
        else { return }
        serve(accepted, answer)
      }
    }
  }

  /// The requests so far, each up to its blank line.
  var requests: [String] { lock.withLock { heard } }

  private func serve(_ client: borrowing Descriptor, _ answer: String) {
    var request: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 4096)
    while !request.suffix(2).elementsEqual("\n\n".utf8) {
      guard waitUntil(client.number, readyFor: POLLIN, milliseconds: 20_000) else { return }
      guard
        case .bytes(let count) = room.withUnsafeMutableBytes({ readOnce(client.number, into: $0) })
      else { return }
      request += room[..<count]
    }
    lock.withLock { heard.append(String(decoding: request, as: UTF8.self)) }
    try? writeAll(client.number, answer)
  }
}
