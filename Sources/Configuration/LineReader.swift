/// One line of a file: its number, counted from 1, and its bytes without the line end.
struct FileLine {
  let number: Int
  let range: Range<Int>
  /// Where the next line starts.
  let end: Int
}

/// Takes a file apart into lines, at the byte 0x0A alone.
///
/// One carriage return before it is dropped, for files that were edited elsewhere, and so is a byte
/// order mark at the start.
struct LineReader {
  private let bytes: UnsafeRawBufferPointer
  private var place = 0
  private var number = 0

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { place = 3 }
  }

  mutating func next() -> FileLine? {
    guard place < bytes.count else { return nil }
    let start = place
    let newline = bytes[start...].firstIndex(of: UInt8(ascii: "\n"))
    var end = newline ?? bytes.count
    place = newline.map { $0 + 1 } ?? end
    number += 1
    if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    return FileLine(number: number, range: start..<end, end: place)
  }
}
