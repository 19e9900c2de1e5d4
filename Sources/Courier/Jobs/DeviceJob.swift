import Attributes
import Glibc
import OAuth
import Platform

/// The job that signs a person in on another device (RFC 8628): a code to type, and patience.
struct DeviceJob {
  /// Seconds for everything before the person is asked.
  private static let preparationLimit: Int64 = 60

  let job: Job
  let answer: Answer
  let output: Int32
  let environment: Environment

  /// Runs the job to its last block.
  func run() throws(CourierFailure) {
    let start = BootInstant.now
    let timeout = try LoginJob.timeout(of: job)
    let deadline = start.adding(seconds: timeout)
    let preparation = start.adding(seconds: min(timeout, Self.preparationLimit))
    let ready = try SignInPreparation(
      job: job, redirectURIs: try AccountSettings.redirectURIs(of: job), environment: environment,
      deadline: preparation)
    var hasWorked = false
    defer {
      ready.target.tidy(hasWorked: hasWorked, keepsFormer: job.flag("once"), http: ready.http)
    }
    let grant = try DeviceGrant(job: job, ready: ready)
    let keys = ServerKeys(
      endpoint: ready.identity.metadata.endpoint(.jwks), expected: grant.expectsIDToken,
      client: ready.http, deadline: deadline)
    let response = try grant.begin(deadline: preparation)
    // The lifetime counts from the answer, and every wait from here.
    let polling = DevicePolling(response, now: BootInstant.now.nextSecond)
    try announce(response, secondsLeft: deadline.seconds - BootInstant.now.seconds)
    if let notice = ready.target.notice(ofPageAt: response.verificationURI.host) {
      try tell(notice)
    }
    let tokens = try poll(grant, response, polling, until: deadline)
    try finish(try grant.checked(tokens, keys), of: grant, ready, keys)
    hasWorked = true
  }

  private func announce(
    _ response: DeviceAuthorizationResponse, secondsLeft: Int64
  ) throws(CourierFailure) {
    try answer.send { (block) throws(AttributeFault) in
      block.append("event", constant: "device")
      try block.append("user_code", response.userCode)
      try block.append("verification_uri", response.verificationURI.text)
      if let complete = response.verificationURIComplete {
        try block.append("verification_uri_complete", complete.text)
      }
      block.append("expires_in", min(response.expiresIn, max(secondsLeft, 1)))
    }
  }

  private func tell(_ message: String) throws(CourierFailure) {
    try answer.send { (block) throws(AttributeFault) in
      block.append("event", constant: "waiting")
      block.append("message", oneLine: message)
    }
  }

  /// Asks until the person has answered, the code has died, or the time is over.
  private func poll(
    _ grant: DeviceGrant, _ response: DeviceAuthorizationResponse, _ begun: DevicePolling,
    until deadline: BootInstant
  ) throws(CourierFailure) -> TokenResponse {
    var polling = begun
    var isConnected = true
    while BootInstant.now < deadline {
      switch polling.step(now: BootInstant.now.seconds) {
      case .expired: throw DeviceGrant.expired
      case .wait(let second): try pause(until: min(BootInstant(seconds: second), deadline))
      case .poll:
        switch try grant.poll(response, deadline: deadline) {
        case .tokens(let tokens): return tokens
        case .refused(let failure, let post):
          isConnected = true
          do throws(DevicePollingEnd) {
            try polling.receive(failure, now: BootInstant.now.nextSecond)
          } catch { throw grant.failure(of: error, to: post) }
        case .lost(let failure):
          polling.lostConnection(now: BootInstant.now.nextSecond)
          if isConnected { try tell("\(failure.failure.description); trying again") }
          isConnected = false
        }
      }
    }
    throw CourierFailure(
      .temporarilyUnavailable, "nobody entered the code before the time was over",
      hint: "\(job.loginCommand) --device")
  }

  /// Waits; ends the job when nobody reads what it writes any more.
  private func pause(until instant: BootInstant) throws(CourierFailure) {
    // A hang-up is told without being asked for.
    while BootInstant.now < instant {
      guard wait(for: output, 0, until: instant) else { return }
      throw CourierFailure(.failed, "nobody waits for this sign-in any more")
    }
  }

  private func finish(
    _ result: Grant, of grant: DeviceGrant, _ ready: SignInPreparation, _ keys: ServerKeys
  ) throws(CourierFailure) {
    let session = Session(
      talk: ready.talk, tokenEndpoint: grant.tokenEndpoint, resources: grant.access.resources,
      idToken: result.idToken?.text, keys: keys.storable)
    try answer.finish(
      signedIn: result, requested: grant.access.scope, session: session,
      registration: ready.target.registration,
      warnings: ready.target.warnings(about: result.idToken))
  }
}

extension BootInstant {
  /// Whole seconds since the machine was started, rounded down.
  var seconds: Int64 { Int64(clamping: nanoseconds / 1_000_000_000) }

  /// The same rounded up: a server that counts finely must not be asked too early.
  var nextSecond: Int64 { seconds + 1 }

  /// So many seconds after the machine was started.
  init(seconds: Int64) { self = BootInstant(nanoseconds: 0).adding(seconds: seconds) }
}
