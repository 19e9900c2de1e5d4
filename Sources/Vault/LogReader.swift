package import Platform

/// Reads the records of a file one after the other, with a window over it.
struct LogReader {
  /// Bytes read at once.
  private static let chunk = 256 * 1024
  /// Frame marks that are looked at behind a broken record. In what a crash has cut there is hardly
  /// ever one; each costs a checksum over half a megabyte, and a hostile file could be full of them.
  static let marksExamined = 64

  private let folder: any VaultFolder
  private let file: FileHandle
  private let fileLength: Int
  private let subject: String
  private var window: ArraySlice<UInt8> = []
  /// Where the window begins, in bytes of the file.
  private(set) var position: Int
  private var windowEnd: Int
  private var expected: UInt64 = 1
  /// Places behind a broken record where a frame was looked for.
  private(set) var placesExamined = 0

  init(
    _ folder: any VaultFolder, _ file: FileHandle, subject: String, from position: Int,
    length: Int
  ) {
    self.folder = folder
    self.file = file
    self.subject = subject
    self.position = position
    windowEnd = position
    fileLength = length
  }

  /// What comes next in the log.
  enum Step {
    case record(RecordFrame)
    /// The last record ends where the file does.
    case end
    /// Behind the last record there are so many bytes that are none: a write that a crash has cut.
    case tornTail(Int)
  }

  /// The sequence number the next record has.
  var nextSequence: UInt64 { expected }

  mutating func next() throws(VaultFault) -> Step {
    switch try reading() {
    case .frame(let frame):
      guard frame.sequence == expected else {
        throw .damaged(position: position, sequence: expected)
      }
      advance(by: frame.length)
      expected += 1
      return .record(frame)
    case .unknownKind(let kind): throw .unknownKind(kind)
    case .incomplete where position == fileLength: return .end
    case .incomplete, .invalid:
      let (start, sequence) = (position, expected)
      if try aFrameFollows() { throw .damaged(position: start, sequence: sequence) }
      return .tornTail(fileLength - start)
    }
  }

  /// The frame at the window's beginning; incomplete only when the file ends before it does.
  private mutating func reading() throws(VaultFault) -> RecordFrame.Reading {
    while true {
      let reading = RecordFrame.read(window)
      guard case .incomplete(let needed) = reading, windowEnd < fileLength else { return reading }
      try extend(to: needed)
    }
  }

  /// Whether a right frame begins anywhere behind the present place.
  ///
  /// It decides between a write cut by a crash, which is the last one, and damage, after which
  /// nothing may be written. Each byte is compared once, and only at a whole mark is a frame read.
  private mutating func aFrameFollows() throws(VaultFault) -> Bool {
    advance(by: 1)
    while try skipToMark() {
      placesExamined += 1
      switch try reading() {
      case .frame, .unknownKind: return true
      case .invalid, .incomplete: break
      }
      guard placesExamined <= Self.marksExamined else { return true }
      advance(by: 1)
    }
    return false
  }

  /// Goes to the next mark of a frame; false when there is none before the end of the file.
  private mutating func skipToMark() throws(VaultFault) -> Bool {
    while true {
      if let place = Self.firstMark(in: window) {
        advance(by: place)
        return true
      }
      guard windowEnd < fileLength else { return false }
      // A mark may have begun in the last bytes, but for its end.
      advance(by: window.count - RecordFrame.magic.count + 1)
      try extend(to: RecordFrame.magic.count)
    }
  }

  /// Where in `window` the first mark begins, counted from 0; nil when there is none.
  private static func firstMark(in window: ArraySlice<UInt8>) -> Int? {
    let mark = RecordFrame.magic.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    return window.withUnsafeBytes { bytes in
      var last: UInt32 = 0
      for index in bytes.indices {
        last = last << 8 | UInt32(bytes[index])
        // No byte of the mark is 0, so that the beginning, where fewer were read, is none.
        if last == mark { return index + 1 - RecordFrame.magic.count }
      }
      return nil
    }
  }

  private mutating func advance(by count: Int) {
    let count = min(max(count, 0), window.count)
    window = window.dropFirst(count)
    position += count
  }

  /// Reads until the window has `needed` bytes, or the file has no more.
  private mutating func extend(to needed: Int) throws(VaultFault) {
    var bytes = Array(window)
    let wanted = min(max(needed, Self.chunk), bytes.count + fileLength - windowEnd)
    bytes.reserveCapacity(wanted)
    while bytes.count < wanted {
      let count = try read(wanted - bytes.count, into: &bytes)
      // The file has been cut while it was read.
      guard count > 0 else { throw .replaced }
    }
    window = bytes[...]
  }

  private mutating func read(
    _ count: Int, into bytes: inout [UInt8]
  ) throws(VaultFault) -> Int {
    let former = bytes.count
    bytes.append(contentsOf: repeatElement(0, count: count))
    let done = try folder.read(file, at: windowEnd, into: &bytes, from: former, subject: subject)
    bytes.removeLast(count - done)
    windowEnd += done
    return done
  }
}

extension VaultFolder {
  /// Reads at `position` into `bytes` from index `start` on.
  func read(
    _ file: FileHandle, at position: Int, into bytes: inout [UInt8], from start: Int,
    subject: String
  ) throws(VaultFault) -> Int {
    let result: Result<Int, VaultFault> = bytes.withUnsafeMutableBytes { room in
      let room = UnsafeMutableRawBufferPointer(rebasing: room[start...])
      do throws(SystemError) { return .success(try read(file, at: position, into: room)) } catch {
        return .failure(.system(subject: subject, error))
      }
    }
    return try result.get()
  }

  /// Writes all of `bytes` from `position` on.
  package func writeAll(
    _ bytes: [UInt8], to file: FileHandle, at position: Int
  ) throws(SystemError) {
    try bytes.withBytes { (bytes) throws(SystemError) in
      var done = 0
      while done < bytes.count {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
        let count = try write(file, at: position + done, rest)
        // POSIX knows no such answer; going on would go on for ever.
        guard count > 0 else { throw SystemError.withoutProgress }
        done += count
      }
    }
  }
}
