import Platform

/// Events and the instants at which they are due, the earliest first: a binary heap.
///
/// Nothing is ever taken back: whoever receives a due event looks whether it still matters.
struct DeadlineQueue<Event> {
  private var heap: [(instant: BootInstant, event: Event)] = []

  /// The instant of the earliest event; nil when there is none.
  var earliest: BootInstant? { heap.first?.instant }

  mutating func add(_ event: Event, at instant: BootInstant) {
    heap.append((instant, event))
    var child = heap.count - 1
    while child > 0, heap[child].instant < heap[(child - 1) / 2].instant {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// Removes and returns the earliest event if its instant has come.
  mutating func popDue(at now: BootInstant) -> Event? {
    guard let first = heap.first, first.instant <= now else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      sink()
    }
    return first.event
  }

  private mutating func sink() {
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
        if heap[child].instant < heap[least].instant { least = child }
      }
      if least == parent { return }
      heap.swapAt(least, parent)
      parent = least
    }
  }
}
