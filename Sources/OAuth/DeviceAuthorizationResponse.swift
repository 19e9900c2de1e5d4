/// A successful answer of the device authorization endpoint (RFC 8628 §3.2), fit to be shown.
package struct DeviceAuthorizationResponse: Sendable, Redacted {
  /// The longest code a person is asked to type, in characters; servers have eight or nine.
  package static let maximumUserCode = 64
  /// The lifetimes believed, in seconds: a person needs some time and nobody needs an hour.
  package static let lifetimes: ClosedRange<Int64> = 1...3600
  /// The intervals believed, in seconds: below, the server would be flooded; above, a person would
  /// wait at a sign-in long done.
  package static let intervals: ClosedRange<Int64> = 1...60
  /// The interval where the server names none (§3.2).
  package static let defaultInterval: Int64 = 5

  /// What the polls are made with; for the server alone.
  package let deviceCode: String
  /// What the person types: printable ASCII.
  package let userCode: String
  /// Where the person goes: https, or http on this machine, and made of nothing but the characters
  /// of RFC 3986.
  package let verificationURI: Endpoint
  /// The same with the code in it, for a link or a QR code; `nil` where it is at another server: a
  /// camera follows a picture that a person cannot read.
  package let verificationURIComplete: Endpoint?
  /// Seconds from the moment of the answer.
  package let expiresIn: Int64
  /// Seconds between two polls.
  package let interval: Int64

  /// Checks the answer to a request.
  ///
  /// - Parameter now: seconds since 1970, to read a `Retry-After` date.
  package init(
    validating answer: EndpointAnswer, to request: DeviceAuthorizationRequest, now: Int64
  ) throws(EndpointFailure) {
    let members = AnswerMembers(
      try answer.members(redacting: request.post.secrets, now: now))
    do { try self.init(members) } catch { throw .faulty(error) }
  }

  private init(_ members: AnswerMembers) throws(TokenResponseFault) {
    deviceCode = try members.requiredToken("device_code")
    userCode = try members.requiredToken("user_code")
    guard userCode.utf8.count <= Self.maximumUserCode else { throw .tooLong("user_code") }
    let address = try Self.verificationURI(in: members)
    verificationURI = address
    let complete = try members.endpoint("verification_uri_complete")
    verificationURIComplete = complete.flatMap { $0.isSameOrigin(as: address) ? $0 : nil }
    guard let lifetime = try members.seconds("expires_in", in: Self.lifetimes) else {
      throw .missing("expires_in")
    }
    expiresIn = lifetime
    interval = try members.seconds("interval", in: Self.intervals) ?? Self.defaultInterval
  }

  /// Google has an older spelling of the name.
  private static func verificationURI(
    in members: AnswerMembers
  ) throws(TokenResponseFault) -> Endpoint {
    if let address = try members.endpoint("verification_uri") { return address }
    if let address = try members.endpoint("verification_url") { return address }
    throw .missing("verification_uri")
  }
}
