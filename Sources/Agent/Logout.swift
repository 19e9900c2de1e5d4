/// One `action=logout`, for one account or for all, until the last revocation has ended.
final class Logout {
  let connection: UInt64
  var remaining = 0
  var forgotten: [String] = []
  var revoked: [String] = []
  var warnings: [String] = []

  init(connection: UInt64) { self.connection = connection }
}
