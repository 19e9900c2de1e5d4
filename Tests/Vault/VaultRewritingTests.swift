import Platform
import Testing

@testable import Vault

/// When and how a file is written anew.
@Suite struct VaultRewritingTests {
  private let sealer: VaultSealer<OpenSSLVault>

  init() throws { sealer = try makeSealer() }

  @Test("a file is written anew when half of it is out of force")
  func whenToRewrite() throws {
    let folder = try makeFolder(sealer, [("work", "one")])
    let contents = try Contents(folder)
    let payload = String(repeating: "x", count: 100_000)
    for sequence in 2...11 {
      #expect(!contents.file.isWorthRewriting)
      try contents.file.append([sealer.session("work", payload, at: UInt64(sequence))])
    }
    try contents.file.append([sealer.session("work", payload, at: 12)])
    #expect(contents.file.isWorthRewriting)
    #expect(try makeWorth(folder) == true)
    let newer = try makeSealer(of: sealer.header.plan.vault)
    let frame = try newer.session("work", payload, at: 1)
    try contents.file.rewrite(newer.header, [frame])
    #expect(!contents.file.isWorthRewriting)
    #expect(folder.files["vault"]?.bytes == newer.header.bytes + frame.bytes)
  }

  /// The verdict of somebody who opens a copy.
  private func makeWorth(_ folder: SimulatedFolder) throws -> Bool {
    try Contents(folder.afterCrash(.everything, namesSurvive: true)).file.isWorthRewriting
  }

  @Test("a vault full of records in force is left alone")
  func nothingToGain() throws {
    let payload = String(repeating: "x", count: 100_000)
    let contents = try Contents(try makeFolder(sealer, (1...20).map { ("a\($0)", payload) }))
    #expect(!contents.file.isWorthRewriting)
  }

  @Test func aDraftIsFilledBitByBit() throws {
    let folder = try makeFolder(sealer, [("work", "one"), ("work", "two")])
    let contents = try Contents(folder)
    let newer = try makeSealer(of: sealer.header.plan.vault)
    let draft = try contents.file.beginRewriting(newer.header)
    try draft.append([newer.session("work", "two", at: 1)])
    try draft.append([])
    #expect(
      fault { () throws(VaultFault) in try draft.append([newer.session("mail", "m", at: 3)]) }
        == .outOfTurn(expected: 2))
    try draft.append([newer.session("home", "h", at: 2), newer.session("mail", "m", at: 3)])
    // The vault is the old one until then.
    #expect(
      try Contents(folder.afterCrash(.nothing, namesSurvive: true)).sessions() == ["work": "two"])
    try contents.file.commit(draft)
    try contents.file.append([newer.session("home", "new", at: 4)])
    #expect(
      try Contents(folder.afterCrash(.everything, namesSurvive: false)).sessions()
        == ["work": "two", "home": "new", "mail": "m"])
  }

  @Test func aDraftOlderThanTheLastRecordIsNotCommitted() throws {
    let folder = try makeFolder(sealer, [("work", "one")])
    let contents = try Contents(folder)
    let draft = try contents.file.beginRewriting(makeSealer().header)
    try contents.file.append([sealer.session("work", "two", at: 2)])
    #expect(
      fault { () throws(VaultFault) in try contents.file.commit(draft) }
        == .outOfTurn(expected: 3))
    #expect(
      try Contents(folder.afterCrash(.everything, namesSurvive: false)).sessions()
        == ["work": "two"])
  }

  @Test func oneOfTwoDraftsIsCommitted() throws {
    let folder = try makeFolder(sealer, [("work", "one")])
    let contents = try Contents(folder)
    let first = try contents.file.beginRewriting(makeSealer().header)
    let newer = try makeSealer(of: sealer.header.plan.vault)
    let second = try contents.file.beginRewriting(newer.header)
    try second.append([newer.session("work", "two", at: 1)])
    #expect(fault { () throws(VaultFault) in try contents.file.commit(first) } == .replaced)
    try contents.file.commit(second)
    #expect(contents.file.header == newer.header)
    #expect(fault { () throws(VaultFault) in try contents.file.commit(second) } != nil)
  }

  @Test("a file longer than one that would be opened is not made")
  func tooLong() throws {
    let folder = try makeFolder(sealer, [("work", "one")])
    let contents = try Contents(folder)
    let sealed = [UInt8](
      repeating: 0, count: VaultLimits.payloadLength + RecordFrame.sealOverhead)
    // One and the same half megabyte, two thousand times.
    let frames = (1...2048).compactMap {
      RecordFrame(sequence: UInt64($0), kind: .session, name: "work", sealed: sealed)
    }
    let draft = try contents.file.beginRewriting(makeSealer().header)
    #expect(fault { () throws(VaultFault) in try draft.append(frames) } == .tooLong)
    #expect(folder.files["vault.new"] == nil)
    let more = frames.compactMap {
      RecordFrame(sequence: $0.sequence + 1, kind: .session, name: "work", sealed: sealed)
    }
    #expect(fault { () throws(VaultFault) in try contents.file.append(more) } == .tooLong)
    #expect(try contents.sessions() == ["work": "one"])
  }
}
