import Testing

@testable import Agent

@Suite("When an access token is good enough")
struct RefreshPolicyTests {
  /// Who wants more than the server ever gives must not cause a refresh at each request.
  @Test(
    arguments: [
      (60, 3600, 60), (60, 300, 60), (60, 120, 60), (60, 100, 50), (60, 60, 30), (60, 1, 0),
      (60, 0, 0), (3600, 3600, 3540), (10_000, 3600, 3540), (10_000, 90, 45), (0, 3600, 0),
      (.max, .max, .max - 60),
    ] as [(Int64, Int64, Int64)])
  func theNeededValidityIsWhatCanReasonablyBeExpected(
    requested: Int64, lifetime: Int64, needed: Int64
  ) {
    #expect(
      RefreshPolicy.neededValidity(requested: requested, lifetime: lifetime) == needed)
  }

  @Test(
    arguments: [
      (3600, 360), (600, 90), (180, 90), (100, 50), (10, 5), (1, 0), (0, 0), (86_400, 600),
      (.max, 600),
    ] as [(Int64, Int64)])
  func theMarginIsEarlyButNeverInTheFirstHalf(lifetime: Int64, margin: Int64) {
    #expect(RefreshPolicy.margin(lifetime: lifetime) == margin)
    #expect(margin <= lifetime / 2)
  }

  /// An asker with the default validity is served before the margin is reached.
  @Test(arguments: [200, 300, 600, 3600, 86_400] as [Int64])
  func aRefreshAheadComesBeforeAnybodyHasToWait(lifetime: Int64) {
    let needed = RefreshPolicy.neededValidity(
      requested: RefreshPolicy.defaultValidity, lifetime: lifetime)
    #expect(RefreshPolicy.margin(lifetime: lifetime) > needed)
  }

  @Test(
    arguments: [
      (1, 5), (2, 10), (3, 20), (4, 40), (5, 80), (6, 160), (7, 300), (8, 300), (1000, 300),
      (.max, 300), (0, 5), (-1, 5),
    ] as [(Int, Int64)])
  func thePauseDoublesUpToFiveMinutes(failures: Int, middle: Int64) {
    let spread = middle / 5
    let pauses = (0...UInt64(4 * spread)).map {
      RefreshPolicy.pause(failures: failures, chance: $0)
    }
    #expect(pauses.min() == middle - spread)
    #expect(pauses.max() == middle + spread)
    #expect(Set(pauses).count == Int(2 * spread + 1), "every pause in between can happen")
    #expect(RefreshPolicy.pause(failures: failures, chance: .max) >= middle - spread)
  }
}
