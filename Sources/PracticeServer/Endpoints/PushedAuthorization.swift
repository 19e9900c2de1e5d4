import HTTP1
import OAuth

extension AuthorizationServer {
  /// How a `request_uri` of this server begins (RFC 9126 §2.2).
  static let requestURIPrefix = "urn:ietf:params:oauth:request_uri:"

  /// The pushed authorization request endpoint (RFC 9126 §2).
  mutating func push(
    _ request: Request, in surroundings: inout Surroundings
  ) throws(Refusal) -> Reply {
    let form = try request.form(.allowed(["resource"]))
    let client = try authenticatedClient(request, form, in: surroundings)
    guard form.value(of: "request_uri") == nil else {
      throw .invalidRequest("a pushed request cannot name another")
    }
    let key = try provenKey(of: request, in: &surroundings)
    var checked: CheckedAuthorizationRequest
    do {
      checked = try CheckedAuthorizationRequest(form.naming(client)) { _ in client }
    } catch { throw error.refusal }
    if let key {
      // RFC 9449 §10.1: both may be there, for the same key.
      guard checked.keyThumbprint ?? key == key else {
        throw Self.badProof("dpop_jkt is not the key of the proof")
      }
      checked.keyThumbprint = key
    }
    try makeRoom(at: surroundings.now)
    let address = Self.requestURIPrefix + (try surroundings.secret())
    pushed[address] = PushedRequest(
      request: checked, expiresAt: surroundings.now + PushedRequest.lifetime)
    var reply = Reply.json(
      ["request_uri": .string(address), "expires_in": .seconds(PushedRequest.lifetime)],
      status: 201)
    try offerNonce(in: &reply, &surroundings)
    return reply
  }

  /// The request a `request_uri` stands for, once (RFC 9126 §4).
  mutating func takePushed(
    _ parameters: FormParameters, at now: Int64
  ) throws(Refusal) -> CheckedAuthorizationRequest {
    guard !parameters.isRepeated("request_uri"), !parameters.isRepeated("client_id"),
      let address = parameters.value(of: "request_uri"), let kept = pushed[address],
      kept.request.client.id == parameters.value(of: "client_id")
    else { throw Refusal(.invalidRequestURI, "the request_uri is not known for this client") }
    pushed[address] = nil
    guard kept.expiresAt > now else {
      throw Refusal(.invalidRequestURI, "the request_uri has expired")
    }
    return kept.request
  }
}

extension FormParameters {
  /// The form with the client named in it: one that authenticates otherwise need not (RFC 9126 §2.1).
  fileprivate func naming(_ client: RegisteredClient) -> FormParameters {
    guard value(of: "client_id") == nil else { return self }
    var form = self
    form.append("client_id", client.id)
    return form
  }
}
