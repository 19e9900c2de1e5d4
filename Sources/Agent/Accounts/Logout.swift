/// One `action=logout`, for one account or for all, until the last of them has gone.
final class Logout {
  let connection: UInt64
  /// Whether the server is told of it; otherwise everything is only forgotten.
  let tellsServer: Bool
  /// Whether the client can open a browser, to end the server's own session.
  let hasBrowser: Bool
  /// Whether the accounts' registrations go with their sessions.
  let endsRegistration: Bool
  /// Seconds a browser has.
  let timeout: Int64
  /// Departures, and waits for one, that have not ended.
  var remaining = 0
  var forgotten: [String] = []
  var revoked: [String] = []
  var deleted: [String] = []
  var warnings: [String] = []

  init(
    connection: UInt64, tellsServer: Bool = true, hasBrowser: Bool = false,
    endsRegistration: Bool = false, timeout: Int64 = 0
  ) {
    self.connection = connection
    self.tellsServer = tellsServer
    self.hasBrowser = hasBrowser
    self.endsRegistration = endsRegistration
    self.timeout = timeout
  }
}
