import Attributes
import Secrets
import Vault

/// What is told to a courier bit by bit, so that nobody needs room for all of it.
protocol CourierFeed: AnyObject {
  /// Appends the next piece; false once everything was said.
  func feed(_ order: inout SecretBuffer) throws(AttributeFault) -> Bool
}

/// Records of a vault's file on their way to a courier that opens them.
final class FrameFeed: CourierFeed {
  /// Bytes in one line: twice as many digits fit a line with room to spare.
  private static let bytesInLine = 16 * 1024
  /// Lines in one block.
  private static let linesInBlock = 8

  /// The last one first: each is let go of once it was told.
  private var frames: [RecordFrame]
  private var hasEnded = false

  init(_ frames: [RecordFrame]) { self.frames = frames.reversed() }

  func feed(_ order: inout SecretBuffer) throws(AttributeFault) -> Bool {
    guard let frame = frames.popLast() else {
      guard !hasEnded else { return false }
      hasEnded = true
      order.append("end", constant: "yes")
      order.endBlock()
      return true
    }
    var rest = frame.sealed[...]
    repeat {
      try order.append("sequence", String(frame.sequence))
      try order.append("record", frame.kind.name)
      try order.append("name", frame.name)
      for _ in 0..<Self.linesInBlock where !rest.isEmpty {
        let piece = rest.prefix(Self.bytesInLine)
        rest = rest.dropFirst(piece.count)
        try order.append(key: "sealed", isList: true, value: hexadecimal(Array(piece)))
      }
      if !rest.isEmpty { order.append("more", constant: "yes") }
      order.endBlock()
    } while !rest.isEmpty
    return true
  }
}
