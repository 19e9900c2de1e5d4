import Glibc
import Platform

/// What the loop waits for, and whom an event is for.
extension AgentServer {
  /// Whom an event is for.
  enum Source: Equatable {
    case listener, signals, timer
    case connection(UInt64)
    case courier(UInt64)
    case exposure(UInt64)
    case question(UInt64)

    /// The number the poller is told: the kind in the last three bits, before it the source's own.
    var token: UInt64 {
      switch self {
      case .listener: 0
      case .signals: 1
      case .timer: 2
      case .connection(let id): id << 3 | 3
      case .courier(let id): id << 3 | 4
      case .exposure(let id): id << 3 | 5
      case .question(let id): id << 3 | 6
      }
    }

    init?(token: UInt64) {
      let id = token >> 3
      switch token & 7 {
      case 0: self = .listener
      case 1: self = .signals
      case 2: self = .timer
      case 3: self = .connection(id)
      case 4: self = .courier(id)
      case 5: self = .exposure(id)
      case 6: self = .question(id)
      default: return nil
      }
    }
  }

  /// Begins to wait for what is there as long as the agent.
  func watchDoors() throws(SystemError) {
    try poller.add(signals.number, POLLIN, token: Source.signals.token)
    try poller.add(timer.number, POLLIN, token: Source.timer.token)
    try poller.add(listener.number, POLLIN, token: Source.listener.token)
  }

  /// Waits for those who connect, or leaves them in the kernel's queue.
  func watchListener(_ isOpen: Bool) {
    do throws(SystemError) {
      try poller.change(listener.number, isOpen ? POLLIN : 0, token: Source.listener.token)
    } catch {
      // It takes no memory; what cannot be changed is asked in vain every time.
    }
  }

  /// Waits for what a connection waits for now; false where the kernel has no memory left for it.
  func watch(_ connection: Connection) -> Bool {
    watch(
      connection.descriptor, for: connection.events, &connection.watched,
      as: .connection(connection.id))
  }

  /// Waits for couriers, answers and those who come to narrow sockets, before each round: they are
  /// few, and what they wait for changes in many places.
  ///
  /// What there is no memory for now is tried again in the next round; each has a deadline besides.
  func watchTheFew() {
    for courier in couriers.values {
      if let events = courier.events {
        _ = watch(courier.descriptor, for: events, &courier.watched, as: .courier(courier.id))
      } else if courier.watched != nil {
        // Its end would be told in every round.
        poller.remove(courier.descriptor.number)
        courier.watched = nil
      }
    }
    for question in questions.values {
      guard let child = question.child else { continue }
      _ = watch(child.handle, for: POLLIN, &child.watched, as: .question(question.id))
    }
    for exposure in exposures.values {
      let events = isAccepting && exposure.hasRoom ? POLLIN : 0
      _ = watch(
        exposure.socket.listener, for: events, &exposure.watched, as: .exposure(exposure.id))
    }
  }

  private func watch(
    _ descriptor: borrowing Descriptor, for events: Int32, _ watched: inout Int32?,
    as source: Source
  ) -> Bool {
    if watched == events { return true }
    do throws(SystemError) {
      if watched == nil {
        try poller.add(descriptor.number, events, token: source.token)
      } else {
        try poller.change(descriptor.number, events, token: source.token)
      }
    } catch { return false }
    watched = events
    return true
  }
}
