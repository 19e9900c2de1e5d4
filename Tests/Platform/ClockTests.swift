import Platform
import Testing

@Suite("Instants of the boot clock")
struct ClockTests {
  private let start = BootInstant(nanoseconds: 10_000_000_000)
  private let first = BootInstant(nanoseconds: 0)
  private let last = BootInstant(nanoseconds: .max)

  @Test func secondsAreAddedAndTakenAway() {
    #expect(start.adding(seconds: 5).nanoseconds == 15_000_000_000)
    #expect(start.adding(seconds: -5).nanoseconds == 5_000_000_000)
    #expect(start.adding(milliseconds: 1).nanoseconds == 10_001_000_000)
    #expect(start.adding(milliseconds: -1).nanoseconds == 9_999_000_000)
    #expect(start.adding(seconds: 0) == start)
  }

  @Test(
    arguments: [
      Int64.max, Int64.max / 1000, Int64.max / 1_000_000, 18_446_744_073 + 1,
    ] as [Int64])
  func additionSaturatesAtBothEnds(seconds: Int64) {
    #expect(start.adding(seconds: seconds) == last)
    #expect(start.adding(seconds: -seconds) == first)
    #expect(last.adding(seconds: seconds) == last)
    #expect(first.adding(seconds: -seconds) == first)
  }

  @Test func theLeastNumberIsNoTrap() {
    #expect(start.adding(seconds: .min) == first)
    #expect(start.adding(milliseconds: .min) == first)
    #expect(start.adding(milliseconds: .max) == last)
  }

  @Test func secondsBetweenInstantsAreRoundedDown() {
    #expect(start.seconds(since: first) == 10)
    #expect(start.adding(milliseconds: 999).seconds(since: start) == 0)
    #expect(start.seconds(since: start.adding(milliseconds: 1)) == -1)
    #expect(start.seconds(since: start.adding(milliseconds: 1000)) == -1)
    #expect(start.seconds(since: start.adding(milliseconds: 1001)) == -2)
    #expect(start.seconds(since: start) == 0)
  }

  @Test func theLongestDistanceIsNoTrap() {
    #expect(last.seconds(since: first) == 18_446_744_073)
    #expect(first.seconds(since: last) == -18_446_744_074)
  }

  @Test func instantsAreOrdered() {
    #expect(first < start && start < last)
    #expect(!(start < start))
  }

  @Test func theClocksRun() {
    let before = BootInstant.now
    #expect(before > first)
    #expect(BootInstant.now >= before)
    #expect(wallClockSeconds() > 1_700_000_000)
  }
}
