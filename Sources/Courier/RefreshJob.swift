import OAuth
import Platform

/// The job that turns a refresh token into a fresh access token (RFC 6749 §6).
struct RefreshJob {
  /// Seconds for the whole job, however slow the server.
  static let limit: Int64 = 60

  let job: Job
  let answer: Answer
  let environment: Environment

  func run() throws(CourierFailure) {
    let deadline = BootInstant.now.adding(seconds: try Self.timeout(of: job))
    try AccountSettings.refuseUnsupported(in: job)
    let refreshToken = try job.token("refresh_token", or: "nothing to refresh with")
    let http = HTTPClient(job: job, environment: environment)
    let secret = try ClientSecret.read(
      from: job, environment: environment, deadline: deadline)
    let session = try Session.of(job, secret: secret, http: http, deadline: deadline)
    let client = try session.client(secret: secret)
    let request = TokenRequest(
      refreshing: refreshToken, client: client, endpoint: session.tokenEndpoint)
    let tokens = try http.tokens(
      for: request, at: .refresh, login: job.loginCommand, deadline: deadline)
    let keys = ServerKeys(stored: session.keys, endpoint: session.keysEndpoint, client: http)
    do throws(CourierFailure) {
      let grant = try Self.check(tokens, session, keys, deadline)
      try answer.finish(refreshed: grant, keys: keys.storable)
    } catch {
      // The server has rotated, whatever is wrong with the ID token beside it.
      var failure = error
      failure.rotatedRefreshToken = tokens.refreshToken
      throw failure
    }
  }

  static func timeout(of job: Job) throws(CourierFailure) -> Int64 {
    try job.seconds("timeout", default: limit, within: 1...limit)
  }

  /// A refreshed ID token is of the same issuer and person (OpenID Connect Core 1.0 §12.2).
  private static func check(
    _ tokens: TokenResponse, _ session: Session, _ keys: ServerKeys, _ deadline: BootInstant
  ) throws(CourierFailure) -> Grant {
    guard let text = tokens.idToken else {
      return Grant(tokens: tokens, idToken: nil, warnings: [])
    }
    guard let issuer = session.issuer else {
      let warning = "the id token was dropped: without an issuer it cannot be checked"
      return Grant(tokens: tokens, idToken: nil, warnings: [warning])
    }
    let previous = session.idToken.flatMap { PreviousIDToken(stored: $0) }
    let expectation = IDTokenExpectation(
      issuer: issuer, clientID: session.clientID,
      occasion: previous.map { .refresh($0) } ?? .refreshOfUnknownSubject,
      accessToken: tokens.accessToken, algorithms: session.algorithms)
    let idToken = try keys.check(text, against: expectation, deadline: deadline)
    return Grant(tokens: tokens, idToken: idToken, warnings: [])
  }
}

extension Job {
  /// A token of the job; `or` says what is missing without it.
  func token(_ key: String, or words: String) throws(CourierFailure) -> String {
    guard let token = self[key] else {
      throw CourierFailure(.loginRequired, words, hint: loginCommand)
    }
    guard Grammar.isVSCHAR(token) else {
      throw CourierFailure(.invalidRequest, "\(key) holds something other than printable ascii")
    }
    return token
  }
}

extension Session {
  /// The session that was kept, or, where none was, what discovery finds.
  static func of(
    _ job: Job, secret: String?, http: HTTPClient, deadline: BootInstant
  ) throws(CourierFailure) -> Session {
    if let session = try Session(kept: job) { return session }
    let metadata = try Discovery.metadata(for: job, client: http, deadline: deadline)
    return Session(
      metadata: metadata, client: try AccountSettings.client(of: job, metadata, secret: secret),
      tokenEndpoint: try metadata.need(.token), idToken: nil, keys: nil)
  }

  /// The client, authenticating as it did at sign-in.
  func client(secret: String?) throws(CourierFailure) -> Client {
    do {
      let authentication = try ClientAuthentication.choose(
        secret: secret, method: authenticationMethod,
        metadata: ServerMetadata(configured: [:], issuer: issuer))
      return Client(id: clientID, authentication: authentication)
    } catch { throw CourierFailure(.failed, error.description) }
  }
}
