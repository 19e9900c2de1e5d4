import Glibc
import Platform
import Testing

@Suite("Waiting for many descriptors")
struct PollerTests {
  /// Two ends of a socket, the near one non-blocking.
  private final class Ends {
    let near: Descriptor
    let far: Descriptor

    init() throws {
      let (one, two) = try DescriptorPair.sockets().take()
      near = Descriptor(owning: one)
      far = Descriptor(owning: two)
      try near.setNonBlocking()
    }

    func sendFromFar() -> Transfer { [UInt8]([7]).withUnsafeBytes { sendOnce(far.number, $0) } }

    func readNear() -> Transfer {
      withUnsafeTemporaryAllocation(byteCount: 8, alignment: 1) { readOnce(near.number, into: $0) }
    }
  }

  /// What the next wait brings, as `token: events`.
  private func next(_ poller: inout Poller) -> [UInt64: Int32] {
    var found: [UInt64: Int32] = [:]
    for index in 0..<poller.wait() {
      let event = poller.event(index)
      found[event.token] = event.events
    }
    return found
  }

  @Test func itTellsWhoHasWhat() throws {
    var poller = try Poller()
    let (one, two, three) = (try Ends(), try Ends(), try Ends())
    try poller.add(one.near.number, POLLIN, token: 1)
    try poller.add(two.near.number, POLLIN, token: .max)
    try poller.add(three.near.number, POLLIN | POLLOUT, token: 3)
    #expect(two.sendFromFar() == .bytes(1))
    #expect(next(&poller) == [.max: POLLIN, 3: POLLOUT])
  }

  @Test func whatIsNotTakenIsToldAgain() throws {
    var poller = try Poller()
    let (one, other) = (try Ends(), try Ends())
    try poller.add(one.near.number, POLLIN, token: 1)
    try poller.add(other.near.number, POLLOUT, token: 2)
    #expect(one.sendFromFar() == .bytes(1))
    for _ in 1...2 { #expect(next(&poller) == [1: POLLIN, 2: POLLOUT]) }
    #expect(one.readNear() == .bytes(1))
    #expect(next(&poller) == [2: POLLOUT])
  }

  @Test func whatIsWaitedForCanChangeAndEnd() throws {
    var poller = try Poller()
    let (one, other) = (try Ends(), try Ends())
    try poller.add(one.near.number, POLLIN, token: 1)
    try poller.add(other.near.number, POLLOUT, token: 2)
    #expect(one.sendFromFar() == .bytes(1))
    try poller.change(one.near.number, POLLOUT, token: 3)
    #expect(next(&poller) == [3: POLLOUT, 2: POLLOUT])
    try poller.change(one.near.number, 0, token: 3)
    #expect(next(&poller) == [2: POLLOUT])
    poller.remove(one.near.number)
    #expect(next(&poller) == [2: POLLOUT])
  }

  @Test func theEndOfTheOtherSideIsToldUnasked() throws {
    var poller = try Poller()
    let ends = try Ends()
    try poller.add(ends.near.number, 0, token: 1)
    shutdown(ends.far.number, Int32(SHUT_RDWR))
    #expect(next(&poller)[1].map { $0 & POLLHUP } == POLLHUP)
  }

  @Test func aClosedDescriptorIsForgotten() throws {
    var poller = try Poller()
    let other = try Ends()
    try poller.add(other.near.number, POLLOUT, token: 2)
    do {
      let ends = try Ends()
      try poller.add(ends.near.number, POLLOUT, token: 1)
      #expect(next(&poller) == [1: POLLOUT, 2: POLLOUT])
    }
    #expect(next(&poller) == [2: POLLOUT])
  }

  @Test func everybodyHasATurnHoweverManyAreReady() throws {
    var poller = try Poller()
    let (ready, count) = (try Ends(), 150)
    var copies: [Int32] = []
    defer { for copy in copies { close(copy) } }
    for token in 0..<count {
      let copy = dup(ready.near.number)
      try #require(copy >= 0)
      copies.append(copy)
      try poller.add(copy, POLLOUT, token: UInt64(token))
    }
    var turns = [Int](repeating: 0, count: count)
    for _ in 1...6 { for token in next(&poller).keys { turns[Int(token)] += 1 } }
    #expect(turns.allSatisfy { $0 >= 1 })
  }

  @Test func whatCannotBeWaitedForIsAnError() throws {
    let poller = try Poller()
    let ends = try Ends()
    #expect(throws: SystemError(EBADF, in: "epoll_ctl")) {
      try poller.add(-1, POLLIN, token: 1)
    }
    #expect(throws: SystemError(ENOENT, in: "epoll_ctl")) {
      try poller.change(ends.near.number, POLLIN, token: 1)
    }
    try poller.add(ends.near.number, POLLIN, token: 1)
    #expect(throws: SystemError(EEXIST, in: "epoll_ctl")) {
      try poller.add(ends.near.number, POLLIN, token: 2)
    }
  }
}
