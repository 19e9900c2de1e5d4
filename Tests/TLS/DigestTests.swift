import TLS
import Testing

@Suite struct DigestTests {
  /// FIPS 180-4's examples for "abc".
  @Test func digestsAreTheStandards() throws {
    let abc = Array("abc".utf8)
    #expect(
      try Digest.sha256(abc)
        == hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"))
    #expect(
      try Digest.sha384(abc)
        == hex(
          "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
            + "8086072ba1e7cc2358baeca134c825a7"))
    #expect(
      try Digest.sha512(abc)
        == hex(
          "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"))
    #expect(
      try Digest.sha256([])
        == hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"))
    for digest in Digest.allCases { #expect(try digest.hash(abc).count == digest.length) }
  }

  /// RFC 4231 §4.2 and §4.3, and the empty key, which libcrypto treats apart.
  @Test func theHMACIsTheStandards() throws {
    #expect(
      try HMAC.sha256(Array("Hi There".utf8), key: [UInt8](repeating: 0x0B, count: 20))
        == hex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"))
    #expect(
      try HMAC.sha256(Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8))
        == hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"))
    #expect(
      try HMAC.sha256([], key: [])
        == hex("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"))
  }

  @Test func randomBytesDiffer() throws {
    #expect(try RandomBytes.generate(0).isEmpty)
    let (one, other) = (try RandomBytes.generate(32), try RandomBytes.generate(32))
    #expect(one.count == 32 && one != other)
    #expect(throws: CryptographyError.self) { try RandomBytes.generate(-1) }
  }
}
