import Platform
import Testing

@testable import Agent

@Suite("The queue of deadlines")
struct DeadlineQueueTests {
  private func instant(_ seconds: UInt64) -> BootInstant {
    BootInstant(nanoseconds: seconds * 1_000_000_000)
  }

  @Test func theEarliestComesFirstWhateverTheOrder() {
    var queue = DeadlineQueue<Int>()
    var numbers = Array(0..<500)
    // A fixed shuffle, and every number twice.
    numbers = numbers.map { ($0 * 263) % 500 } + numbers.map { ($0 * 7) % 500 }
    for number in numbers { queue.add(number, at: instant(UInt64(number))) }
    #expect(queue.earliest == instant(0))
    var order: [Int] = []
    while let number = queue.popDue(at: instant(1000)) { order.append(number) }
    #expect(order == (0..<500).flatMap { [$0, $0] })
    #expect(queue.earliest == nil)
  }

  @Test func nothingIsGivenBeforeItsTime() {
    var queue = DeadlineQueue<String>()
    queue.add("late", at: instant(20))
    queue.add("early", at: instant(10))
    #expect(queue.popDue(at: instant(9)) == nil)
    #expect(queue.popDue(at: instant(10)) == "early")
    #expect(queue.popDue(at: instant(10)) == nil)
    #expect(queue.earliest == instant(20))
    #expect(queue.popDue(at: BootInstant(nanoseconds: .max)) == "late")
    #expect(queue.popDue(at: BootInstant(nanoseconds: .max)) == nil)
  }
}
