import OAuth
import Platform

/// Where a browser comes back to after a sign-out: `post_logout_redirect_uri` (OpenID Connect
/// RP-Initiated Logout 1.0 §3).
struct Homecoming {
  /// What the server is told; nil where nothing is asked for.
  let place: EndSessionRequest.Return?
  /// Waits for the browser, where the address is one of this machine's.
  let listener: CallbackServer<VisitRules>?
  let warnings: [String]

  /// Listens, where that is to be done; a port that is taken is no reason not to sign out.
  static func open(for job: Job, environment: Environment) throws(CourierFailure) -> Homecoming {
    guard let text = job["post_logout_redirect_uri"] else {
      return Homecoming(place: nil, listener: nil, warnings: [])
    }
    let certificate = try RedirectCertificate.read(from: job, environment: environment)
    let redirectURI: RedirectURI
    do { redirectURI = try RedirectURI(text, hasCertificate: certificate != nil) } catch {
      throw CourierFailure(.failed, "post_logout_redirect_uri is refused: \(error)")
    }
    let state = State(try .fresh())
    let sockets: ListenerSockets?
    do { sockets = try ListenerSockets.open(redirectURI) } catch {
      let warning =
        "the browser will not come back to \(shown(text)), for \(error.reason)"
      return Homecoming(place: nil, listener: nil, warnings: [warning])
    }
    guard let sockets else {
      return Homecoming(
        place: EndSessionRequest.Return(to: redirectURI, state: state), listener: nil, warnings: [])
    }
    let rules = VisitRules(
      place: sockets.redirectURI, state: state,
      resultPath: "/signed-out/\(Nonce(try .fresh()).text)")
    return Homecoming(
      place: EndSessionRequest.Return(to: sockets.redirectURI, state: state),
      listener: CallbackServer(
        sockets: sockets, rules: rules,
        context: try RedirectCertificate.context(for: sockets.redirectURI, certificate)),
      warnings: [])
  }
}
