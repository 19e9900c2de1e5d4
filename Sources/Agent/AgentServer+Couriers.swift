import Attributes
import Glibc
import Platform
import Secrets

/// A job that waits for one of the few places for couriers.
struct WaitingJob {
  let id: UInt64
  let job: CourierProcess.Job
}

/// Couriers: starting, listening to, and ending them.
extension AgentServer {
  /// Refreshing and revoking couriers at one time; the others wait in their order. Each takes some
  /// milliseconds of processor time, and a hundred accounts may expire together.
  private static let mostCouriers = 4

  /// Starts a refresh or a revocation, or queues it.
  func submit(_ job: CourierProcess.Job, now: BootInstant) {
    waitingJobs.append(WaitingJob(id: newID(), job: job))
    startWaitingJobs(now: now)
  }

  private func startWaitingJobs(now: BootInstant) {
    while !waitingJobs.isEmpty,
      couriers.values.count(where: { !$0.isSigningIn && !$0.hasAnswered }) < Self.mostCouriers
    {
      let waiting = waitingJobs.removeFirst()
      start(waiting.job, id: waiting.id, timeout: limits.job, now: now)
    }
  }

  /// Starts a courier now.
  func start(_ job: CourierProcess.Job, id: UInt64, timeout: Int64, now: BootInstant) {
    // A job may have waited, or begin by a timer: what the file says now decides where secrets go.
    configuration.look()
    do throws(Failure) {
      let order = try order(for: job, timeout: timeout)
      let deadline = now.adding(seconds: timeout + overtime(of: job))
      let (processID, socket) = try spawn()
      let courier = CourierProcess(
        id: id, processID: processID, descriptor: Descriptor(owning: socket), job: job,
        order: order, deadline: deadline, pool: pool)
      couriers[id] = courier
      deadlines.add(.courier(id), at: deadline)
      courier.send()
    } catch {
      ended(job, id: id, .refused(CourierRefusal(error)), now: now)
    }
  }

  /// Seconds a courier gets beyond its timeout. That of a sign-in is the person's: a code that came in
  /// the last second is exchanged all the same, and a person sees the result page.
  private func overtime(of job: CourierProcess.Job) -> Int64 {
    if case .signIn = job { return limits.exchange + limits.grace }
    return limits.grace
  }

  private func spawn() throws(Failure) -> (pid_t, Int32) {
    do throws(SystemError) {
      let (mine, theirs) = try DescriptorPair.sockets().take()
      defer { Glibc.close(theirs) }
      do throws(SystemError) {
        let pid = try ChildProcess.spawn(
          courierPath, arguments: ["sallyport-courier"], input: .descriptor(theirs),
          output: .descriptor(theirs), error: .descriptor(2), newSession: true)
        _ = fcntl(mine, F_SETFL, O_NONBLOCK)
        return (pid, mine)
      } catch {
        Glibc.close(mine)
        throw error
      }
    } catch {
      throw Failure(.failed, "cannot start \(courierPath): \(error.reason)")
    }
  }

  private func order(for job: CourierProcess.Job, timeout: Int64) throws(Failure) -> SecretBuffer {
    switch job {
    case .signIn(let account):
      guard let settings = account.signIn?.settings else { break }
      var order = try JobOrder(
        job: "login", account: account.name.text, timeout: timeout, pool: pool)
      try order.add(settings, path: configuration.path)
      return order.finished()
    case .refresh(let account, _):
      guard let session = account.session else { break }
      if let misfit = misfit(of: account) { throw misfit }
      var order = try JobOrder(
        job: "refresh", account: account.name.text, timeout: timeout, pool: pool)
      try add(session, to: &order)
      return order.finished()
    case .revoke(let name, let session, _):
      var order = try JobOrder(job: "revoke", account: name, timeout: timeout, pool: pool)
      try add(session, to: &order)
      try order.add("access_token", session.accessToken)
      return order.finished()
    }
    throw Failure(.failed, "the session has ended")
  }

  private func add(_ session: Session, to order: inout JobOrder) throws(Failure) {
    // Where the configuration has turned to another server since, that one must not see a token of
    // the former (RFC 6749 §10.4), nor the former the new secret.
    let fits = session.difference(from: configuration) == nil
    let current = fits ? configuration.account(session.settings.effective.name.text) : nil
    try order.add(
      session.settings.renewed(by: current), path: fits ? configuration.path : nil)
    try order.add("refresh_token", session.refreshToken)
    try order.add(session.carried)
    try order.add(session.carriedSecrets)
  }

  // MARK: Listening

  func serve(_ courier: CourierProcess, now: BootInstant) {
    courier.send()
    courier.receive { message in
      switch message {
      case .event(let block):
        if case .signIn(let account) = courier.job, account.signIn?.courier == courier.id {
          signInEvent(account, block, now: now)
        }
      case .outcome(let outcome): ended(courier.job, id: courier.id, outcome, now: now)
      }
    }
    guard courier.inputEnded else {
      if courier.hasAnswered { startWaitingJobs(now: now) }
      return
    }
    if !courier.hasAnswered {
      let failure = Failure(.failed, "the courier has ended without an answer")
      ended(courier.job, id: courier.id, .refused(CourierRefusal(failure)), now: now)
    }
    end(courier)
    startWaitingJobs(now: now)
  }

  private func ended(
    _ job: CourierProcess.Job, id: UInt64, _ outcome: CourierOutcome, now: BootInstant
  ) {
    switch job {
    case .signIn(let account): signInEnded(account, courier: id, outcome, now: now)
    case .refresh(let account, let generation):
      refreshEnded(account, generation: generation, outcome, now: now)
    case .revoke(let name, _, let logout): revocationEnded(name, logout, outcome)
    }
  }

  // MARK: Ending

  /// Kills a courier that is past its deadline.
  func endLate(_ id: UInt64, now: BootInstant) {
    guard let courier = couriers[id] else { return }
    if !courier.hasAnswered {
      let failure = Failure(.temporarilyUnavailable, "it took too long, and was ended")
      ended(courier.job, id: id, .refused(CourierRefusal(failure)), now: now)
    }
    end(courier)
    startWaitingJobs(now: now)
  }

  /// Lets go of a courier; it is killed if it still runs.
  func end(_ courier: CourierProcess) {
    guard couriers.removeValue(forKey: courier.id) != nil else { return }
    // The whole group: a client_secret_command must not outlive the courier that ran it.
    kill(-courier.processID, SIGKILL)
    // A killed process is gone at once, or as good as: it holds no uninterruptible wait.
    while waitpid(courier.processID, nil, 0) == -1, errno == EINTR {}
  }

  /// Ends the couriers of sign-ins that are over and only show their result page: they hold ports.
  func endFinishedSignIns() {
    for courier in couriers.values where courier.isSigningIn && courier.hasAnswered { end(courier) }
  }

  /// Ends the refresh of an account whose session is no longer the one it was started for.
  func endRefresh(of account: Account) {
    waitingJobs.removeAll { waiting in
      if case .refresh(let refreshed, _) = waiting.job { return refreshed === account }
      return false
    }
    for courier in couriers.values {
      if case .refresh(let refreshed, _) = courier.job, refreshed === account { end(courier) }
    }
    account.refreshWithdrawn()
  }
}
