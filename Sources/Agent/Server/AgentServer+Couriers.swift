import Attributes
import Glibc
import Platform
import Secrets

/// Couriers: starting, listening to, and ending them.
extension AgentServer {
  /// Seconds for a proof, which takes milliseconds.
  private static let longestProof: Int64 = 30

  /// Starts a job, or queues it while the places of its lane are taken.
  func submit(_ job: CourierJob, now: BootInstant) {
    waitingJobs.add(job, id: newID())
    sweepJobs()
    startWaitingJobs(now: now)
  }

  /// Lets go of waiting jobs whose askers have gone, so that their number is bounded by that of the
  /// connections; seldom enough to cost each job next to nothing.
  private func sweepJobs() {
    guard waitingJobs.count >= sweepsJobsAt else { return }
    waitingJobs.remove { !isWanted($0) }
    sweepsJobsAt = max(Self.fewJobs, 2 * waitingJobs.count)
  }

  /// Starts what has a place. What fails at once and submits more finds the loop going on.
  func startWaitingJobs(now: BootInstant) {
    guard !waitingJobs.isEmpty, !isStartingJobs else { return }
    isStartingJobs = true
    while let waiting = nextJob(now) {
      start(waiting.job, id: waiting.id, timeout: timeout(of: waiting.job), now: now)
    }
    isStartingJobs = false
    lookForPlacesLater(now)
  }

  private func nextJob(_ now: BootInstant) -> JobQueue.Waiting? {
    for lane in CourierJob.Lane.allCases {
      while hasPlace(in: lane, now),
        let waiting = waitingJobs.next(in: lane, where: { self.hasPlaceOfItsAccount($0) })
      {
        if isWanted(waiting.job) { return waiting }
      }
    }
    return nil
  }

  private func hasPlace(in lane: CourierJob.Lane, _ now: BootInstant) -> Bool {
    let running = couriers.values.filter { $0.job.lane == lane && !$0.hasAnswered }
    return running.count < lane.most && running.count { $0.takesPlace(at: now) } < lane.places
  }

  private func hasPlaceOfItsAccount(_ job: CourierJob) -> Bool {
    let running = couriers.values.count {
      $0.job.lane == job.lane && !$0.hasAnswered && $0.job.account === job.account
    }
    return running < job.lane.mostOfOneAccount
  }

  /// Has the queue looked at again when the first courier that takes a place has settled.
  private func lookForPlacesLater(_ now: BootInstant) {
    guard !waitingJobs.isEmpty, !hasPlacesDeadline else { return }
    let settling = couriers.values.compactMap(\.settled).filter { $0 > now }
    guard let first = settling.min() else { return }
    hasPlacesDeadline = true
    deadlines.add(.places, at: first)
  }

  /// Couriers of a lane that have not answered yet.
  func runningJobs(in lane: CourierJob.Lane) -> Int {
    couriers.values.count { $0.job.lane == lane && !$0.hasAnswered }
  }

  private func timeout(of job: CourierJob) -> Int64 {
    switch job {
    case .endSession(let departure): departure.logouts.map(\.timeout).max() ?? limits.job
    case .prove: min(limits.job, Self.longestProof)
    case .seal, .exporting: Self.longestSealing
    case .unseal, .importing: Self.longestOpening
    default: limits.job
    }
  }

  /// Starts a courier now.
  func start(_ job: CourierJob, id: UInt64, timeout: Int64, now: BootInstant) {
    // A job may have waited, or begin by a timer: what the file says now decides where secrets go.
    configuration.look()
    do throws(Failure) {
      let order = try order(for: job, timeout: timeout)
      let deadline = now.adding(seconds: timeout + overtime(of: job))
      let kept = lockKept(for: job)
      let (processID, socket) = try spawn(keeping: kept)
      let courier = CourierProcess(
        id: id, processID: processID, descriptor: Descriptor(owning: socket), job: job,
        order: order, feed: job.feed, deadline: deadline,
        settled: job.lane.settlingTime.map { now.adding(seconds: $0) }, keepsAnswer: kept != nil,
        pool: pool)
      couriers[id] = courier
      deadlines.add(.courier(id), at: deadline)
      courier.send()
    } catch {
      ended(job, id: id, .refused(CourierRefusal(error)), now: now)
    }
  }

  /// Seconds a courier gets beyond its timeout. That of a sign-in is the person's: a code that came in
  /// the last second is exchanged all the same, and a person sees the result page.
  private func overtime(of job: CourierJob) -> Int64 {
    if case .signIn = job { return limits.exchange + limits.grace }
    return limits.grace
  }

  /// - Parameter kept: a descriptor that outlives this process in the courier.
  private func spawn(keeping kept: Int32?) throws(Failure) -> (pid_t, Int32) {
    do throws(SystemError) {
      let (mine, theirs) = try DescriptorPair.sockets().take()
      defer { Glibc.close(theirs) }
      do throws(SystemError) {
        let pid = try ChildProcess.spawn(
          courierPath, arguments: ["sallyport-courier"], input: .descriptor(theirs),
          output: .descriptor(theirs), error: .descriptor(2), kept: kept, newSession: true)
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

  // MARK: Listening

  func serve(_ courier: CourierProcess, now: BootInstant) {
    courier.send()
    courier.receive { message in
      switch message {
      case .event(let block):
        switch courier.job {
        case .signIn(let account) where account.signIn?.courier == courier.id:
          signInEvent(account, block, now: now)
        case .endSession(let departure): endSessionEvent(departure, block)
        case .seal(let batch): batch.take(block, for: vault, pool: pool)
        case .unseal(let opening): opening.take(block, pool: pool)
        default: break
        }
      case .record(let heading, let payload):
        switch courier.job {
        case .unseal(let opening): opening.take(heading, payload, now: now, pool: pool)
        case .importing(let task): task.take(heading, payload, now: now, pool: pool)
        default: break
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

  func ended(_ job: CourierJob, id: UInt64, _ outcome: CourierOutcome, now: BootInstant) {
    switch job {
    case .signIn(let account): signInEnded(account, courier: id, outcome, now: now)
    case .refresh(let account, let session, let use, let generation):
      refreshEnded(
        account, session, use, generation: generation, courier: id, outcome, now: now)
    case .exchange(let account, _, let narrowing, let generation):
      exchangeEnded(account, narrowing, generation: generation, outcome, now: now)
    case .prove(let service): proofEnded(service, outcome, now: now)
    case .userInfo(let service): userInfoEnded(service, outcome)
    case .revoke(let departure): stepEnded(.revoke, of: departure, outcome, now: now)
    case .revokeFormer(let account, let former, _): formerRevoked(account, former, outcome)
    case .endSession(let departure): stepEnded(.endSession, of: departure, outcome, now: now)
    case .unregister(let departure): stepEnded(.unregister, of: departure, outcome, now: now)
    case .seal(let batch): sealEnded(batch, outcome, now: now)
    case .unseal(let opening): openingEnded(opening, outcome, now: now)
    case .exporting(let export): exportEnded(export, outcome)
    case .importing(let task): importEnded(task, outcome, now: now)
    }
    continueLocking(now: now)
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
    releaseCode()
    switch courier.job {
    case .seal, .unseal, .exporting, .importing: hasUnusedMemory = true
    default: break
    }
  }

  /// Ends the couriers of sign-ins that are over and only show their result page: they hold ports.
  func endFinishedSignIns() {
    for courier in couriers.values where courier.job.lane == .signIn && courier.hasAnswered {
      end(courier)
    }
  }
}
