import Attributes
import Vault

/// What a courier says of a record whose payload follows in a block of its own.
struct RecordHeading {
  let kind: RecordKind
  let name: String
  /// Of the beginning of a refresh: whether the session still has the token that was sent.
  let isInterrupted: Bool

  /// Reads the block `event=record`; nil when it is none.
  init?(_ block: AttributeBlock) {
    guard block.has("event", "record"),
      let kind = block.string("record").flatMap({ RecordKind(name: $0) }),
      let name = block.string("name")
    else { return nil }
    self.kind = kind
    self.name = name
    isInterrupted = block.flag("interrupted")
  }
}

/// A record that comes from a courier in pieces, sealed.
struct SealedRecord {
  let sequence: UInt64
  let kind: RecordKind
  let name: String
  private(set) var sealed: [UInt8] = []

  /// Reads the first block of a record; nil when it is none.
  init?(_ block: AttributeBlock) {
    guard let sequence = block.string("sequence").flatMap({ UInt64($0) }),
      let kind = block.string("record").flatMap({ RecordKind(name: $0) }),
      let name = block.string("name")
    else { return nil }
    self.sequence = sequence
    self.kind = kind
    self.name = name
  }

  /// Takes the piece of `block`; false for one that is malformed.
  mutating func take(_ block: AttributeBlock) -> Bool {
    for text in block.strings("sealed") {
      guard let bytes = fromHexadecimal(text) else { return false }
      sealed += bytes
      guard sealed.count <= VaultLimits.payloadLength + RecordFrame.sealOverhead else {
        return false
      }
    }
    return true
  }

  /// The record, whole; nil when its parts do not fit a record.
  var frame: RecordFrame? {
    RecordFrame(sequence: sequence, kind: kind, name: name, sealed: sealed)
  }
}
