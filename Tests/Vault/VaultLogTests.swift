import Testing

@testable import Vault

/// What an open log tells, and what it refuses.
@Suite struct VaultLogTests {
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

  @Test func theLastRecordOfANameIsInForce() throws {
    let frames = try frames(("work", "old"), ("home", "h"), ("work", "new"))
    let contents = try Contents(folder(frames))
    #expect(contents.frames == frames)
    #expect(try contents.sessions() == ["work": "new", "home": "h"])
    #expect(contents.file.nextSequence == 4)
    #expect(contents.file.state == .writable)
  }

  @Test func aWrongKeyOpensNothing() throws {
    let contents = try Contents(folder(frames(("work", "t"))))
    #expect(
      fault { () throws(VaultFault) in _ = try contents.sessions(key: wrongKey) } == .wrongKey)
  }

  @Test("a file cut at any byte opens with the records that are whole")
  func cutAtEveryByte() throws {
    let frames = try frames(("work", "one"), ("home", "two"), ("work", "three"))
    let bytes = sealer.header.bytes + frames.flatMap(\.bytes)
    var ends = [sealer.header.bytes.count]
    for frame in frames { ends.append((ends.last ?? 0) + frame.length) }
    for count in ends[0]..<bytes.count {
      let folder = SimulatedFolder()
      folder.put("vault", Array(bytes.prefix(count)))
      let contents = try Contents(folder)
      let whole = ends.lastIndex { $0 <= count } ?? 0
      #expect(contents.frames == Array(frames.prefix(whole)))
      #expect(contents.file.cutBytes == count - ends[whole])
      #expect(folder.files["vault"]?.durable.count == ends[whole])
      // What is written next stands where it can be found.
      let next = try sealer.session("next", "n", at: UInt64(whole) + 1)
      try contents.file.append([next])
      #expect(folder.files["vault"]?.bytes.suffix(next.length).elementsEqual(next.bytes) == true)
    }
    for count in 0..<ends[0] {
      let folder = SimulatedFolder()
      folder.put("vault", Array(bytes.prefix(count)))
      #expect(
        openingFault(folder) == (count == 0 ? .empty : count < 18 ? .notAVault : .headerDamaged))
    }
  }

  @Test("a turned bit in a record is damage, and in the last one an unfinished write")
  func everyBitOfTheLog() throws {
    let frames = try frames(("work", "one"), ("home", "two"))
    let start = sealer.header.bytes.count
    let bytes = sealer.header.bytes + frames.flatMap(\.bytes)
    for bit in (start * 8)..<(bytes.count * 8) {
      var changed = bytes
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      let folder = SimulatedFolder()
      folder.put("vault", changed)
      if bit / 8 < start + frames[0].length {
        #expect(openingFault(folder) == .damaged(position: start, sequence: 1))
      } else {
        let contents = try Contents(folder)
        #expect(contents.frames == [frames[0]])
        #expect(contents.file.cutBytes == frames[1].length)
      }
    }
  }

  @Test("records swapped, repeated, left out or taken out of order")
  func orderOfRecords() throws {
    let frames = try frames(("work", "one"), ("home", "two"), ("work", "three"))
    for order in [[1, 0, 2], [0, 2], [0, 0, 1, 2], [0, 1, 1, 2], [1, 2], [2], [0, 1, 2, 2]] {
      let fault = openingFault(folder(order.map { frames[$0] }))
      guard case .damaged = fault else {
        Issue.record("\(order): \(String(describing: fault))")
        continue
      }
    }
  }

  /// Somebody who knows the format gives each record the number its place wants.
  @Test("the same, with numbers and checksums made right")
  func orderOfRecordsForged() throws {
    let frames = try frames(("work", "one"), ("home", "two"), ("work", "three"))
    for order in [[1, 0, 2], [0, 2], [0, 0, 1, 2], [1, 2], [2], [0, 1, 2, 0]] {
      let forged = order.enumerated().compactMap { place, index in
        RecordFrame(
          sequence: UInt64(place) + 1, kind: .session, name: frames[index].name,
          sealed: frames[index].sealed)
      }
      let contents = try Contents(folder(forged))
      #expect(
        throws: VaultFault.self, "\(order)"
      ) { try contents.sessions() }
    }
  }

  @Test func aRecordOfAnotherAccountKindOrPlaceIsRefused() throws {
    let frame = try sealer.session("work", "token", at: 1)
    for (sequence, kind, name) in [
      (1, RecordKind.session, "home"), (1, .removal, "work"), (1, .refreshStarted, "work"),
      (2, .session, "work"), (1, .session, "works"),
    ] {
      let moved = try #require(
        RecordFrame(sequence: UInt64(sequence), kind: kind, name: name, sealed: frame.sealed))
      #expect(
        fault { () throws(VaultFault) in _ = try sealer.open(moved) }
          == .recordRefused(sequence: UInt64(sequence), name: name))
    }
  }

  @Test("one record of an older file is refused in a newer one")
  func rolledBackSingly() throws {
    let old = try frames(("work", "old"), ("home", "h"))
    let newer = try makeSealer(of: sealer.header.plan.vault)
    var resealed = try newer.reseal(old, of: sealer)
    resealed[0] = old[0]
    let folder = SimulatedFolder()
    folder.put("vault", newer.header.bytes + resealed.flatMap(\.bytes))
    let contents = try Contents(folder)
    #expect(
      fault { () throws(VaultFault) in _ = try contents.sessions() }
        == .recordRefused(sequence: 1, name: "work"))
  }

  @Test func aKindOfALaterVersionIsToldAndKept() throws {
    var bytes = try frames(("work", "t"))[0].bytes
    bytes[16] = 9
    bytes.removeLast(4)
    bytes.append(littleEndian: Checksum.of(bytes[...]))
    #expect(openingFault(folder([], tail: bytes)) == .unknownKind(9))
    // Also behind a record that is damaged: nothing is cut off before it.
    #expect(
      openingFault(folder([], tail: [1, 2, 3] + bytes))
        == .damaged(position: sealer.header.bytes.count, sequence: 1))
  }

  @Test("lengths outside the limits are no frames")
  func lengths() throws {
    let bytes = try frames(("w", ""))[0].bytes
    #expect(bytes.count == RecordFrame.shortest)
    for length in [0, 1, 17, 18, RecordFrame.shortest - 1, RecordFrame.longest + 1, 1 << 31] {
      var changed = Array(bytes.prefix(4))
      changed.append(littleEndian: UInt32(length))
      changed += bytes[8...]
      #expect(RecordFrame.read(changed[...]) == .invalid)
    }
    var changed = bytes
    changed[17] = 255
    #expect(RecordFrame.read(changed[...]) == .invalid)
    #expect(RecordFrame(sequence: 1, kind: .session, name: "", sealed: bytes) == nil)
    #expect(RecordFrame(sequence: 1, kind: .session, name: "a b", sealed: bytes) == nil)
    #expect(RecordFrame(sequence: 1, kind: .session, name: "a\n", sealed: bytes) == nil)
    let longName = String(repeating: "n", count: 65)
    #expect(RecordFrame(sequence: 1, kind: .session, name: longName, sealed: bytes) == nil)
    #expect(RecordFrame(sequence: 1, kind: .session, name: "a", sealed: [1]) == nil)
  }

  @Test func aPayloadAtTheLimitIsReadBack() throws {
    let payload = [UInt8](repeating: 7, count: VaultLimits.payloadLength)
    let frame = try sealer.seal(payload, as: .session, of: "work", at: 1)
    let contents = try Contents(folder([frame]))
    #expect(contents.frames == [frame])
    #expect(try sealer.open(frame) == payload)
    #expect(
      fault { () throws(VaultFault) in
        _ = try sealer.seal(payload + [0], as: .session, of: "work", at: 1)
      } == .tooLong)
  }

  @Test func theChecksumIsTheStandards() {
    // RFC 3720 §B.4, and the check value of the catalogues.
    #expect(Checksum.of(Array("123456789".utf8)[...]) == 0xE306_9283)
    #expect(Checksum.of([UInt8](repeating: 0, count: 32)[...]) == 0x8A91_36AA)
    #expect(Checksum.of([UInt8](repeating: 0xFF, count: 32)[...]) == 0x62A8_AB43)
  }
}
