/// Which records of a log are in force, and which refreshes had begun and not ended.
///
/// It takes frames in their order, and needs no key.
package struct Replay: Sendable {
  package private(set) var sessions: [String: RecordFrame] = [:]
  /// Accounts whose refresh was going on when the log ended.
  package private(set) var unfinishedRefreshes: [String: RecordFrame] = [:]
  /// What the servers have answered to those whose agent had ended.
  package private(set) var answers: [String: RecordFrame] = [:]
  /// Those before: without a key nobody can tell which of them opens, and a courier of the account's
  /// former session may have been the last to write.
  private var earlierAnswers: [String: [RecordFrame]] = [:]

  package init() {}

  package mutating func take(_ frame: RecordFrame) {
    switch frame.kind {
    case .session:
      // A new session is the end of the refresh that brought it.
      sessions[frame.name] = frame
      close(frame.name)
    case .removal:
      sessions[frame.name] = nil
      close(frame.name)
    case .refreshStarted:
      close(frame.name)
      unfinishedRefreshes[frame.name] = frame
    case .refreshEnded: close(frame.name)
    // An answer without its beginning cannot be opened, and belongs to nothing.
    case .answer:
      guard unfinishedRefreshes[frame.name] != nil else { return }
      if let earlier = answers.updateValue(frame, forKey: frame.name) {
        earlierAnswers[frame.name, default: []].append(earlier)
      }
    }
  }

  private mutating func close(_ name: String) {
    unfinishedRefreshes[name] = nil
    answers[name] = nil
    earlierAnswers[name] = nil
  }

  /// The records a rewriting keeps, in their order.
  package var inForce: [RecordFrame] {
    // A refresh of an account without a session has nothing to say.
    let answers = Array(answers.values) + earlierAnswers.values.joined()
    let traces = (Array(unfinishedRefreshes.values) + answers)
      .filter { sessions[$0.name] != nil }
    return (sessions.values + traces).sorted { $0.sequence < $1.sequence }
  }
}

/// Bytes of the records in force: what ``Replay`` would keep, without keeping it.
struct LiveLengths {
  var headerLength = 0
  private(set) var total = 0
  private var sessions: [String: Int] = [:]
  private var traces: [String: Int] = [:]
  private var answers: [String: Int] = [:]

  init(headerLength: Int = 0) { self.headerLength = headerLength }

  mutating func take(_ frame: RecordFrame) {
    switch frame.kind {
    case .session:
      put(frame.length, for: frame.name, in: \.sessions)
      close(frame.name)
    case .removal:
      put(nil, for: frame.name, in: \.sessions)
      close(frame.name)
    case .refreshStarted:
      close(frame.name)
      put(frame.length, for: frame.name, in: \.traces)
    case .refreshEnded: close(frame.name)
    case .answer:
      put((answers[frame.name] ?? 0) + frame.length, for: frame.name, in: \.answers)
    }
  }

  private mutating func close(_ name: String) {
    put(nil, for: name, in: \.traces)
    put(nil, for: name, in: \.answers)
  }

  private mutating func put(
    _ length: Int?, for name: String, in lengths: WritableKeyPath<LiveLengths, [String: Int]>
  ) {
    total += (length ?? 0) - (self[keyPath: lengths][name] ?? 0)
    self[keyPath: lengths][name] = length
  }
}
