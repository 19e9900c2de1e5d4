import OAuth
import Platform

/// The client's secret, from the setting, a file or a command.
enum ClientSecret {
  /// Seconds; a command may ask a password manager.
  private static let commandLimit: Int64 = 30

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
      let contents = try PrivateFile.read(
        path, for: "client_secret_file", readers: .ownerOnly, environment: environment)
      secret = String(decoding: ChildCommand.firstLine(of: contents), as: UTF8.self)
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

  private static func run(
    _ command: String, _ environment: Environment, until deadline: BootInstant
  ) throws(CourierFailure) -> String {
    func fault(_ reason: String) -> CourierFailure {
      CourierFailure(.failed, "the client_secret_command \(reason)")
    }
    let ending: ChildCommand.Ending
    do {
      ending = try ChildCommand.shell(command, environment: environment).run(until: deadline)
    } catch .notStarted(let error) {
      throw fault("cannot be started: \(error.reason)")
    } catch { throw fault("did not end in time, or wrote more than a line") }
    guard ending.isSuccess else { throw fault(ending.description) }
    return String(decoding: ending.firstLine, as: UTF8.self)
  }
}
