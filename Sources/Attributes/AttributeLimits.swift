/// The limits of the wire format, those of git's credential format where it has one.
package enum AttributeLimits {
  /// Bytes in one line, without its newline; git refuses longer ones.
  package static let lineLength = 65_535

  /// Bytes in one block: room for a token response with three tokens of the longest line.
  package static let blockLength = 512 * 1024

  /// Lines in one block; bounds the search for repeated keys, which is quadratic.
  package static let linesInBlock = 512
}

/// Why bytes are not an attribute block.
package enum AttributeFault: Error, Equatable {
  /// A line has no `=`, or nothing before it.
  case lineWithoutKey(line: Int)
  /// A key holds something else than printable ASCII.
  case keyMalformed(line: Int)
  /// A line holds a NUL byte.
  case nulByte(line: Int)
  /// A key that is no list is given twice.
  case keyRepeated(line: Int)
  /// A line is longer than ``AttributeLimits/lineLength``.
  case lineTooLong(line: Int)
  /// The sender has ended in the middle of a line.
  case lineCutOff
  /// The block is longer than ``AttributeLimits/blockLength`` or ``AttributeLimits/linesInBlock``.
  case blockTooLong
  /// A value to be written holds a newline or a NUL byte, or its line would be too long.
  case valueUnwritable(key: String)

  /// The fault in words, without any byte of what was received: it may be a secret.
  package var sentence: String {
    switch self {
    case .lineWithoutKey(let line): "line \(line) of the request is not key=value"
    case .keyMalformed(let line): "line \(line) of the request has a malformed key"
    case .nulByte(let line): "line \(line) of the request holds a NUL byte"
    case .keyRepeated(let line): "line \(line) of the request repeats a key"
    case .lineTooLong(let line):
      "line \(line) of the request is longer than \(AttributeLimits.lineLength) bytes"
    case .lineCutOff: "the request ends in the middle of a line"
    case .blockTooLong: "the request is too long"
    case .valueUnwritable(let key): "the value of \(key) cannot be written on one line"
    }
  }
}
