/// Why polling is over without a token.
package enum DevicePollingEnd: Error, Sendable, Equatable, CustomStringConvertible {
  /// The person said no (RFC 8628 §3.5).
  case denied(OAuthError)
  /// Nobody came in time: the server says so, or its own lifetime of the code has passed.
  case expired
  /// The server refused for another reason, or its answer is unacceptable.
  case failed(EndpointFailure)

  package var description: String {
    switch self {
    case .denied(let error): error.description
    case .expired: "the code was not used in time and has expired"
    case .failed(let failure): failure.description
    }
  }
}

/// When the token endpoint is asked next, and when no more (RFC 8628 §3.3, §3.5).
///
/// Times are seconds of any one clock that counts while the machine sleeps and never goes back.
package struct DevicePolling: Sendable, Hashable {
  /// What every `slow_down` adds, in seconds and for good (§3.5).
  private static let slowDown: Int64 = 5
  /// The longest wait after network errors, in seconds, where the interval itself is not longer.
  private static let maximumBackOff: Int64 = 60

  /// What to do now.
  package enum Step: Sendable, Hashable {
    /// Ask the token endpoint.
    case poll
    /// Nothing before this time.
    case wait(until: Int64)
    /// The code is dead; there is no use in asking.
    case expired
  }

  /// Seconds between two polls as the server wants it.
  package private(set) var interval: Int64
  /// When the code dies.
  package let expiration: Int64
  private var nextPoll: Int64
  private var failuresInARow = 0

  /// Begins at the moment of the device authorization response; the first poll is one interval off.
  package init(_ response: DeviceAuthorizationResponse, now: Int64) {
    interval = response.interval
    expiration = now + response.expiresIn
    nextPoll = now + response.interval
  }

  package func step(now: Int64) -> Step {
    guard now < expiration else { return .expired }
    guard now < nextPoll else { return .poll }
    // Past its end the code will not be asked about again.
    return .wait(until: min(nextPoll, expiration))
  }

  /// Takes note of an answer without a token.
  ///
  /// - Parameter now: when it came: the interval counts from there.
  /// - Throws: the end, where the answer is one.
  package mutating func receive(
    _ failure: EndpointFailure, now: Int64
  ) throws(DevicePollingEnd) {
    if case .refused(let error) = failure {
      switch error.code {
      case "authorization_pending": return wait(interval, now: now)
      case "slow_down":
        interval += Self.slowDown
        return wait(interval, now: now)
      case "access_denied": throw .denied(error)
      case "expired_token": throw .expired
      default: break
      }
    }
    guard case .tryAgainLater(let after) = failure.verdict else { throw .failed(failure) }
    backOff(atLeast: after ?? 0, now: now)
  }

  /// Takes note of a poll that brought no answer: the next ones come at growing distances (§3.5).
  package mutating func lostConnection(now: Int64) { backOff(atLeast: 0, now: now) }

  private mutating func wait(_ seconds: Int64, now: Int64) {
    failuresInARow = 0
    nextPoll = now + seconds
  }

  private mutating func backOff(atLeast wanted: Int64, now: Int64) {
    failuresInARow = min(failuresInARow + 1, 6)
    let doubled = min(interval << failuresInARow, Self.maximumBackOff)
    nextPoll = now + max(doubled, interval, wanted)
  }
}
