import Testing

@testable import OAuth

@Suite struct ClockSkewTests {
  /// The moment `now` is, less 40 seconds.
  private let date = "Tue, 14 Nov 2023 22:14:20 GMT"

  @Test func `a clock ahead and a clock behind are told apart and named with the date`() throws {
    let ahead = try #require(ClockSkew(date: date, now: now + 100))
    #expect(ahead.secondsAhead == 140)
    #expect(
      ahead.description == "this machine's clock is 140 seconds ahead of the server's, "
        + "which says Tue, 14 Nov 2023 22:14:20 GMT")
    let behind = try #require(ClockSkew(date: date, now: now - 140))
    #expect(behind.secondsAhead == -100)
    #expect(behind.description.contains("100 seconds behind the server's"))
  }

  @Test func `a minute is tolerated and no more, in both directions`() throws {
    let server = now - 40
    for difference: Int64 in [-60, -1, 0, 1, 60] {
      #expect(try #require(ClockSkew(date: date, now: server + difference)).isExcessive == false)
    }
    for difference: Int64 in [-61, 61, 86400, -86400] {
      #expect(try #require(ClockSkew(date: date, now: server + difference)).isExcessive)
    }
  }

  @Test(arguments: [nil, "", "now", "Tue, 14 Nov 2023 22:14:20", "1700000060"])
  func `a date that cannot be read says nothing`(field: String?) {
    #expect(ClockSkew(date: field, now: now) == nil)
  }

  @Test func `an extreme clock does not trap`() {
    #expect(ClockSkew(date: date, now: .min) == nil)
    #expect(ClockSkew(date: date, now: .max)?.isExcessive == true)
  }

  @Test func `faults a clock may explain are told from the others`() {
    #expect(IDTokenFault.expired(secondsAgo: 100).mayBeClockSkew)
    #expect(IDTokenFault.issuedAhead(secondsAhead: 100).mayBeClockSkew)
    #expect(IDTokenFault.notYetValid(secondsAhead: 100).mayBeClockSkew)
    #expect(!IDTokenFault.nonce.mayBeClockSkew)
  }
}
