import Attributes
import Glibc
import OAuth
import Platform

/// The job that ends the person's session at the server, by the browser (OpenID Connect
/// RP-Initiated Logout 1.0 §2).
///
/// The browser is started with the address of a door that opens once and leads on: the server's own
/// address has the ID token in it, and would stand on a command line for everybody to read.
struct EndSessionJob {
  /// Seconds a browser has when nothing else is said.
  static let defaultTimeout: Int64 = 120
  /// Seconds that may be given at most.
  static let longestTimeout: Int64 = 600

  let job: Job
  let answer: Answer
  let output: Int32
  let environment: Environment
  var peers = PeerRule()

  func run() throws(CourierFailure) {
    let deadline = BootInstant.now.adding(seconds: try Self.timeout(of: job))
    guard let session = try Session(kept: job) else {
      throw CourierFailure(.failed, "there is no session to end")
    }
    guard let endpoint = session.endSessionEndpoint else {
      throw CourierFailure(
        .failed,
        "the server names no end_session_endpoint, so that the browser may stay signed in there")
    }
    let homecoming = try Homecoming.open(for: job, environment: environment)
    let request: EndSessionRequest
    do {
      request = try EndSessionRequest(
        endpoint: endpoint, clientID: session.clientID, idToken: session.idToken,
        comingBack: homecoming.place)
    } catch { throw CourierFailure(.failed, error.description) }
    try sendAway(to: request.url, until: deadline)
    var warnings = homecoming.warnings
    if let listener = homecoming.listener, !(try welcome(at: listener, until: deadline)) {
      warnings.append("the browser has not come back from \(shown(endpoint.host))")
    }
    try answer.finish { (block) throws(AttributeFault) in
      block.append("event", constant: "done")
      for warning in warnings { try block.append(key: "warning", isList: true, value: warning) }
    }
  }

  static func timeout(of job: Job) throws(CourierFailure) -> Int64 {
    try job.seconds("timeout", default: defaultTimeout, within: 1...longestTimeout)
  }

  /// Waits for the browser and leads it to the server, once.
  private func sendAway(to url: String, until deadline: BootInstant) throws(CourierFailure) {
    let sockets = try Self.listen(at: "/end-session/\(Nonce(try .fresh()).text)")
    let door = CallbackServer(
      sockets: sockets, rules: VisitRules(place: sockets.redirectURI), peers: peers)
    try answer.send { (block) throws(AttributeFault) in
      block.append("event", constant: "end-session")
      try block.append("url", sockets.redirectURI.text)
    }
    guard try visit(at: door, until: deadline) else {
      throw CourierFailure(
        .temporarilyUnavailable,
        "no browser came to end the session at the server before the time was over")
    }
    // The address stands on a command line, which every user can read, and leads to an ID token.
    if let error = door.peersUnchecked {
      throw CourierFailure(
        .failed,
        "it cannot be told which user has come for the id token (\(error.reason)); end the session "
          + "at the server itself")
    }
    door.leave(for: url)
    door.linger()
  }

  /// Listens on a free port.
  private static func listen(at path: String) throws(CourierFailure) -> ListenerSockets {
    do {
      let place = try RedirectURI("http://127.0.0.1\(path)")
      if let sockets = try ListenerSockets.open(place) { return sockets }
    } catch let fault as ListenerFault {
      throw CourierFailure(.failed, "nothing can be listened on: \(fault.reason)")
    } catch {}
    throw CourierFailure(.failed, "nothing can be listened on for the browser")
  }

  /// Waits for the browser to come back; false when it does not.
  private func welcome(
    at listener: CallbackServer<VisitRules>, until deadline: BootInstant
  ) throws(CourierFailure) -> Bool {
    guard try visit(at: listener, until: deadline) else { return false }
    listener.finish(.signedOut(account: job.account))
    listener.linger()
    return true
  }

  private func visit(
    at server: CallbackServer<VisitRules>, until deadline: BootInstant
  ) throws(CourierFailure) -> Bool {
    // A hang-up of whoever reads the output is told without being asked for.
    let watch = ListenerWatch(descriptor: output, events: 0)
    while true {
      switch server.next(watching: [watch], until: deadline) {
      case .answer: return true
      case .ready:
        throw CourierFailure(.failed, "nobody waits for the end of this session any more")
      case .notice: continue
      case .deadline: return false
      }
    }
  }
}
