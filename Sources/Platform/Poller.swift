internal import CPlatform
import Glibc

/// Waits for many descriptors at once: epoll(7), level-triggered.
///
/// A descriptor costs a call when what is waited for of it changes, and nothing in the rounds between,
/// however many there are. One that is closed is forgotten by the kernel.
package struct Poller: ~Copyable {
  /// What has come of one descriptor.
  package struct Event: Equatable, Sendable {
    /// The number the descriptor was added with.
    package let token: UInt64
    /// The bits of poll(2); POLLERR and POLLHUP come unasked, as there.
    package let events: Int32
  }

  /// Events of one round; those of further descriptors come with the next, in turn.
  private static let mostEvents = 64

  private let descriptor: Descriptor
  private var found: [sp_event]

  package init() throws(SystemError) {
    let number = sp_poller_create()
    guard number >= 0 else { throw .last("epoll_create1") }
    descriptor = Descriptor(owning: number)
    found = [sp_event](repeating: sp_event(), count: Self.mostEvents)
  }

  /// Begins to wait for `events` of a descriptor; 0 waits for its errors and its end alone.
  package func add(_ number: Int32, _ events: Int32, token: UInt64) throws(SystemError) {
    guard sp_poller_add(descriptor.number, number, events, token) == 0 else {
      throw .last("epoll_ctl")
    }
  }

  /// Waits for other `events` of a descriptor that was added.
  package func change(_ number: Int32, _ events: Int32, token: UInt64) throws(SystemError) {
    guard sp_poller_change(descriptor.number, number, events, token) == 0 else {
      throw .last("epoll_ctl")
    }
  }

  /// Waits no longer for a descriptor, which stays open.
  package func remove(_ number: Int32) { _ = sp_poller_remove(descriptor.number, number) }

  /// Waits until something has come, and returns how many events there are; 0 when a signal
  /// interrupts it.
  package mutating func wait() -> Int {
    max(0, Int(sp_poller_wait(descriptor.number, &found, Int32(found.count))))
  }

  /// One of the events the last wait has brought.
  package func event(_ index: Int) -> Event {
    Event(token: found[index].token, events: found[index].events)
  }
}
