import OAuth
import Platform

/// The job that turns a refresh token into a fresh access token (RFC 6749 §6), or into one for less
/// than the session has (RFC 8707 §2.2).
struct RefreshJob: BoundedJob {
  /// Seconds for the whole job, however slow the server.
  static let limit: Int64 = 60

  let job: Job
  let answer: Answer
  let environment: Environment
  /// Nil where nothing outlives the agent in any case.
  let keeper: AnswerKeeper?

  func run() throws(CourierFailure) {
    guard let keeper else { return try refresh() }
    defer { keeper.keep(answer.lastLines) }
    do throws(CourierFailure) { try refresh() } catch {
      answer.fail(error)
      throw error
    }
  }

  private func refresh() throws(CourierFailure) {
    let deadline = BootInstant.now.adding(seconds: try Self.timeout(of: job))
    let refreshToken = try job.token("refresh_token", or: "nothing to refresh with")
    let narrowing = try Narrowing(of: job)
    let context = try SessionTalk(for: job, environment: environment, deadline: deadline)
    let session = context.session
    try context.checkBinding(of: job)
    let tokens = try context.talk.tokens(
      at: narrowing == nil ? .refresh : .narrowing, deadline: deadline
    ) { client in
      TokenRequest(
        refreshing: refreshToken, scope: narrowing?.scope,
        resources: narrowing?.resources(instead: session.resources) ?? session.resources,
        client: client, endpoint: session.tokenEndpoint)
    }
    let keys = ServerKeys(
      stored: session.keys, endpoint: session.keysEndpoint, client: context.http)
    do throws(CourierFailure) {
      let grant = try Grant(
        tokens, checkedBy: session.rule, keys, skew: context.talk.skew, deadline: deadline)
      try answer.finish(
        refreshed: grant, narrowed: narrowing, keys: keys.storable, nonce: context.newNonce)
    } catch {
      // The server has rotated, whatever is wrong with the ID token beside it.
      var failure = error
      failure.rotatedRefreshToken = tokens.refreshToken
      throw failure
    }
  }
}

extension Session {
  /// A refreshed ID token is of the same issuer and person (OpenID Connect Core 1.0 §12.2).
  fileprivate var rule: IDTokenRule {
    let previous = idToken.flatMap { PreviousIDToken(stored: $0) }
    return IDTokenRule(
      issuer: issuer, clientID: clientID,
      occasion: previous.map { .refresh($0) } ?? .refreshOfUnknownSubject, isRequired: false,
      algorithms: algorithms)
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
