/// An authorization request sent to the server first, by the client itself (RFC 9126 §2.1).
package struct PushedAuthorizationRequest: Sendable, Redacted {
  package let post: FormPost

  private init(post: FormPost) { self.post = post }

  /// The parameters of the authorization request, with what authenticates the client.
  package init(pushing request: AuthorizationRequest, client: Client, endpoint: Endpoint) {
    post = FormPost(
      endpoint: endpoint, leading: request.parameters.parameters, client: client, secrets: [])
  }

  /// The same request with a proof, which binds the code to its key (RFC 9449 §10.1).
  package func proven(by proof: DPoPProof) -> PushedAuthorizationRequest {
    PushedAuthorizationRequest(post: post.proven(by: proof))
  }
}

/// What stands for a pushed request (RFC 9126 §2.2).
package struct PushedAuthorizationResponse: Sendable, Redacted {
  /// The longest reference, in bytes: it goes into the browser's address.
  package static let maximumLength = 2048
  /// The lifetimes believed, in seconds.
  package static let lifetimes: ClosedRange<Int64> = 1...3600

  /// Not to be taken apart; whoever has it can begin this sign-in.
  package let requestURI: String
  /// Seconds from the moment of the answer until the browser must have been there.
  package let expiresIn: Int64

  /// Checks the answer to a request: 201, or 200 from servers that are loose about it.
  ///
  /// - Parameter now: seconds since 1970, to read a `Retry-After` date.
  package init(
    validating answer: EndpointAnswer, to request: PushedAuthorizationRequest, now: Int64
  ) throws(EndpointFailure) {
    let members = AnswerMembers(
      try answer.members(redacting: request.post.secrets, now: now, successes: 200...201))
    do { try self.init(members) } catch { throw .faulty(error) }
  }

  private init(_ members: AnswerMembers) throws(TokenResponseFault) {
    requestURI = try members.requiredToken("request_uri")
    guard requestURI.utf8.count <= Self.maximumLength else { throw .tooLong("request_uri") }
    guard Grammar.isVisible(requestURI) else { throw .badCharacters("request_uri") }
    guard let lifetime = try members.seconds("expires_in", in: Self.lifetimes) else {
      throw .missing("expires_in")
    }
    expiresIn = lifetime
  }
}
