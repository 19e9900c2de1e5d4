/// When an access token is good enough, and when to fetch a new one. All times are in seconds.
enum RefreshPolicy {
  /// What an asker gets at least, unless it says otherwise.
  static let defaultValidity: Int64 = 60

  /// The longest wait a server's Retry-After can impose (RFC 9110 §10.2.3 sets no bound).
  static let longestRetryAfter: Int64 = 300

  /// The longest pause between two attempts in the background.
  private static let longestPause: Int64 = 300

  /// The validity an asker can reasonably expect of tokens that live `lifetime`.
  ///
  /// Without this, an asker who wants more than the server ever gives would cause a refresh at each
  /// request, and use up a rotating refresh token each time.
  static func neededValidity(requested: Int64, lifetime: Int64) -> Int64 {
    min(requested, max(lifetime / 2, lifetime - 60))
  }

  /// How long before its end the token of an account in use is replaced.
  ///
  /// Early enough that an asker with the default validity never waits for the server; never in the
  /// first half of the token's life.
  static func margin(lifetime: Int64) -> Int64 {
    min(lifetime / 2, max(defaultValidity + 30, min(lifetime / 10, 600)))
  }

  /// Refreshes in the background that begin at once when they become due together; more are spread.
  static let fewTogether = 4

  /// How late a deadline is that has not come by itself: the machine was suspended.
  static let lateness: Int64 = 5

  /// The longest time over which refreshes are spread that have become due together.
  private static let longestSpread: Int64 = 30

  /// Milliseconds until one of many refreshes that nobody waits for, up to a tenth of the token's life
  /// by `chance`: servers and network are not to be asked for all of them the moment a lid is opened.
  static func spread(lifetime: Int64, chance: UInt64) -> Int64 {
    let longest = min(max(0, lifetime), longestSpread * 10) * 100
    return Int64(chance % UInt64(longest + 1))
  }

  /// The pause after `failures` failed attempts in a row: 5, 10, 20 … 300 seconds, up to a fifth
  /// more or less by `chance`, so that many clients of a server that comes back do not come at
  /// once.
  static func pause(failures: Int, chance: UInt64) -> Int64 {
    let doubled = Int64(5) << Int64(min(max(failures, 1) - 1, 10))
    let pause = min(doubled, longestPause)
    let spread = max(pause / 5, 1)
    return pause - spread + Int64(chance % UInt64(2 * spread + 1))
  }
}
