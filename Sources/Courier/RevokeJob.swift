import Attributes
import HTTP1
import OAuth
import Platform

/// The job that ends a session at its server (RFC 7009).
struct RevokeJob {
  /// Seconds for the whole job: a person waits to be signed out.
  static let limit: Int64 = 60

  let job: Job
  let answer: Answer
  let environment: Environment

  func run() throws(CourierFailure) {
    let deadline = BootInstant.now.adding(seconds: try Self.timeout(of: job))
    let http = HTTPClient(job: job, environment: environment)
    let secret = try ClientSecret.read(
      from: job, environment: environment, deadline: deadline)
    let session = try Session.of(job, secret: secret, http: http, deadline: deadline)
    guard let endpoint = session.revocationEndpoint else {
      return try finish(warning: "the server names no revocation endpoint")
    }
    let client = try session.client(secret: secret)
    for (token, hint) in try tokens() {
      let request = RevocationRequest(token: token, hint: hint, client: client, endpoint: endpoint)
      try Self.send(request, by: http, for: job, deadline: deadline)
    }
    try finish(warning: nil)
  }

  static func timeout(of job: Job) throws(CourierFailure) -> Int64 {
    try job.seconds("timeout", default: limit, within: 1...limit)
  }

  /// The refresh token first: it outlives the other, which many servers end with it (§2.1).
  private func tokens() throws(CourierFailure) -> [(String, RevocationRequest.Hint)] {
    var tokens: [(String, RevocationRequest.Hint)] = []
    if job["refresh_token"] != nil {
      tokens.append((try job.token("refresh_token", or: ""), .refreshToken))
    }
    if job["access_token"] != nil {
      tokens.append((try job.token("access_token", or: ""), .accessToken))
    }
    guard !tokens.isEmpty else {
      throw CourierFailure(.invalidRequest, "there is no token to revoke")
    }
    return tokens
  }

  private static func send(
    _ request: RevocationRequest, by http: HTTPClient, for job: Job, deadline: BootInstant
  ) throws(CourierFailure) {
    let response: Response
    do { response = try http.post(request.post, deadline: deadline) } catch { throw error.failure }
    do { try request.check(EndpointAnswer(response), now: wallClockSeconds()) } catch {
      throw CourierFailure(
        error, at: .revocation, host: request.post.endpoint.host, login: job.loginCommand)
    }
  }

  private func finish(warning: String?) throws(CourierFailure) {
    try answer.finish { (block) throws(AttributeFault) in
      block.append("event", constant: "done")
      if let warning {
        try block.append(key: "warning", isList: true, value: warning)
      } else {
        block.append("revoked", constant: "yes")
      }
    }
  }
}
