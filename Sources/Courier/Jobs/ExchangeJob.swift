import Attributes
import OAuth
import Platform

/// The job that exchanges the session's access token for one of another service (RFC 8693).
struct ExchangeJob: BoundedJob {
  /// Seconds for the whole job, however slow the server.
  static let limit: Int64 = 60

  let job: Job
  let answer: Answer
  let environment: Environment

  func run() throws(CourierFailure) {
    let deadline = BootInstant.now.adding(seconds: try Self.timeout(of: job))
    let accessToken = try job.token("access_token", or: "there is no access token to exchange")
    let audiences = job.all("audience")
    let narrowing = try Narrowing(of: job)
    guard !audiences.isEmpty || narrowing != nil else {
      throw CourierFailure(.invalidRequest, "an exchange needs an audience, a resource or a scope")
    }
    let context = try SessionTalk(for: job, environment: environment, deadline: deadline)
    try context.checkBinding(of: job)
    let exchange = TokenExchange(
      subject: TokenExchange.Subject(accessToken, .accessToken), audiences: audiences,
      resources: narrowing?.resources ?? [], scope: narrowing?.scope)
    let endpoint = context.session.tokenEndpoint
    let tokens = try context.talk.tokens(at: .tokenExchange, deadline: deadline) { client in
      TokenRequest(exchange: exchange, client: client, endpoint: endpoint)
    }
    try finish(tokens, narrowing, nonce: context.newNonce)
  }

  /// A refresh token that comes along is left out (§2.2.1): the session has its own, and this one
  /// would be forgotten without being revoked by anybody who knows of it.
  private func finish(
    _ tokens: TokenResponse, _ narrowing: Narrowing?, nonce: String?
  ) throws(CourierFailure) {
    try answer.finish { (block) throws(AttributeFault) in
      block.append("event", constant: "done")
      try block.append("access_token", tokens.accessToken)
      try block.append("token_type", tokens.type.rawValue)
      if case .seconds(let seconds) = tokens.expiresIn { block.append("expires_in", seconds) }
      if let scope = tokens.scope ?? narrowing?.scope?.text { try block.append("scope", scope) }
      if let nonce { try block.append("session.dpop_nonce", nonce) }
      if let warning = narrowing?.warning(granted: tokens.scope) {
        try block.append(key: "warning", isList: true, value: warning)
      }
    }
  }
}
