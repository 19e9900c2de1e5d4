import Attributes
import CPlatform
package import Platform

/// One job, then exit: the exit is what wipes the secrets.
package enum Courier {
  /// Whether the process is ended when the job does not end by itself.
  package enum Supervision: Sendable {
    /// By a watchdog, which ends the whole process.
    case watchdog
    /// Not at all: for callers that live on.
    ///
    /// Weaker: a call that cannot be given a deadline may then take as long as it likes.
    case none
  }

  /// The whole life of the program: standard input, standard output, the process's environment.
  package static func main() -> Int32 {
    // Before the first secret: no core, no other process looking in.
    guard sp_open_standard_descriptors() == 0, sp_refuse_dumps() == 0 else {
      return FailureCode.failed.exitStatus
    }
    return run(input: 0, output: 1, environment: .current, supervision: .watchdog)
  }

  /// Reads a job block from `input`, does the job, writes its blocks to `output`.
  ///
  /// - Parameter lock: the vault's lock, for a refresh whose job says that it is there.
  /// - Returns: the exit status: 0, or the number of the failure that was written.
  package static func run(
    input: Int32, output: Int32, environment: Environment, supervision: Supervision = .none,
    lock: Int32 = ChildProcess.keptDescriptor
  ) -> Int32 {
    sp_ignore_failed_writes()
    let answer = Answer(descriptor: output)
    do throws(CourierFailure) {
      try answer.send { (block) throws(AttributeFault) in
        try block.append("version", sallyportVersion)
      }
      var reader = JobReader(descriptor: input)
      let job = try reader.job()
      if case .watchdog = supervision {
        let limit = try longestLife(of: job)
        Watchdog.start(deadline: BootInstant.now.adding(seconds: limit), answer: answer)
        // A courier that seals ends with its input: were it ended before the agent, that would tell the
        // one that has the server's answer that nobody can keep it.
        if AnswerKeeper.isWanted(by: job) || job.kind == .seal { AnswerKeeper.outliveTheService() }
      }
      switch job.kind {
      case .login:
        var login = LoginJob(
          job: job, answer: answer, input: input, output: output, environment: environment,
          reader: reader)
        try login.run()
      case .refresh:
        try RefreshJob(
          job: job, answer: answer, environment: environment,
          keeper: try AnswerKeeper(of: job, reader: reader, input: input, lock: lock)
        ).run()
      case .exchange: try ExchangeJob(job: job, answer: answer, environment: environment).run()
      case .prove: try ProveJob(job: job, answer: answer).run()
      case .revoke: try RevokeJob(job: job, answer: answer, environment: environment).run()
      case .unregister: try UnregisterJob(job: job, answer: answer, environment: environment).run()
      case .device:
        try DeviceJob(job: job, answer: answer, output: output, environment: environment).run()
      case .userinfo: try UserInfoJob(job: job, answer: answer, environment: environment).run()
      case .endSession:
        try EndSessionJob(job: job, answer: answer, output: output, environment: environment).run()
      case .seal, .unseal, .export, .importing:
        var vault = VaultJob(
          job: job, answer: answer, environment: environment, input: RecordInput(reader))
        try vault.run()
      }
      return 0
    } catch {
      answer.fail(error)
      return error.failure.code.exitStatus
    }
  }

  /// Seconds after which a job has certainly gone wrong.
  private static func longestLife(of job: Job) throws(CourierFailure) -> Int64 {
    switch job.kind {
    case .login: try LoginJob.timeout(of: job) + LoginJob.overhead + Watchdog.grace
    case .refresh:
      try RefreshJob.timeout(of: job) + Watchdog.grace
        + (AnswerKeeper.isWanted(by: job) ? AnswerKeeper.longest : 0)
    case .exchange: try ExchangeJob.timeout(of: job) + Watchdog.grace
    case .prove: try ProveJob.timeout(of: job) + Watchdog.grace
    case .revoke: try RevokeJob.timeout(of: job) + Watchdog.grace
    case .unregister: try UnregisterJob.timeout(of: job) + Watchdog.grace
    case .device: try LoginJob.timeout(of: job) + CodeExchange.limit + Watchdog.grace
    case .userinfo: try UserInfoJob.timeout(of: job) + Watchdog.grace
    case .endSession: try EndSessionJob.timeout(of: job) + LoginJob.overhead + Watchdog.grace
    case .seal, .unseal, .export, .importing: try VaultJob.timeout(of: job) + Watchdog.grace
    }
  }
}
