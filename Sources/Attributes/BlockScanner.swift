/// Finds where the first block in received bytes ends.
///
/// It keeps its place between calls, so that a block which arrives byte by byte is read once. It
/// looks at lengths alone; ``AttributeBlock`` judges what the lines hold.
package struct BlockScanner {
  package enum Result: Equatable {
    /// No blank line yet.
    case incomplete
    /// The block, its blank line included, is the first `length` bytes.
    case complete(length: Int)
    /// It can never become a block.
    case refused(AttributeFault)
  }

  private var scanned = 0
  private var lineStart = 0
  private var lines = 0

  package init() {}

  /// Looks on from where the last call stopped; `bytes` starts with the same bytes as then.
  package mutating func scan(_ bytes: UnsafeRawBufferPointer) -> Result {
    while scanned < bytes.count {
      let newline = bytes[scanned] == UInt8(ascii: "\n")
      scanned += 1
      if newline {
        if scanned - 1 == lineStart { return finish() }
        lineStart = scanned
        lines += 1
        if lines > AttributeLimits.linesInBlock { return .refused(.blockTooLong) }
      } else if scanned - lineStart > AttributeLimits.lineLength {
        return .refused(.lineTooLong(line: lines + 1))
      }
    }
    return scanned > AttributeLimits.blockLength ? .refused(.blockTooLong) : .incomplete
  }

  private mutating func finish() -> Result {
    defer { self = BlockScanner() }
    return scanned > AttributeLimits.blockLength
      ? .refused(.blockTooLong) : .complete(length: scanned)
  }
}
