/// How far this machine's clock and a server's are apart, as far as the server's answer tells.
package struct ClockSkew: Sendable, Hashable, CustomStringConvertible {
  /// How far two honest clocks may be apart, in seconds: what every check of a time allows.
  package static let tolerance: Int64 = 60

  /// Seconds this machine is ahead of the server; negative when it is behind.
  package let secondsAhead: Int64
  /// The server's `Date` field as it was sent, cleaned.
  package let serverDate: PrintableText

  /// Reads the `Date` field of an answer (RFC 9110 §6.6.1); `nil` where it has none that can be
  /// read.
  ///
  /// - Parameter now: seconds since 1970, when the answer came.
  package init?(date field: String?, now: Int64) {
    guard let field, let date = HTTPDate.parse(field, now: now) else { return nil }
    let (difference, overflow) = now.subtractingReportingOverflow(date)
    guard !overflow else { return nil }
    secondsAhead = difference
    serverDate = PrintableText(field)
  }

  /// Whether the difference is larger than what is tolerated, and so worth a word.
  package var isExcessive: Bool { secondsAhead.magnitude > Self.tolerance.magnitude }

  package var description: String {
    let direction = secondsAhead < 0 ? "behind" : "ahead of"
    return "this machine's clock is \(secondsAhead.magnitude) seconds \(direction) the server's, "
      + "which says \(serverDate)"
  }
}
