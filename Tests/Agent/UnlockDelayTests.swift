import Platform
import Testing

@testable import Agent

@Suite("How long an attempt to unlock is held")
struct UnlockDelayTests {
  @Test func itDoublesUpToAMinute() {
    var delay = UnlockDelay()
    #expect(delay.earliest(at: start) == start)
    for seconds in [1, 2, 4, 8, 16, 32, 64, 64, 64] as [Int64] {
      delay.failed(at: start)
      #expect(delay.seconds == seconds)
      #expect(delay.earliest(at: start) == start.adding(seconds: seconds))
      #expect(delay.earliest(at: start.adding(seconds: 100)) == start.adding(seconds: 100))
    }
    for _ in 1...1000 { delay.failed(at: start) }
    #expect(delay.seconds == 64)
    delay.succeeded()
    #expect(delay.seconds == 0 && delay.earliest(at: start) == start)
  }
}
