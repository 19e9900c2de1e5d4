import Attributes
import HTTP1
import OAuth
import Platform

/// The job that has a server forget a client it has registered (RFC 7592 §2.3).
struct UnregisterJob: BoundedJob {
  /// Seconds for the whole job: a person waits to be signed out.
  static let limit: Int64 = 60

  let job: Job
  let answer: Answer
  let environment: Environment

  func run() throws(CourierFailure) {
    let deadline = BootInstant.now.adding(seconds: try Self.timeout(of: job))
    guard let registration = Registration(kept: job) else {
      throw CourierFailure(.invalidRequest, "there is no registration to delete")
    }
    let id = shown(registration.clientID)
    guard let management = registration.management else {
      throw CourierFailure(
        .failed,
        "\(shown(registration.server)) lets no client delete its registration: whoever runs it "
          + "can delete client \(id)")
    }
    let deletion = ClientRegistrationDeletion(management)
    let http = HTTPClient(job: job, environment: environment)
    let received: EndpointAnswer
    do {
      received = EndpointAnswer(
        try http.delete(
          deletion.endpoint, fields: HeaderFields(deletion.headerFields), deadline: deadline))
    } catch { throw error.failure }
    do { try deletion.check(received, now: wallClockSeconds()) } catch {
      throw Self.failure(error, of: id, host: deletion.endpoint.host)
    }
    try answer.finish { (block) throws(AttributeFault) in
      block.append("event", constant: "done")
      block.append("deleted", constant: "yes")
    }
  }

  private static func failure(
    _ fault: EndpointFailure, of id: String, host: String
  ) -> CourierFailure {
    let words = "\(shown(host)) did not delete client \(id): \(fault)"
    switch fault.verdict {
    case .tryAgainLater(let after):
      var failure = CourierFailure(.temporarilyUnavailable, words)
      failure.retryAfter = after
      return failure
    case .sessionOver, .refused, .unexplained:
      // A client that is gone already is answered so too.
      return CourierFailure(.accessDenied, "\(words); it may be gone already")
    case .faulty: return CourierFailure(.failed, words)
    }
  }
}
