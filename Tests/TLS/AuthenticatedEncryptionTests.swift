import Testing

@testable import TLS

@Suite struct AuthenticatedEncryptionTests {
  private let key = [UInt8](repeating: 7, count: 32)
  private let context = Array("context".utf8)

  /// Test cases 13 to 16 of "The Galois/Counter Mode of Operation" (McGrew and Viega).
  @Test(
    arguments: [
      (
        key: String(repeating: "00", count: 32), nonce: "000000000000000000000000", plain: "",
        context: "", sealed: "530f8afbc74536b9a963b4f1c4cb738b"
      ),
      (
        key: String(repeating: "00", count: 32), nonce: "000000000000000000000000",
        plain: "00000000000000000000000000000000", context: "",
        sealed: "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"
      ),
      (
        key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
        nonce: "cafebabefacedbaddecaf888",
        plain: "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
          + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        context: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        sealed: "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
          + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
          + "76fc6ece0f4e1768cddf8853bb2d551b"
      ),
    ])
  func publishedVectors(
    _ vector: (key: String, nonce: String, plain: String, context: String, sealed: String)
  ) throws {
    let sealed = try AuthenticatedEncryption.seal(
      hex(vector.plain), key: hex(vector.key), context: hex(vector.context),
      nonce: hex(vector.nonce))
    #expect(sealed == hex(vector.nonce) + hex(vector.sealed))
    let opened = try AuthenticatedEncryption.open(
      sealed, key: hex(vector.key), context: hex(vector.context))
    #expect(opened == hex(vector.plain))
  }

  @Test("every length around a block comes back", arguments: [0, 1, 15, 16, 17, 31, 32, 33, 5000])
  func roundTrip(_ count: Int) throws {
    let plaintext = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
    let sealed = try AuthenticatedEncryption.seal(plaintext, key: key, context: context)
    #expect(sealed.count == count + AuthenticatedEncryption.overhead)
    #expect(try AuthenticatedEncryption.open(sealed, key: key, context: context) == plaintext)
  }

  @Test func noBitCanBeTurned() throws {
    let sealed = try AuthenticatedEncryption.seal(Array("token".utf8), key: key, context: context)
    for bit in 0..<(sealed.count * 8) {
      var changed = sealed
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(try AuthenticatedEncryption.open(changed, key: key, context: context) == nil)
    }
    for count in 0..<sealed.count {
      let cut = Array(sealed.prefix(count))
      #expect(try AuthenticatedEncryption.open(cut, key: key, context: context) == nil)
    }
    #expect(try AuthenticatedEncryption.open(sealed + [0], key: key, context: context) == nil)
  }

  @Test func anotherKeyOrContextOpensNothing() throws {
    let sealed = try AuthenticatedEncryption.seal(Array("token".utf8), key: key, context: context)
    var other = key
    other[31] ^= 1
    #expect(try AuthenticatedEncryption.open(sealed, key: other, context: context) == nil)
    #expect(try AuthenticatedEncryption.open(sealed, key: key, context: []) == nil)
    #expect(try AuthenticatedEncryption.open(sealed, key: key, context: context + [0]) == nil)
  }

  @Test func aNonceIsNotUsedTwice() throws {
    let nonces = try (0..<1000).map { _ in
      Array(
        try AuthenticatedEncryption.seal([], key: key, context: [])
          .prefix(AuthenticatedEncryption.nonceLength))
    }
    #expect(Set(nonces).count == nonces.count)
  }

  @Test("a key of another length is refused", arguments: [0, 16, 31, 33])
  func keyLengths(_ count: Int) {
    let key = [UInt8](repeating: 1, count: count)
    #expect(throws: CryptographyError.unusableKey(reason: "it is not 256 bits long")) {
      try AuthenticatedEncryption.seal([], key: key, context: [])
    }
    #expect(throws: CryptographyError.unusableKey(reason: "it is not 256 bits long")) {
      try AuthenticatedEncryption.open([], key: key, context: [])
    }
  }
}

@Suite struct PasswordKeyTests {
  /// RFC 7914 §12, without the vector that takes a gigabyte.
  @Test func publishedVectors() throws {
    #expect(
      try PasswordKey.derive(
        from: [], salt: [], cost: 16, blockSize: 1, parallelism: 1, count: 64)
        == hex(
          "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
            + "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"))
    #expect(
      try PasswordKey.derive(
        from: Array("password".utf8), salt: Array("NaCl".utf8), cost: 1024, blockSize: 8,
        parallelism: 16, count: 64)
        == hex(
          "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
            + "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"))
  }

  @Test("parameters no machine could serve are refused, and do not trap")
  func parametersOutOfRange() {
    let parameters: [(UInt64, UInt64, UInt64)] = [
      (0, 8, 1), (1, 8, 1), (1000, 8, 1), (1 << 21, 8, 1), (1 << 40, 8, 1),
      (.max, .max, .max), (1 << 14, 0, 1), (1 << 14, 8, 0), (1 << 14, 1 << 40, 1 << 40),
    ]
    for (cost, blockSize, parallelism) in parameters {
      #expect(throws: CryptographyError.self) {
        try PasswordKey.derive(
          from: [1], salt: [2], cost: cost, blockSize: blockSize, parallelism: parallelism,
          count: 32)
      }
    }
  }
}
