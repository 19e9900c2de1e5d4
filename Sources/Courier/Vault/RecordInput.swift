import Attributes
import OAuth
import Vault

/// The records that follow the block of a job, one after the other, up to `end=yes`.
struct RecordInput {
  private var reader: JobReader

  init(_ reader: JobReader) { self.reader = reader }

  /// What the block in front of a payload says.
  struct Heading {
    let kind: RecordKind
    let name: String
  }

  /// The next heading; nil at the end.
  mutating func heading() throws(CourierFailure) -> Heading? {
    let block = try whole()
    return try reader.parse(block) { (block) throws(CourierFailure) in
      if block.flag("end") { return nil }
      return try Self.heading(of: block)
    }
  }

  /// The lines that follow a heading.
  mutating func payload() throws(CourierFailure) -> [UInt8] {
    let block = try whole()
    // It is handed out again one day, and has to be readable then.
    try reader.parse(block) { (_) throws(CourierFailure) in }
    return Array(block.dropLast())
  }

  /// The next sealed record; nil at the end.
  mutating func frame() throws(CourierFailure) -> RecordFrame? {
    var sealed: [UInt8] = []
    while true {
      let block = try whole()
      let piece = try reader.parse(block) { (block) throws(CourierFailure) in
        try Self.piece(of: block, behind: sealed.count)
      }
      guard let piece else { return nil }
      sealed += piece.sealed
      if piece.isLast { return try Self.frame(piece, sealed) }
    }
  }

  private mutating func whole() throws(CourierFailure) -> [UInt8] {
    switch try reader.next() {
    case .block(let block): return block
    case .end, .late:
      throw CourierFailure(.invalidRequest, "the input ends in front of end=yes")
    }
  }

  private static func heading(of block: AttributeBlock) throws(CourierFailure) -> Heading {
    guard let kind = block.string("record").flatMap({ RecordKind(name: $0) }) else {
      throw CourierFailure(.invalidRequest, "record= is none of the kinds of a record")
    }
    guard let name = block.string("name") else {
      throw CourierFailure(.invalidRequest, "a record has no name=")
    }
    return Heading(kind: kind, name: name)
  }

  /// A sealed record, or a part of one.
  private struct Piece {
    let heading: Heading
    let sequence: UInt64
    let sealed: [UInt8]
    let isLast: Bool
  }

  private static func piece(
    of block: AttributeBlock, behind former: Int
  ) throws(CourierFailure) -> Piece? {
    if block.flag("end") {
      guard former == 0 else {
        throw CourierFailure(.invalidRequest, "the input ends in the middle of a record")
      }
      return nil
    }
    guard let sequence = block.string("sequence").flatMap({ UInt64($0) }) else {
      throw CourierFailure(.invalidRequest, "a record has no sequence=")
    }
    var sealed: [UInt8] = []
    for digits in block.list("sealed") {
      guard let bytes = fromHexadecimal(digits) else {
        throw CourierFailure(.invalidRequest, "sealed[] is not hexadecimal")
      }
      sealed += bytes
    }
    guard former + sealed.count <= VaultLimits.payloadLength + RecordFrame.sealOverhead else {
      throw CourierFailure(.invalidRequest, "a record is too long")
    }
    return Piece(
      heading: try heading(of: block), sequence: sequence, sealed: sealed,
      isLast: !block.flag("more"))
  }

  private static func frame(
    _ last: Piece, _ sealed: [UInt8]
  ) throws(CourierFailure) -> RecordFrame {
    guard
      let frame = RecordFrame(
        sequence: last.sequence, kind: last.heading.kind, name: last.heading.name, sealed: sealed)
    else { throw CourierFailure(.invalidRequest, "a record is malformed") }
    return frame
  }
}
