/// The claims of an ID token and the checks that need nothing but them, a clock and a hash.
struct IDTokenClaims {
  /// How far two honest clocks may be apart, in seconds.
  static let tolerance = 60.0
  /// The longest subject, in ASCII characters (OpenID Connect Core 1.0 §2).
  static let maximumSubject = 255
  /// The last second of the year 9999: a later NumericDate is a mistake or an attack.
  static let latestDate = 253_402_300_799.0

  let members: [String: JSONValue]

  init(parsing bytes: [UInt8]) throws(IDTokenFault) {
    do { members = try JSONValue.object(parsing: bytes) } catch { throw .claims(error) }
  }

  /// A claim that must be there and be a text.
  func text(_ name: String) throws(IDTokenFault) -> String {
    guard let value = members[name], value != .null else { throw .missing(name) }
    guard let text = value.stringValue else { throw .malformed(name) }
    return text
  }

  /// A NumericDate (RFC 7519 §2): seconds since 1970, perhaps with a fraction.
  private func date(_ name: String) throws(IDTokenFault) -> Double? {
    guard let value = members[name], value != .null else { return nil }
    guard let seconds = value.numberValue?.double, (0...Self.latestDate).contains(seconds) else {
      throw .malformed(name)
    }
    return seconds
  }

  private func requiredDate(_ name: String) throws(IDTokenFault) -> Double {
    guard let date = try date(name) else { throw .missing(name) }
    return date
  }

  func subject() throws(IDTokenFault) -> String {
    let subject = try text("sub")
    guard (1...Self.maximumSubject).contains(subject.utf8.count),
      subject.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
    else { throw .malformed("sub") }
    return subject
  }

  /// Steps 3 to 5: this client is meant, and others only where it is the authorized party.
  func checkAudience(for clientID: String) throws(IDTokenFault) {
    guard let value = members["aud"], value != .null else { throw .missing("aud") }
    guard let audience = value.stringsValue ?? value.stringValue.map({ [$0] }) else {
      throw .malformed("aud")
    }
    guard audience.contains(where: clientID.isIdentical) else { throw .audience }
    if let party = members["azp"], party != .null {
      guard try text("azp").isIdentical(to: clientID) else { throw .authorizedParty }
    } else if !audience.allSatisfy(clientID.isIdentical) {
      throw .untrustedAudience
    }
  }

  /// Step 9.
  func checkExpiration(now: Int64) throws(IDTokenFault) -> Int64 {
    let expiration = try requiredDate("exp")
    let late = Double(now) - expiration
    guard late < Self.tolerance else { throw .expired(secondsAgo: whole(late)) }
    return whole(expiration)
  }

  /// Step 10.
  func checkIssuedAt(now: Int64) throws(IDTokenFault) -> Int64 {
    let issuedAt = try requiredDate("iat")
    let ahead = issuedAt - Double(now)
    guard ahead <= Self.tolerance else { throw .issuedAhead(secondsAhead: whole(ahead)) }
    return whole(issuedAt)
  }

  /// `nbf` is not asked for, but holds where it is there (RFC 7519 §4.1.5).
  func checkNotBefore(now: Int64) throws(IDTokenFault) {
    guard let notBefore = try date("nbf") else { return }
    let ahead = notBefore - Double(now)
    guard ahead <= Self.tolerance else { throw .notYetValid(secondsAhead: whole(ahead)) }
  }

  /// Step 13: `auth_time` must be there and recent where `max_age` was asked for.
  func checkAuthenticationTime(maximumAge: Int64?, now: Int64) throws(IDTokenFault) {
    let time = try date("auth_time")
    guard let maximumAge else { return }
    guard let time else { throw .missing("auth_time") }
    guard Double(now) - time <= Double(maximumAge) + Self.tolerance else {
      throw .authenticationTooOld
    }
  }

  /// Whether the access token is the one this token came with (§3.1.3.8), where it says so.
  func checkAccessTokenHash(
    of accessToken: String, by algorithm: JWSAlgorithm, _ cryptography: any Cryptography
  ) throws(IDTokenFault) {
    guard let value = members["at_hash"], value != .null else { return }
    guard let given = value.stringValue else { throw .malformed("at_hash") }
    let fits = algorithm.accessTokenHashes.contains { name in
      // A hash that cannot be had is no reason to skip the check (CVE-2026-28498).
      guard let hash = cryptography.hash(Array(accessToken.utf8), with: name) else { return false }
      return ConstantTime.equal(given, Base64URL.encode(Array(hash.prefix(hash.count / 2))))
    }
    guard fits else { throw .accessTokenHash }
  }

  /// Whole seconds of a number that may be anything but is kept in range.
  private func whole(_ seconds: Double) -> Int64 {
    Int64(exactly: seconds.rounded(.down)) ?? .max
  }
}
