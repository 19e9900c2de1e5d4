import Attributes
import HTTP1
import OAuth
import Platform

/// The job that asks a server what it tells about the person (OpenID Connect Core 1.0 §5.3).
struct UserInfoJob: BoundedJob {
  /// Seconds for the whole job.
  static let limit: Int64 = 60

  let job: Job
  let answer: Answer
  let environment: Environment

  func run() throws(CourierFailure) {
    let deadline = BootInstant.now.adding(seconds: try Self.timeout(of: job))
    let accessToken = try job.token("access_token", or: "there is no access token to ask with")
    guard let session = try Session(kept: job) else {
      throw CourierFailure(.loginRequired, "there is no session", hint: job.loginCommand)
    }
    guard let endpoint = session.userinfoEndpoint else {
      throw CourierFailure(
        .failed, "the server names no userinfo_endpoint", remedy: .address(.userinfo))
    }
    // Whose data it is can only be said by an ID token (§5.3.2).
    guard let issuer = session.issuer,
      let previous = session.idToken.flatMap({ PreviousIDToken(stored: $0) })
    else {
      throw CourierFailure(
        .failed,
        "without an id token the userinfo cannot be told to be this user's; ask for the scope openid "
          + "at an issuer", hint: job.loginCommand)
    }
    let http = HTTPClient(job: job, environment: environment)
    let received = try ask(endpoint, accessToken, session, http, deadline)
    let keys = ServerKeys(stored: session.keys, endpoint: session.keysEndpoint, client: http)
    let expectation = SignedTokenExpectation(
      issuer: issuer, clientID: session.clientID, algorithms: session.userinfoAlgorithms)
    let userInfo = try judged(
      received, by: keys, host: endpoint.host, deadline
    ) { (keys) throws(UserInfoFault) in
      try UserInfo(
        validating: received, subject: previous.subject, accessToken: accessToken,
        expectation: expectation, keys: keys, cryptography: OpenSSLCryptography(),
        now: wallClockSeconds())
    }
    try finish(userInfo)
  }

  /// Asks with the token; with proofs where it is bound to a key, and again where the server wants
  /// a nonce in them (RFC 9449 §9).
  private func ask(
    _ endpoint: Endpoint, _ accessToken: String, _ session: Session, _ http: HTTPClient,
    _ deadline: BootInstant
  ) throws(CourierFailure) -> EndpointAnswer {
    let certificate = try session.certificate(job, environment: environment, deadline: deadline)
    var rule = DPoPNonceRule(nonce: DPoPNonce(session.nonce))
    while true {
      var fields: HeaderFields = ["Accept": "application/json, application/jwt"]
      if let key = session.proofKey {
        let proof = try key.proof(
          for: try Self.target(endpoint), accessToken: accessToken, nonce: rule.nonce)
        fields.append("Authorization", "DPoP \(accessToken)")
        fields.append(DPoPProof.fieldName, proof.text)
      } else {
        fields.append("Authorization", "Bearer \(accessToken)")
      }
      let response: Response
      do {
        response = try http.get(
          endpoint, fields: fields, presenting: certificate, deadline: deadline)
      } catch { throw error.failure }
      let received = EndpointAnswer(response)
      guard session.proofKey != nil, rule.isRetryDue(after: received) else { return received }
    }
  }

  private static func target(_ endpoint: Endpoint) throws(CourierFailure) -> DPoPTarget {
    do { return try DPoPTarget(method: "GET", url: endpoint.text) } catch {
      throw CourierFailure(.failed, "userinfo_endpoint: \(error)")
    }
  }

  /// Judges an answer; the keys are only needed for a signed one, and fetched once more where that
  /// may help (OpenID Connect Core 1.0 §10.1.1).
  private func judged(
    _ received: EndpointAnswer, by keys: ServerKeys, host: String, _ deadline: BootInstant,
    _ judge: (JSONWebKeySet) throws(UserInfoFault) -> UserInfo
  ) throws(CourierFailure) -> UserInfo {
    let known: JSONWebKeySet =
      received.mediaType == "application/jwt" ? try keys.known(deadline: deadline) : .none
    do { return try judge(known) } catch {
      guard error.isCuredByFreshKeys else { throw failure(error, received, host) }
    }
    let fresh = try keys.fresh(deadline: deadline)
    do { return try judge(fresh) } catch { throw failure(error, received, host) }
  }

  private func failure(
    _ fault: UserInfoFault, _ received: EndpointAnswer, _ host: String
  ) -> CourierFailure {
    switch fault {
    case .answer(let failure):
      CourierFailure(failure, at: .userInfo, host: host, login: job.loginCommand)
    case .token(let fault):
      CourierFailure(
        fault, of: "the signed userinfo",
        skew: ClockSkew(date: received.date, now: wallClockSeconds()))
    case .notAnAnswer, .subjectMissing, .otherSubject:
      CourierFailure(.failed, "\(shown(host)): \(fault)", remedy: fault.remedy)
    }
  }

  private func finish(_ userInfo: UserInfo) throws(CourierFailure) {
    let claims = FlattenedClaims(userInfo.claims)
    try answer.finish { (block) throws(AttributeFault) in
      block.append("event", constant: "done")
      try block.append("sub", userInfo.subject)
      for (name, value) in claims.lines {
        try block.append(key: "claim.\(name)", value: value)
      }
      if let document = claims.document { try block.append("userinfo", document) }
      for warning in claims.warnings {
        try block.append(key: "warning", isList: true, value: warning)
      }
    }
  }
}
