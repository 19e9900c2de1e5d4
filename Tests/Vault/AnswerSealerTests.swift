import Testing

@testable import Vault

@Suite struct AnswerSealerTests {
  private let key = [UInt8](repeating: 0x11, count: 32)
  private let payload = Array("event=done\nrefresh_token=new\n".utf8)

  private func answerer(
    _ header: VaultHeader, _ key: [UInt8]
  ) -> AnswerSealer<OpenSSLVault> { AnswerSealer(header, key: key, OpenSSLVault()) }

  @Test func anAnswerOpensByTheKeyOfItsRefreshAlone() throws {
    let sealer = try makeSealer()
    let frame = try answerer(sealer.header, key).seal(payload, of: "work", at: 2)
    #expect(frame.kind == .answer && frame.name == "work" && frame.sequence == 2)
    #expect(answerer(sealer.header, key).open(frame) == payload)
    #expect(answerer(sealer.header, rightKey).open(frame) == nil)
    // Nor does it pass for a record of the vault's own key.
    #expect(
      fault { () throws(VaultFault) in _ = try sealer.open(frame) }
        == .recordRefused(sequence: 2, name: "work"))
    // The same vault, written anew.
    let other = try makeSealer(of: sealer.header.plan.vault)
    #expect(answerer(other.header, key).open(frame) == nil)
  }

  @Test func anAnswerOfAnotherPlaceAccountOrKindIsRefused() throws {
    let header = try makeSealer().header
    let answerer = answerer(header, key)
    let frame = try answerer.seal(payload, of: "work", at: 2)
    for (sequence, kind, name) in [
      (3, RecordKind.answer, "work"), (2, .session, "work"), (2, .answer, "home"),
    ] {
      let moved = try #require(
        RecordFrame(sequence: UInt64(sequence), kind: kind, name: name, sealed: frame.sealed))
      #expect(answerer.open(moved) == nil)
    }
  }

  @Test func whatCannotBeSealedIsRefused() throws {
    let header = try makeSealer().header
    let long = [UInt8](repeating: 1, count: VaultLimits.payloadLength + 1)
    #expect(
      fault { () throws(VaultFault) in
        _ = try answerer(header, key).seal(long, of: "work", at: 1)
      } == .tooLong)
    for (key, name) in [([1, 2], "work"), (key, ""), (key, "a b")] {
      #expect(throws: VaultFault.self) {
        try answerer(header, key).seal(payload, of: name, at: 1)
      }
    }
  }
}

@Suite struct HexadecimalTests {
  @Test func bytesComeBack() {
    let bytes = (0...255).map { UInt8($0) }
    #expect(fromHexadecimal(hexadecimal(bytes)) == bytes)
    #expect(hexadecimal([0, 0x0F, 0xA0, 0xFF]) == "000fa0ff")
    #expect(hexadecimalDigits([1, 0xAB, 2][1..<2]) == Array("ab".utf8))
    #expect(fromHexadecimal("") == [])
  }

  @Test(arguments: ["a", "0g", "AB", "0x00", " 0", "00\n", "à0"])
  func anythingElseIsRefused(_ text: String) { #expect(fromHexadecimal(text) == nil) }
}
