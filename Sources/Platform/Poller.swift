internal import CPlatform
import Glibc

/// Waits for many descriptors at once: poll(2) for some, epoll(7) for however many more; both
/// level-triggered.
///
/// A descriptor in epoll costs a call when what is waited for of it changes, and nothing in the rounds
/// between. One that poll is told of costs a little in every round; but the kernel then wakes the
/// loop on the processor of whoever has written, which is about to wait for the answer. epoll wakes it
/// on an idle one, and that is three quarters of the time a request takes.
package struct Poller: ~Copyable {
  /// What has come of one descriptor.
  package struct Event: Equatable, Sendable {
    /// The number the descriptor was added with.
    package let token: UInt64
    /// The bits of poll(2); POLLERR and POLLHUP come unasked, as there.
    package let events: Int32
  }

  /// How often a descriptor is expected to have something.
  package enum Frequency: Sendable {
    /// It belongs to epoll; once closed, it is forgotten by the kernel.
    case seldom
    /// It belongs to poll as long as there is room, and has to be removed before it is closed.
    case often
  }

  /// Descriptors poll is told of: some users' programs, and no more than a round is to cost.
  package static let mostOften = 16
  /// Events of epoll in one round; those of further descriptors come with the next, in turn.
  private static let mostSeldom = 64

  private let descriptor: Descriptor
  /// What poll is told of: the descriptor of epoll, and behind it those that often have something.
  private var polled: [pollfd]
  /// The numbers those were added with, at the same places.
  private var tokens: [UInt64] = [0]
  private var found: [sp_event]

  package init() throws(SystemError) {
    let number = sp_poller_create()
    guard number >= 0 else { throw .last("epoll_create1") }
    descriptor = Descriptor(owning: number)
    polled = [pollfd(fd: number, events: Int16(POLLIN), revents: 0)]
    found = [sp_event](repeating: sp_event(), count: Self.mostSeldom + Self.mostOften)
  }

  /// Begins to wait for `events` of a descriptor; 0 waits for its errors and its end alone.
  package mutating func add(
    _ number: Int32, _ events: Int32, token: UInt64, _ frequency: Frequency = .seldom
  ) throws(SystemError) {
    if frequency == .often, polled.count <= Self.mostOften {
      polled.append(pollfd(fd: number, events: Int16(truncatingIfNeeded: events), revents: 0))
      tokens.append(token)
      return
    }
    guard sp_poller_add(descriptor.number, number, events, token) == 0 else {
      throw .last("epoll_ctl")
    }
  }

  /// Waits for other `events` of a descriptor that was added.
  package mutating func change(
    _ number: Int32, _ events: Int32, token: UInt64
  ) throws(SystemError) {
    if let place = place(of: number) {
      polled[place].events = Int16(truncatingIfNeeded: events)
      tokens[place] = token
      return
    }
    guard sp_poller_change(descriptor.number, number, events, token) == 0 else {
      throw .last("epoll_ctl")
    }
  }

  /// Waits no longer for a descriptor, which is still open.
  package mutating func remove(_ number: Int32) {
    guard let place = place(of: number) else {
      _ = sp_poller_remove(descriptor.number, number)
      return
    }
    polled.remove(at: place)
    tokens.remove(at: place)
  }

  private func place(of number: Int32) -> Int? {
    polled.indices.dropFirst().first { polled[$0].fd == number }
  }

  /// Waits until something has come, and returns how many events there are; 0 when a signal
  /// interrupts it.
  package mutating func wait() -> Int {
    guard poll(&polled, nfds_t(polled.count), -1) > 0 else { return 0 }
    var count = 0
    if polled[0].revents != 0 {
      count = max(0, Int(sp_poller_take(descriptor.number, &found, Int32(Self.mostSeldom))))
    }
    for place in polled.indices.dropFirst() where polled[place].revents != 0 {
      found[count] = sp_event(token: tokens[place], events: Int32(polled[place].revents))
      count += 1
    }
    return count
  }

  /// One of the events the last wait has brought.
  package func event(_ index: Int) -> Event {
    Event(token: found[index].token, events: found[index].events)
  }
}
