import Attributes
import OAuth
import Platform

/// The job that ends a session at its server (RFC 7009).
struct RevokeJob: BoundedJob {
  /// Seconds for the whole job: a person waits to be signed out.
  static let limit: Int64 = 60

  let job: Job
  let answer: Answer
  let environment: Environment

  func run() throws(CourierFailure) {
    let deadline = BootInstant.now.adding(seconds: try Self.timeout(of: job))
    let tokens = try tokens()
    if let reason = FormerGrant(of: job)?.reasonToKeep {
      return try finish(isRevoked: false, warning: reason)
    }
    let context = try SessionTalk(for: job, environment: environment, deadline: deadline)
    let endpoint =
      context.session.revocationEndpoint
      ?? Discovery.revocationEndpoint(
        of: context.session, context.talk, for: job, client: context.http, deadline: deadline)
    guard let endpoint else {
      return try finish(
        isRevoked: nil,
        warning:
          "the server names no revocation endpoint; \(Remedy.expiry)")
    }
    try finish(
      isRevoked: true, warning: try revoke(tokens, at: endpoint, context.talk, deadline))
  }

  /// The refresh token first: it outlives the others, which many servers end with it (§2.1).
  private func tokens() throws(CourierFailure) -> [(String, RevocationRequest.Hint)] {
    var tokens: [(String, RevocationRequest.Hint)] = []
    if job["refresh_token"] != nil {
      tokens.append((try job.token("refresh_token", or: ""), .refreshToken))
    }
    if job["access_token"] != nil {
      tokens.append((try job.token("access_token", or: ""), .accessToken))
    }
    for token in job.all("narrowed_token") {
      guard Grammar.isVSCHAR(token) else {
        throw CourierFailure(
          .invalidRequest, "narrowed_token holds something other than printable ascii")
      }
      tokens.append((token, .accessToken))
    }
    guard !tokens.isEmpty else {
      throw CourierFailure(.invalidRequest, "there is no token to revoke")
    }
    return tokens
  }

  /// Revokes one after the other; a refusal of one keeps none of the others alive.
  ///
  /// - Returns: what is left to be said when all is well.
  /// - Throws: the first failure.
  private func revoke(
    _ tokens: [(String, RevocationRequest.Hint)], at endpoint: Endpoint, _ talk: ServerTalk,
    _ deadline: BootInstant
  ) throws(CourierFailure) -> String? {
    var first: CourierFailure?
    var warning: String?
    for (token, hint) in tokens {
      do throws(CourierFailure) { try revoke(token, hint, at: endpoint, talk, deadline) } catch {
        if hint == .accessToken, error.oauthError == "unsupported_token_type" {
          // RFC 7009 §2.2.1; what the refresh token's end does not end, time does.
          warning = "the server revokes no access tokens; they end by themselves"
          continue
        }
        first = first ?? error
        // A server that does not answer will not answer the next one either.
        if error.failure.code == .temporarilyUnavailable { break }
      }
    }
    // The tokens are forgotten here in any case: nobody can try again.
    if let first { throw first.with(remedy: .expiry) }
    return warning
  }

  private func revoke(
    _ token: String, _ hint: RevocationRequest.Hint, at endpoint: Endpoint, _ talk: ServerTalk,
    _ deadline: BootInstant
  ) throws(CourierFailure) {
    let (request, answer) = try talk.ask(deadline: deadline, \.post) { client in
      RevocationRequest(token: token, hint: hint, client: client, endpoint: endpoint)
    }
    do { try request.check(answer, now: wallClockSeconds()) } catch {
      throw talk.failure(of: error, to: request.post, at: .revocation)
    }
  }

  /// - Parameter isRevoked: nil where there was no way to.
  private func finish(isRevoked: Bool?, warning: String?) throws(CourierFailure) {
    try answer.finish { (block) throws(AttributeFault) in
      block.append("event", constant: "done")
      switch isRevoked {
      case true?: block.append("revoked", constant: "yes")
      case false?: block.append("revoked", constant: "no")
      case nil: break
      }
      if let warning { try block.append(key: "warning", isList: true, value: warning) }
    }
  }
}
