/// Received bytes, given out as lines or as runs, each byte looked at once.
///
/// A line ends with CR LF and with nothing else: RFC 9112 §2.2 lets a recipient take a bare LF as
/// the end, and two readers that disagree about that are a smuggling. A CR elsewhere and a NUL
/// are refused wherever they stand.
struct LineQueue: Sendable {
  enum Next: Sendable {
    case line(ArraySlice<UInt8>)
    /// The line's end has not come.
    case needMore
    case malformed
    case tooLong
  }

  private var bytes: [UInt8] = []
  private var start = 0
  private var scanned = 0

  /// What has been received and not given out.
  var rest: ArraySlice<UInt8> { bytes[start...] }

  mutating func append(_ more: some Collection<UInt8>) {
    if start > 0 {
      bytes.removeFirst(start)
      scanned -= start
      start = 0
    }
    bytes.append(contentsOf: more)
  }

  /// The next line without its CR LF; with it, it has at most `limit` bytes.
  ///
  /// What is found first is told, byte by byte, so that it does not depend on how the bytes came.
  mutating func nextLine(atMost limit: Int) -> Next {
    while scanned < bytes.count {
      guard scanned - start < limit else { return .tooLong }
      let byte = bytes[scanned]
      let followsReturn = scanned > start && bytes[scanned - 1] == Syntax.carriageReturn
      guard followsReturn == (byte == Syntax.lineFeed), byte != 0 else { return .malformed }
      scanned += 1
      guard byte == Syntax.lineFeed else { continue }
      let line = bytes[start..<scanned - 2]
      start = scanned
      return .line(line)
    }
    return .needMore
  }

  /// At most `count` of the bytes that are there.
  mutating func take(upTo count: Int) -> ArraySlice<UInt8> {
    let run = bytes[start...].prefix(count)
    start += run.count
    scanned = max(scanned, start)
    return run
  }
}
