import Attributes
import Vault

extension Answer {
  /// Bytes of what is sealed in one line: twice as many digits, and a key, fit a line.
  private static let bytesInLine = 30 * 1024
  /// Lines of that kind in one block.
  private static let linesInBlock = 4

  /// Writes a sealed record, in as many blocks as it needs.
  ///
  /// - Parameter trace: what stands in it, where it is the beginning of a refresh.
  func send(sealed frame: RecordFrame, trace: RefreshTrace?) throws(CourierFailure) {
    var rest = frame.sealed[...]
    repeat {
      var pieces: [ArraySlice<UInt8>] = []
      while pieces.count < Self.linesInBlock, !rest.isEmpty {
        pieces.append(rest.prefix(Self.bytesInLine))
        rest = rest.dropFirst(Self.bytesInLine)
      }
      let isLast = rest.isEmpty
      try send { (block) throws(AttributeFault) in
        block.append("event", constant: "sealed")
        try block.append("sequence", String(frame.sequence))
        try block.append("record", frame.kind.name)
        try block.append("name", frame.name)
        for piece in pieces {
          try block.append(
            key: "sealed", isList: true,
            value: String(decoding: hexadecimalDigits(piece), as: UTF8.self))
        }
        if !isLast { block.append("more", constant: "yes") }
        if isLast, let trace { trace.payload.withUnsafeBytes { block.append($0) } }
      }
    } while !rest.isEmpty
  }

  /// Writes an opened record: a block about it, and its payload as another one.
  ///
  /// - Parameter isInterrupted: whether the session still has the token that was sent; for the
  ///   beginning of a refresh.
  func send(
    opened payload: [UInt8], as kind: RecordKind, of name: String, isInterrupted: Bool? = nil
  ) throws(CourierFailure) {
    try send { (block) throws(AttributeFault) in
      block.append("event", constant: "record")
      try block.append("record", kind.name)
      try block.append("name", name)
      if let isInterrupted {
        try block.append("interrupted", isInterrupted ? "yes" : "no")
      }
      block.endBlock()
      payload.withUnsafeBytes { block.append($0) }
    }
  }

  /// Writes the key of a vault.
  ///
  /// - Parameter header: for a file that is new.
  func send(key: [UInt8], header: VaultHeader? = nil) throws(CourierFailure) {
    try send { (block) throws(AttributeFault) in
      block.append("event", constant: "key")
      if let header { try block.append("vault.header", hexadecimal(header.bytes)) }
      try block.append("vault.key", hexadecimal(key))
    }
  }
}
