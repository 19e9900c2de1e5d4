import OAuth
import Platform

/// A client to be registered at a server (RFC 7591 §3).
struct RegistrationForm: Sendable {
  /// What people see where they allow the sign-in.
  private static let clientName = "sallyport"

  let job: Job
  let wish: ClientChoice.Wish
  let endpoint: Endpoint
  /// Whose client it will be.
  let server: String

  /// Registers it.
  func register(
    by http: HTTPClient, environment: Environment, deadline: BootInstant
  ) throws(CourierFailure) -> Registration {
    let request = ClientRegistrationRequest(
      redirectURIs: wish.redirectURIs, clientName: Self.clientName, scope: wish.scope,
      initialAccessToken: try initialAccessToken(environment), isProven: wish.isProven,
      usesDevices: wish.usesDevices, endpoint: endpoint)
    let answer: EndpointAnswer
    do { answer = EndpointAnswer(try http.send(request.post, deadline: deadline)) } catch {
      throw error.failure
    }
    do {
      let response = try ClientRegistrationResponse(
        validating: answer, to: request, now: wallClockSeconds())
      return Registration(response, server: server, wish: wish)
    } catch { throw failure(error) }
  }

  /// Why there is no client now, and what can be done instead.
  private func failure(_ fault: EndpointFailure) -> CourierFailure {
    let host = shown(endpoint.host)
    let words = "no client could be registered at \(host): \(fault)"
    let hint = "\(job.targetCommand) --client-id ID"
    var failure: CourierFailure
    switch fault.verdict {
    case .tryAgainLater(let after):
      failure = CourierFailure(.temporarilyUnavailable, words, remedy: .later(seconds: after))
      failure.retryAfter = after
    case .sessionOver, .refused, .unexplained:
      let key = job["initial_access_token_file"] == nil ? ", or initial_access_token_file" : ""
      failure = CourierFailure(
        .accessDenied, "\(words); have one registered there and give its client_id\(key)",
        hint: hint)
    case .faulty: failure = CourierFailure(.failed, words, remedy: fault.remedy, hint: hint)
    }
    if case .refused(let error) = fault {
      failure.oauthError = error.code
      failure.httpStatus = error.status
    }
    return failure
  }

  /// The token some servers give out to register with (RFC 7591 §3): the file's first line.
  private func initialAccessToken(_ environment: Environment) throws(CourierFailure) -> String? {
    let key = "initial_access_token_file"
    guard let path = job[key] else { return nil }
    // Only the person can say whose token it is; a resource could name any server.
    guard job["issuer"] != nil || job["registration_endpoint"] != nil else {
      throw CourierFailure(
        .failed, "the \(key) is for one server alone: give its issuer",
        hint: "\(job.targetCommand) --issuer \(shellQuoted(server))")
    }
    let bytes = try PrivateFile.read(
      path, for: key, readers: .ownerOnly, environment: environment)
    var line = bytes.prefix { $0 != UInt8(ascii: "\n") }
    if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
    let token = String(decoding: line, as: UTF8.self)
    guard Grammar.isVisible(token) else {
      throw CourierFailure(.failed, "the \(key) holds no token of printable ascii")
    }
    return token
  }
}
