import Attributes
import Glibc
import OAuth
import Platform

/// The job that signs a person in: listener, browser hand-over, exchange, ID token check.
struct LoginJob {
  /// Seconds a person has when nothing else is said.
  static let defaultTimeout: Int64 = 300
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
    try AccountSettings.refuseUnsupported(in: job)
    // What the account lacks is said before the network is asked for anything.
    _ = try AccountSettings.clientID(of: job)
    let redirectURIs = try AccountSettings.redirectURIs(of: job)
    let preparation = start.adding(seconds: min(timeout, Self.preparationLimit))
    let secret = try ClientSecret.read(
      from: job, environment: environment, deadline: preparation)
    let http = HTTPClient(job: job, environment: environment)
    let metadata = try Discovery.metadata(for: job, client: http, deadline: preparation)

    let (sockets, redirectURI) = try Self.listen(redirectURIs, job)
    let signIn = try SignIn(
      job: job, metadata: metadata, secret: secret, redirectURI: redirectURI)
    let server = try CallbackServer(sockets: sockets, rules: Self.rules(of: signIn))
    let deadline = start.adding(seconds: timeout)
    try announce(signIn, hasListener: sockets != nil, timeout: timeout)
    // Keys and certificates are fetched and read while the person signs in.
    let keys = ServerKeys(
      endpoint: metadata.endpoint(.jwks), expected: signIn.expectsIDToken, client: http,
      deadline: deadline)
    http.prepare(for: signIn.tokenEndpoint)

    let outcome = try wait(for: signIn, at: server, until: deadline)
    do throws(CourierFailure) {
      let response = try Self.response(of: outcome)
      let exchange = CodeExchange(
        signIn: signIn, http: http, keys: keys, loginCommand: job.loginCommand)
      let grant = try redeem(response, by: exchange, at: server)
      try finish(signIn, grant, keys, server)
    } catch {
      // The answer first: whoever waits for it need not wait for the browser.
      answer.fail(error)
      let failure = error.failure
      server.finish(
        .failure(
          account: job.account, sentence: failure.description, hint: failure.hint))
      server.linger()
      throw error
    }
    server.linger()
  }

  static func timeout(of job: Job) throws(CourierFailure) -> Int64 {
    try job.seconds("timeout", default: defaultTimeout, within: 1...longestTimeout)
  }

  /// Listens for the first redirect URI whose port is free; one that needs no port always is.
  private static func listen(
    _ candidates: [RedirectURI], _ job: Job
  ) throws(CourierFailure) -> (ListenerSockets?, RedirectURI) {
    var first: CourierFailure?
    for candidate in candidates {
      do {
        let sockets = try ListenerSockets.open(candidate)
        return (sockets, sockets?.redirectURI ?? candidate)
      } catch { first = first ?? error.failure(for: candidate, login: job.loginCommand) }
    }
    throw first ?? CourierFailure(.failed, "there is no redirect_uri")
  }

  private static func rules(of signIn: SignIn) throws(CourierFailure) -> CallbackRules {
    CallbackRules(
      redirectURI: signIn.redirectURI, state: signIn.state,
      issuerRule: signIn.metadata.issuerRule,
      resultPath: "/finished/\(Nonce(try .fresh()).text)")
  }

  private func announce(
    _ signIn: SignIn, hasListener: Bool, timeout: Int64
  ) throws(CourierFailure) {
    try answer.send { (block) throws(AttributeFault) in
      block.append("event", constant: "authorize")
      try block.append("url", signIn.request.url)
      try block.append("state", signIn.state.text)
      try block.append("redirect_uri", signIn.redirectURI.text)
      if !hasListener { block.append("paste", constant: "yes") }
      block.append("expires_in", timeout)
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
    for signIn: SignIn, at server: CallbackServer, until deadline: BootInstant
  ) throws(CourierFailure) -> AuthorizationOutcome {
    var urls = try reader.waitingURLs()
    let advice = BootInstant.now.adding(seconds: Self.adviceDelay)
    var isAdvised = false
    while true {
      for url in urls {
        if let outcome = try outcome(ofPasted: url, at: server) { return outcome }
      }
      urls = []
      // A hang-up of whoever reads the output is told without being asked for.
      var watches = [CallbackServer.Watch(descriptor: output, events: 0)]
      if reader.isOpen { watches.append(CallbackServer.Watch(descriptor: input, events: POLLIN)) }
      switch server.next(watching: watches, until: isAdvised ? deadline : min(advice, deadline)) {
      case .answer(let outcome): return outcome
      case .notice(let line): try tell(line)
      case .deadline where BootInstant.now < deadline:
        isAdvised = true
        try tell("still waiting; if the server shows an error, \(Self.registration(of: signIn))")
      case .ready(0): throw CourierFailure(.failed, "nobody waits for this sign-in any more")
      case .ready: urls = try reader.pastedURLs()
      case .deadline: throw Self.nobodyCame(signIn)
      }
    }
  }

  private func outcome(
    ofPasted url: String, at server: CallbackServer
  ) throws(CourierFailure) -> AuthorizationOutcome? {
    switch server.rules.judge(pasted: url) {
    case .answer(let outcome): return outcome
    case .refused(let refusal):
      try tell("that address does not end this sign-in: \(refusal.sentence)")
      return nil
    case .resultPage: return nil
    }
  }

  private static func nobodyCame(_ signIn: SignIn) -> CourierFailure {
    CourierFailure(
      .temporarilyUnavailable,
      "nobody signed in before the time was over; if the server showed an error, "
        + registration(of: signIn))
  }

  /// A server that does not know the redirect URI shows a page of its own, and nothing is heard.
  private static func registration(of signIn: SignIn) -> String {
    "it must have \(shown(signIn.redirectURI.text)) registered for client "
      + shown(signIn.client.id)
  }

  private static func response(
    of outcome: AuthorizationOutcome
  ) throws(CourierFailure) -> AuthorizationResponse {
    switch outcome {
    case .authorized(let response): return response
    case .refused(let error): throw CourierFailure(authorizationError: error)
    case .faulty(let fault): throw CourierFailure(.failed, "the sign-in was ended: \(fault)")
    case .notOurs(let reason): throw CourierFailure(.failed, "the sign-in was ended: \(reason)")
    }
  }

  /// Exchanges the code while the listener goes on serving.
  private func redeem(
    _ response: AuthorizationResponse, by exchange: CodeExchange, at server: CallbackServer
  ) throws(CourierFailure) -> Grant {
    let background: Background<Result<Grant, CourierFailure>>
    do { background = try Background { exchange.redeem(response) } } catch {
      throw CourierFailure(.failed, "the code cannot be exchanged: \(error.reason)")
    }
    try tell("the server has answered; exchanging the code")
    // The exchange has its own deadline; this one is only for a thread that got stuck.
    let deadline = BootInstant.now.adding(seconds: CodeExchange.limit + 1)
    let watch = CallbackServer.Watch(descriptor: background.descriptor, events: POLLIN)
    while true {
      switch server.next(watching: [watch], until: deadline) {
      case .ready, .deadline:
        guard let result = background.value(by: .now) else {
          throw CourierFailure(.temporarilyUnavailable, "the code was not exchanged in time")
        }
        return try result.get()
      case .answer, .notice: continue
      }
    }
  }

  private func finish(
    _ signIn: SignIn, _ grant: Grant, _ keys: ServerKeys, _ server: CallbackServer
  ) throws(CourierFailure) {
    let session = Session(
      metadata: signIn.metadata, client: signIn.client, tokenEndpoint: signIn.tokenEndpoint,
      idToken: grant.idToken?.text, keys: keys.storable)
    let warnings = server.peersUnchecked.map { error in
      ["whose connections came to the listener could not be checked: \(error.reason)"]
    }
    try answer.finish(
      signIn: signIn, grant: grant, session: session, warnings: warnings ?? [])
    server.finish(.success(account: job.account, user: grant.username))
  }
}
