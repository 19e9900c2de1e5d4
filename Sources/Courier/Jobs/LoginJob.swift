import Attributes
import Glibc
import OAuth
import Platform

/// The job that signs a person in: listener, browser hand-over, exchange, ID token check.
struct LoginJob {
  private typealias Listener = CallbackServer<CallbackRules>

  /// Seconds a person has when nothing else is said.
  static let defaultTimeout: Int64 = 300
  /// Seconds with a code for another device, where that is good for so long (RFC 8628 §3.2).
  static let defaultDeviceTimeout: Int64 = 1800
  /// Seconds a person can be given at most: a day.
  static let longestTimeout: Int64 = 86_400
  /// Seconds after which the person is told what may be in the way.
  private static let adviceDelay: Int64 = 20
  /// Seconds for everything before the person is asked.
  private static let preparationLimit: Int64 = 60
  /// Seconds a sign-in may take besides the person's: the exchange and the result page.
  static let overhead: Int64 = 80

  let job: Job
  let answer: Answer
  let input: Int32
  let output: Int32
  let environment: Environment
  var reader: JobReader

  /// Runs the job to its last block; the result page is served after it.
  mutating func run() throws(CourierFailure) {
    let start = BootInstant.now
    let timeout = try Self.timeout(of: job)
    let redirectURIs = try AccountSettings.redirectURIs(of: job)
    let certificate = try RedirectCertificate.read(from: job, environment: environment)
    let preparation = start.adding(seconds: min(timeout, Self.preparationLimit))
    let ready = try SignInPreparation(
      job: job, redirectURIs: redirectURIs, environment: environment, deadline: preparation)
    var hasWorked = false
    defer {
      ready.target.tidy(hasWorked: hasWorked, keepsFormer: job.flag("once"), http: ready.http)
    }

    let (sockets, redirectURI) = try Self.listen(redirectURIs, job)
    let context = try RedirectCertificate.context(for: redirectURI, certificate)
    let signIn = try SignIn(
      job: job, target: ready.target, identity: ready.identity, proofKey: ready.proofKey,
      redirectURI: redirectURI)
    let deadline = start.adding(seconds: timeout)
    // Keys and certificates are fetched and read while the person signs in; the keys before that
    // where the answer itself is signed.
    let keys = ServerKeys(
      endpoint: signIn.metadata.endpoint(.jwks), expected: signIn.needsKeys, client: ready.http,
      deadline: deadline)
    let rules = try Self.rules(of: signIn, keys, by: preparation)
    let server = CallbackServer(sockets: sockets, rules: rules, context: context)
    let address = try signIn.address(by: ready.talk, deadline: preparation)
    try announce(signIn, at: address, hasListener: sockets != nil, timeout: timeout)
    if let trust = trust(for: signIn) { try tell("\(trust), or it does not come back here") }
    if let notice = ready.target.notice(ofPageAt: signIn.request.endpoint.host) {
      try tell(notice)
    }
    ready.http.prepare(for: signIn.tokenEndpoint, presenting: ready.identity.certificate)

    let judged = try wait(for: signIn, at: server, until: deadline)
    do throws(CourierFailure) {
      let response = try Self.response(
        of: try settled(judged, keys, at: server),
        skew: signIn.metadata.endpoint(.jwks).flatMap { ready.http.skew(of: $0) })
      let exchange = CodeExchange(signIn: signIn, talk: ready.talk, keys: keys)
      let grant = try redeem(response, by: exchange, at: server)
      try finish(signIn, grant, ready, keys, server)
      hasWorked = true
    } catch {
      tell(of: error, at: server)
      throw error
    }
    server.linger()
  }

  private static func rules(
    of signIn: SignIn, _ keys: ServerKeys, by deadline: BootInstant
  ) throws(CourierFailure) -> CallbackRules {
    let answer = try signIn.answerRule { () throws(CourierFailure) in
      try keys.known(deadline: deadline)
    }
    return CallbackRules(
      redirectURI: signIn.redirectURI, answer: answer,
      resultPath: "/finished/\(Nonce(try .fresh()).text)")
  }

  /// Ends the job with a failure, here and in the browser.
  private func tell(of error: CourierFailure, at server: Listener) {
    // The answer first: whoever waits for it need not wait for the browser.
    answer.fail(error)
    let failure = error.failure
    server.finish(
      .failure(account: job.account, sentence: failure.description, hint: failure.hint))
    server.linger()
  }

  static func timeout(of job: Job) throws(CourierFailure) -> Int64 {
    let usual = job.kind == .device ? defaultDeviceTimeout : defaultTimeout
    return try job.seconds("timeout", default: usual, within: 1...longestTimeout)
  }

  /// Listens for the first redirect URI whose port is free; one that needs no port always is.
  private static func listen(
    _ candidates: [RedirectURI], _ job: Job
  ) throws(CourierFailure) -> (ListenerSockets?, RedirectURI) {
    var faults: [(redirectURI: RedirectURI, fault: ListenerFault)] = []
    for candidate in candidates {
      do {
        let sockets = try ListenerSockets.open(candidate)
        return (sockets, sockets?.redirectURI ?? candidate)
      } catch { faults.append((candidate, error)) }
    }
    throw CourierFailure(refusedRedirectURIs: faults, login: job.loginCommand)
  }

  private func announce(
    _ signIn: SignIn, at address: SignInAddress, hasListener: Bool, timeout: Int64
  ) throws(CourierFailure) {
    try answer.send { (block) throws(AttributeFault) in
      block.append("event", constant: "authorize")
      try block.append("url", address.url)
      try block.append("state", signIn.state.text)
      try block.append("redirect_uri", signIn.redirectURI.text)
      if !hasListener { block.append("paste", constant: "yes") }
      block.append("expires_in", timeout)
    }
    if let lifetime = address.lifetime, lifetime < timeout {
      try tell("the address has to be opened within \(lifetime) seconds")
    }
  }

  private func tell(_ message: String) throws(CourierFailure) {
    try answer.send { (block) throws(AttributeFault) in
      block.append("event", constant: "waiting")
      block.append("message", oneLine: message)
    }
  }

  /// Waits for the answer: from the browser, or pasted.
  private mutating func wait(
    for signIn: SignIn, at server: Listener, until deadline: BootInstant
  ) throws(CourierFailure) -> JudgedAnswer {
    var urls = try reader.waitingURLs()
    let advice = BootInstant.now.adding(seconds: Self.adviceDelay)
    var isAdvised = false
    while true {
      for url in urls {
        if let judged = try judged(pasted: url, at: server) { return judged }
      }
      urls = []
      // A hang-up of whoever reads the output is told without being asked for.
      var watches = [ListenerWatch(descriptor: output, events: 0)]
      if reader.isOpen { watches.append(ListenerWatch(descriptor: input, events: POLLIN)) }
      switch server.next(watching: watches, until: isAdvised ? deadline : min(advice, deadline)) {
      case .answer(let judged): return judged
      case .notice(let line): try tell(line)
      case .deadline where BootInstant.now < deadline:
        isAdvised = true
        try tell("still waiting; \(whatMayBeWrong(with: signIn))")
      case .ready(0): throw CourierFailure(.failed, "nobody waits for this sign-in any more")
      case .ready: urls = try reader.pastedURLs()
      case .deadline: throw nobodyCame(signIn)
      }
    }
  }

  private func judged(
    pasted url: String, at server: Listener
  ) throws(CourierFailure) -> JudgedAnswer? {
    switch server.rules.judge(pasted: url) {
    case .answer(let judged): return judged
    case .refused(let refusal):
      try tell("that address does not end this sign-in: \(refusal.sentence)")
      return nil
    case .resultPage: return nil
    }
  }

  private func nobodyCame(_ signIn: SignIn) -> CourierFailure {
    CourierFailure(
      .temporarilyUnavailable,
      "nobody signed in before the time was over; \(whatMayBeWrong(with: signIn))")
  }

  /// Each of these shows in the browser alone.
  private func whatMayBeWrong(with signIn: SignIn) -> String {
    let server = "if the server shows an error, \(Self.registration(of: signIn))"
    return trust(for: signIn).map { "if the browser warns of this machine, \($0); \(server)" }
      ?? server
  }

  /// What a redirect URI with https needs besides its certificate; nil for any other.
  private func trust(for signIn: SignIn) -> String? {
    guard signIn.redirectURI.usesTLS, let path = job["redirect_certificate"] else { return nil }
    return "the browser has to trust the redirect_certificate \(shown(path))"
  }

  /// A server that does not know the redirect URI shows a page of its own, and nothing is heard.
  private static func registration(of signIn: SignIn) -> String {
    let client = shown(signIn.identity.id)
    let address = shown(signIn.redirectURI.text)
    let words = "it must have \(address) registered for client \(client)"
    guard let renewal = signIn.identity.renewal else { return words }
    return "\(words), or has forgotten it, which \(renewal) mends"
  }

  /// - Parameter skew: what the server's keys came with, which says something of the two clocks.
  private static func response(
    of outcome: AuthorizationOutcome, skew: ClockSkew?
  ) throws(CourierFailure) -> AuthorizationResponse {
    switch outcome {
    case .authorized(let response): return response
    case .refused(let error): throw CourierFailure(authorizationError: error)
    case .faulty(.signedToken(let fault)):
      throw CourierFailure(fault, of: "the sign-in was ended: the signed answer", skew: skew)
    case .faulty(let fault):
      throw CourierFailure(.failed, "the sign-in was ended: \(fault)", remedy: fault.remedy)
    case .notOurs(let reason): throw CourierFailure(.failed, "the sign-in was ended: \(reason)")
    }
  }

  /// What an answer is in the end: judged again by the server's keys of this moment where its own
  /// were not among those that were known (OpenID Connect Core 1.0 §10.1.1).
  private func settled(
    _ judged: JudgedAnswer, _ keys: ServerKeys, at server: Listener
  ) throws(CourierFailure) -> AuthorizationOutcome {
    guard judged.isCuredByFreshKeys else { return judged.outcome }
    let limit = HTTPClient.exchangeLimit
    let fresh = try whileServing(server, limit: limit, "the server's keys were not had in time") {
      () throws(CourierFailure) in
      try keys.fresh(deadline: BootInstant.now.adding(seconds: limit))
    }
    return server.rules.answer.with(keys: fresh).judge(judged.delivered)
  }

  /// Exchanges the code while the listener goes on serving.
  private func redeem(
    _ response: AuthorizationResponse, by exchange: CodeExchange, at server: Listener
  ) throws(CourierFailure) -> Grant {
    try tell("the server has answered; exchanging the code")
    return try whileServing(
      server, limit: CodeExchange.limit, "the code was not exchanged in time"
    ) { () throws(CourierFailure) in try exchange.redeem(response).get() }
  }

  /// Does work on a thread of its own while the listener goes on serving.
  ///
  /// - Parameters:
  ///   - limit: seconds; the work has its own deadline, this is for a thread that got stuck.
  ///   - late: what to say then.
  private func whileServing<Value: Sendable>(
    _ server: Listener, limit: Int64, _ late: String,
    _ work: @escaping @Sendable () throws(CourierFailure) -> Value
  ) throws(CourierFailure) -> Value {
    let background: Background<Result<Value, CourierFailure>>
    do {
      background = try Background {
        do throws(CourierFailure) { return .success(try work()) } catch { return .failure(error) }
      }
    } catch { throw CourierFailure(.failed, "a pipe cannot be made: \(error.reason)") }
    let deadline = BootInstant.now.adding(seconds: limit + 1)
    let watch = ListenerWatch(descriptor: background.descriptor, events: POLLIN)
    while true {
      switch server.next(watching: [watch], until: deadline) {
      case .ready, .deadline:
        guard let result = background.value(by: .now) else {
          throw CourierFailure(.temporarilyUnavailable, late)
        }
        return try result.get()
      case .answer, .notice: continue
      }
    }
  }

  private func finish(
    _ signIn: SignIn, _ grant: Grant, _ ready: SignInPreparation, _ keys: ServerKeys,
    _ server: Listener
  ) throws(CourierFailure) {
    let session = Session(
      talk: ready.talk, tokenEndpoint: signIn.tokenEndpoint, resources: signIn.resources,
      idToken: grant.idToken?.text, keys: keys.storable)
    let warnings = server.peersUnchecked.map { error in
      ["whose connections came to the listener could not be checked: \(error.reason)"]
    }
    try answer.finish(
      signedIn: grant, requested: signIn.scope, session: session,
      registration: ready.target.registration,
      warnings: ready.target.warnings(about: grant.idToken) + (warnings ?? []))
    server.finish(.success(account: job.account, user: grant.username))
  }
}
