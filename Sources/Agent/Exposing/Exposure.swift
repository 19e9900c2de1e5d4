import Attributes
import Configuration
import Glibc
import Platform

/// A narrow socket and what it gives: one access token of one account, to whoever may connect.
final class Exposure {
  /// Narrow sockets an agent serves; each is a descriptor to be polled.
  static let most = 32
  /// Connections of one narrow socket; the next wait in the kernel, and those of other sockets do not.
  static let mostConnections = 16
  /// Connections taken in one round of the loop: whoever connects in a loop is not to hold it up.
  static let mostAccepted = 4
  /// Bytes of a request that is not whole yet: git's longest attributes, and no more of the pages
  /// that are locked in memory.
  static let longestRequest = 16 * 1024

  /// Seconds in which a failure is told again: each attempt is a courier and a request to the server.
  static let pauseAfterFailure: Int64 = 5

  let id: UInt64
  let account: AccountName
  /// What the token is good for; nil for the session's own.
  let narrowing: Narrowing?
  let socket: NarrowSocket
  /// Users that may connect beside the agent's own.
  let users: [uid_t]
  let ends: BootInstant
  /// Those who are connected.
  var connections: [UInt64: Connection] = [:]
  /// What the poller waits for; nil as long as it does not know the socket.
  var watched: Int32?
  /// How often the token was handed out.
  private(set) var uses: Int64 = 0
  /// In seconds since the Unix epoch.
  private(set) var lastUsed: Int64?

  init(
    id: UInt64, account: AccountName, narrowing: Narrowing?, socket: NarrowSocket, users: [uid_t],
    ends: BootInstant
  ) {
    self.id = id
    self.account = account
    self.narrowing = narrowing
    self.socket = socket
    self.users = users
    self.ends = ends
  }

  /// Why there was no token a moment ago, and until when the server is not asked again for this socket.
  private var pause: (failure: Failure, until: BootInstant)?

  /// A courier has brought nothing to somebody who waited here.
  func noteFailure(_ failure: Failure, now: BootInstant) {
    // After a new sign-in there is to be a token at once.
    guard failure.code != .loginRequired else { return }
    pause = (failure, now.adding(seconds: Self.pauseAfterFailure))
  }

  /// What those are told who come too soon after a failure.
  func recentFailure(at now: BootInstant) -> Failure? {
    guard let pause, pause.until > now else { return nil }
    return pause.failure
  }

  func serves(_ user: uid_t) -> Bool { user == geteuid() || users.contains(user) }

  func noteUse() {
    uses += 1
    lastUsed = wallClockSeconds()
  }

  /// Whether one more can be taken, if need be in the place of one that asks for nothing now.
  var hasRoom: Bool {
    connections.count < Self.mostConnections || connections.values.contains { !$0.isBusy }
  }

  /// What is said to those who want anything else.
  func refusal(_ what: String) -> Failure {
    Failure(
      .accessDenied, "this socket gives one access token of \(account) and nothing else: \(what)")
  }
}

/// What `action=expose` asks for.
struct ExposureOrder: Equatable {
  /// Seconds a narrow socket may be there: a working day if nothing is said, a month at most.
  static let defaultLifetime: Int64 = 8 * 3600
  static let longestLifetime: Int64 = 30 * 86_400
  /// Users beside the agent's own that one socket can be for.
  private static let mostUsers = 8

  let path: String
  let lifetime: Int64
  let users: [uid_t]

  /// Reads `socket`, `ttl` and `allow_uid[]` of a request.
  init(_ request: AttributeBlock) throws(Failure) {
    guard let path = request.string("socket"), !path.isEmpty else {
      throw Failure(.invalidRequest, "the request names no socket")
    }
    self.path = path
    lifetime = try Self.lifetime(request)
    var users: [uid_t] = []
    for text in request.strings("allow_uid") {
      // The largest number stands for no user at all (chown(2)).
      guard let user = uid_t(text), user != uid_t.max else {
        throw Failure(.invalidRequest, "allow_uid is not a user's number")
      }
      users.append(user)
    }
    guard users.count <= Self.mostUsers else {
      throw Failure(.invalidRequest, "a socket can be for \(Self.mostUsers) more users at most")
    }
    self.users = users
  }

  private static func lifetime(_ request: AttributeBlock) throws(Failure) -> Int64 {
    guard request["ttl"] != nil else { return defaultLifetime }
    guard let lifetime = request.integer("ttl"), (1...longestLifetime).contains(lifetime) else {
      throw Failure(
        .invalidRequest, "ttl is not a number of seconds from 1 to \(longestLifetime)")
    }
    return lifetime
  }
}
