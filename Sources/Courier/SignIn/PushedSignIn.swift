import OAuth
import Platform

/// The address a browser is sent to, and for how long it is good.
struct SignInAddress: Sendable {
  let url: String
  /// Seconds; nil where the server sets no end.
  let lifetime: Int64?
}

extension SignIn {
  /// The address of this sign-in; where the request must be pushed, after it was (RFC 9126 §2).
  ///
  /// A push that fails is the end: a plain request in its place would put the parameters into the
  /// browser, which is what whoever made it fail may have wanted.
  func address(by talk: ServerTalk, deadline: BootInstant) throws(CourierFailure) -> SignInAddress {
    guard case .required(let endpoint, _) = pushing else {
      return SignInAddress(url: request.url, lifetime: nil)
    }
    var pushed: PushedAuthorizationRequest?
    let answer = try talk.answer(.proven, deadline: deadline) { client in
      let made = PushedAuthorizationRequest(pushing: request, client: client, endpoint: endpoint)
      pushed = made
      return made.post
    }
    guard let pushed else { throw CourierFailure(.failed, "the request was not pushed") }
    do {
      let response = try PushedAuthorizationResponse(
        validating: answer, to: pushed, now: wallClockSeconds())
      return SignInAddress(
        url: request.url(pushedAs: response), lifetime: response.expiresIn)
    } catch {
      let failure = talk.failure(of: error, to: pushed.post, at: .pushedRequest)
      guard failure.oauthError == "invalid_request" else { throw failure }
      // What the server's page would have said; RFC 9126 §2.3 has no code of its own for it.
      throw failure.with(
        remedy: .redirect(uri: shown(redirectURI.text), clientID: shown(identity.id)))
    }
  }
}
