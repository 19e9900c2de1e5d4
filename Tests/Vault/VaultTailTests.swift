import Testing

@testable import Vault

/// What stands behind the last record that is right: a write that a crash has cut, or damage.
@Suite struct VaultTailTests {
  private let sealer: VaultSealer<OpenSSLVault>

  init() throws { sealer = try makeSealer() }

  private func frames(_ sessions: (String, String)...) throws -> [RecordFrame] {
    try sessions.enumerated().map { index, session in
      try sealer.session(session.0, session.1, at: UInt64(index) + 1)
    }
  }

  private func folder(_ frames: [RecordFrame], tail: [UInt8] = []) -> SimulatedFolder {
    let folder = SimulatedFolder()
    folder.put("vault", sealer.header.bytes + frames.flatMap(\.bytes) + tail)
    return folder
  }

  private func openingFault(_ folder: SimulatedFolder) -> VaultFault? {
    let before = folder.files["vault"]?.bytes
    let fault = fault { () throws(VaultFault) in _ = try Contents(folder) }
    if fault != nil { #expect(folder.files["vault"]?.bytes == before) }
    #expect(folder.openFiles == 0)
    return fault
  }

  @Test("bytes somebody has added at the end are cut off", arguments: [1, 3, 17, 18, 5000])
  func addedBytes(_ count: Int) throws {
    for byte in [0, UInt8(ascii: "\n"), UInt8(ascii: "S"), 0xFF] {
      let frames = try frames(("work", "t"))
      let contents = try Contents(folder(frames, tail: .init(repeating: byte, count: count)))
      #expect(contents.file.cutBytes == count)
      #expect(contents.frames == frames)
    }
  }

  @Test("lengths and marks without end cost little, and nothing is cut")
  func hostileTail() throws {
    var mark = RecordFrame.magic
    mark.append(littleEndian: UInt32(RecordFrame.longest))
    let tail = (0..<100_000).flatMap { _ in mark }
    let folder = folder(try frames(("work", "t")), tail: tail)
    guard case .damaged = openingFault(folder) else {
      Issue.record("bytes that look like frames have been taken for a torn write")
      return
    }
    #expect(folder.bytesRead < 3 * tail.count)
  }

  /// A frame is read where a whole mark stands, and at so many of them at most.
  @Test(
    "behind the last record each byte is compared, and hardly a place examined",
    arguments: [("S", 0), ("\0", 0), ("SP", 0), ("SPR", 0), ("SSPR", 0), ("SPR1", 65)])
  func placesExamined(unit: String, places: Int) throws {
    let tail = Array(String(repeating: unit, count: (1 << 20) / unit.utf8.count).utf8)
    let folder = folder(try frames(("work", "t")), tail: tail)
    let file = try folder.open("vault", for: .reading)
    var reader = LogReader(
      folder, file, subject: "vault", from: sealer.header.bytes.count,
      length: try folder.facts(of: file).length)
    guard case .record = try reader.next() else {
      Issue.record("the record before them is not read")
      return
    }
    let step = Result { () throws(VaultFault) in try reader.next() }
    #expect(reader.placesExamined == places)
    switch step {
    case .success(.tornTail(tail.count)): #expect(places <= LogReader.marksExamined)
    case .failure(.damaged): #expect(places > LogReader.marksExamined)
    default: Issue.record("\(step)")
    }
  }

  @Test("a record that begins in one piece of the file and ends in the next is found")
  func aMarkOverTheEndOfWhatIsReadAtOnce() throws {
    let start = sealer.header.bytes.count
    let piece = 256 * 1024
    let next = try sealer.session("work", "t", at: 2).bytes
    for count in (piece - 5)...(piece + 1) {
      let tail = [UInt8](repeating: UInt8(ascii: "S"), count: count) + next
      #expect(openingFault(folder([], tail: tail)) == .damaged(position: start, sequence: 1))
    }
  }
}
