/// Which records of a log are in force, and which refreshes had begun and not ended.
///
/// It takes frames in their order, and needs no key.
package struct Replay: Sendable {
  package private(set) var sessions: [String: RecordFrame] = [:]
  /// Accounts whose refresh was going on when the log ended.
  package private(set) var unfinishedRefreshes: [String: RecordFrame] = [:]

  package init() {}

  package mutating func take(_ frame: RecordFrame) {
    switch frame.kind {
    case .session:
      // A new session is the end of the refresh that brought it.
      sessions[frame.name] = frame
      unfinishedRefreshes[frame.name] = nil
    case .removal:
      sessions[frame.name] = nil
      unfinishedRefreshes[frame.name] = nil
    case .refreshStarted: unfinishedRefreshes[frame.name] = frame
    case .refreshEnded: unfinishedRefreshes[frame.name] = nil
    }
  }

  /// The records a rewriting keeps, in their order.
  package var inForce: [RecordFrame] {
    // A refresh of an account without a session has nothing to say.
    let traces = unfinishedRefreshes.values.filter { sessions[$0.name] != nil }
    return (sessions.values + traces).sorted { $0.sequence < $1.sequence }
  }
}

/// Bytes of the records in force: what ``Replay`` would keep, without keeping it.
struct LiveLengths {
  var headerLength = 0
  private(set) var total = 0
  private var sessions: [String: Int] = [:]
  private var traces: [String: Int] = [:]

  init(headerLength: Int = 0) { self.headerLength = headerLength }

  mutating func take(_ frame: RecordFrame) {
    switch frame.kind {
    case .session:
      put(frame.length, for: frame.name, in: \.sessions)
      put(nil, for: frame.name, in: \.traces)
    case .removal:
      put(nil, for: frame.name, in: \.sessions)
      put(nil, for: frame.name, in: \.traces)
    case .refreshStarted: put(frame.length, for: frame.name, in: \.traces)
    case .refreshEnded: put(nil, for: frame.name, in: \.traces)
    }
  }

  private mutating func put(
    _ length: Int?, for name: String, in lengths: WritableKeyPath<LiveLengths, [String: Int]>
  ) {
    total += (length ?? 0) - (self[keyPath: lengths][name] ?? 0)
    self[keyPath: lengths][name] = length
  }
}
