import Glibc
import OAuth
import Platform

/// The client's secret, from the setting, a file or a command.
enum ClientSecret {
  /// Bytes; secrets have under a hundred.
  private static let maximumLength = 64 * 1024
  /// Seconds; a command may ask a password manager.
  private static let commandLimit: Int64 = 30
  /// Milliseconds between two looks at whether a command has ended.
  private static let endPause: Int32 = 2

  /// The secret of an account, had by `deadline`; nil for a public client.
  static func read(
    from job: Job, environment: Environment, deadline: BootInstant
  ) throws(CourierFailure) -> String? {
    let keys = ["client_secret", "client_secret_file", "client_secret_command"]
    let given = keys.filter { job[$0] != nil }
    guard given.count <= 1 else {
      throw CourierFailure(.failed, "\(given.joined(separator: " and ")) are both given")
    }
    let secret: String?
    if let path = job["client_secret_file"] {
      secret = firstLine(
        of: try PrivateFile.read(
          path, for: "client_secret_file", readers: .ownerOnly, environment: environment))
    } else if let command = job["client_secret_command"] {
      secret = try run(
        command, environment, until: min(deadline, .now.adding(seconds: commandLimit)))
    } else {
      secret = job["client_secret"]
    }
    guard let secret else { return nil }
    // RFC 6749 appendix A.2.
    guard !secret.isEmpty, Grammar.isVSCHAR(secret) else {
      throw CourierFailure(
        .failed, "the \(given.first ?? "client_secret") gives no secret of printable ascii")
    }
    return secret
  }

  /// A command that has been started.
  private final class Command {
    let id: pid_t
    let output: Descriptor

    init(id: pid_t, output: consuming Descriptor) {
      self.id = id
      self.output = output
    }
  }

  /// Starts the command as a shell would, which is how the person wrote it.
  ///
  /// It stays in the courier's process group, so that whoever ends the group ends it too.
  private static func start(
    _ command: String, _ environment: Environment
  ) throws(SystemError) -> Command {
    let (reader, writer) = try DescriptorPair.pipe().take()
    let output = Descriptor(owning: reader)
    let end = Descriptor(owning: writer)
    let id = try ChildProcess.spawn(
      "/bin/sh", arguments: ["sh", "-c", command], environment: environment.entries,
      output: .descriptor(end.number), error: .descriptor(2))
    return Command(id: id, output: output)
  }

  private static func run(
    _ command: String, _ environment: Environment, until deadline: BootInstant
  ) throws(CourierFailure) -> String {
    func fault(_ reason: String) -> CourierFailure {
      CourierFailure(.failed, "the client_secret_command \(reason)")
    }
    let child: Command
    do { child = try start(command, environment) } catch {
      throw fault("cannot be started: \(error.reason)")
    }
    let bytes = collect(child.output, until: deadline)
    guard let status = ending(of: child.id, by: bytes == nil ? .now : deadline), let bytes else {
      throw fault("did not end in time, or wrote more than a line")
    }
    guard status == 0 else {
      let ending = status & 0x7F
      throw fault(
        ending == 0 ? "ended with status \(status >> 8 & 0xFF)" : "was ended by signal \(ending)")
    }
    return firstLine(of: bytes)
  }

  /// The status with which a command has ended; nil for one that had to be killed.
  private static func ending(of id: pid_t, by deadline: BootInstant) -> Int32? {
    var status: Int32 = 0
    while retryingInterrupts({ Int(waitpid(id, &status, WNOHANG)) }) == 0 {
      guard BootInstant.now < deadline else {
        endGroup()
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

  /// What is written until the other end closes; nil past the deadline or the limit.
  private static func collect(
    _ output: borrowing Descriptor, until deadline: BootInstant
  ) -> [UInt8]? {
    var all: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while all.count <= maximumLength, wait(for: output.number, POLLIN, until: deadline) {
      switch chunk.withUnsafeMutableBytes({ readOnce(output.number, into: $0) }) {
      case .bytes(let count): all.append(contentsOf: chunk[..<count])
      case .closed: return all
      case .wouldBlock: continue
      case .failed: return nil
      }
    }
    return nil
  }

  private static func firstLine(of bytes: [UInt8]) -> String {
    var line = bytes.prefix { $0 != UInt8(ascii: "\n") }
    if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
    return String(decoding: line, as: UTF8.self)
  }
}
