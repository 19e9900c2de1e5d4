import TLS
import Testing

@Suite struct SigningKeyTests {
  private let message = Array("header.payload".utf8)

  private func algorithms(of kind: SigningKey.Kind) -> [SignatureAlgorithm] {
    switch kind {
    case .rsa2048: [.rs256, .rs384, .rs512, .ps256, .ps384, .ps512]
    case .p256: [.es256]
    case .ed25519: [.edDSA]
    }
  }

  @Test(arguments: SigningKey.Kind.allCases)
  func whatAKeySignsItsPublicHalfAccepts(kind: SigningKey.Kind) throws {
    let key = try SigningKey(generating: kind)
    let stranger = try VerificationKey(SigningKey(generating: kind).publicKey)
    let own = try VerificationKey(key.publicKey)
    for algorithm in algorithms(of: kind) {
      let signature = try key.sign(message, by: algorithm)
      try own.verify(signature, of: message, by: algorithm)
      #expect(throws: SignatureFailure.self) {
        try stranger.verify(signature, of: message, by: algorithm)
      }
    }
  }

  @Test func ellipticSignaturesAlwaysHaveTheirFullLength() throws {
    let key = try SigningKey(generating: .p256)
    let own = try VerificationKey(key.publicKey)
    // One in 128 has a short half, which has to be filled up.
    for number in 0..<600 {
      let text = Array("\(number)".utf8)
      let signature = try key.sign(text, by: .es256)
      #expect(signature.count == 64)
      try own.verify(signature, of: text, by: .es256)
    }
  }

  @Test(arguments: SigningKey.Kind.allCases)
  func aKeySurvivesItsFile(kind: SigningKey.Kind) throws {
    let key = try SigningKey(generating: kind)
    let pem = try key.pem()
    #expect(pem.starts(with: "-----BEGIN PRIVATE KEY-----\n".utf8))
    let again = try SigningKey(pem: pem)
    #expect(again.publicKey == key.publicKey)
    let algorithm = try #require(algorithms(of: kind).first)
    let signature = try again.sign(message, by: algorithm)
    try VerificationKey(key.publicKey).verify(signature, of: message, by: algorithm)
  }

  @Test func generatedKeysHaveTheirParameters() throws {
    guard case .rsa(let modulus, let exponent) = try SigningKey(generating: .rsa2048).publicKey
    else {
      Issue.record("not RSA")
      return
    }
    #expect(modulus.count == 256 && modulus[0] >= 0x80)
    #expect(exponent == [1, 0, 1])
    guard case .ec(.p256, let x, let y) = try SigningKey(generating: .p256).publicKey else {
      Issue.record("not P-256")
      return
    }
    #expect(x.count == 32 && y.count == 32)
  }

  @Test func anAlgorithmOfAnotherKeyIsRefused() throws {
    let key = try SigningKey(generating: .p256)
    for algorithm in SignatureAlgorithm.allCases where algorithm != .es256 {
      #expect(throws: CryptographyError.algorithmDoesNotFitKey) {
        try key.sign(message, by: algorithm)
      }
    }
  }

  @Test func whatIsNoKeyIsRefused() throws {
    let pem = try SigningKey(generating: .p256).pem()
    for bytes in [[], Array("no key".utf8), Array(pem.dropLast(40)), Array(pem.dropFirst(1))] {
      #expect(throws: CryptographyError.self) { try SigningKey(pem: bytes) }
    }
  }

  /// libcrypto would ask on the terminal; the test would hang there.
  @Test func anEncryptedKeyIsRefusedWithoutAQuestion() {
    let pem = """
      -----BEGIN ENCRYPTED PRIVATE KEY-----
      MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgvWmaIBwtGDwICCAAw
      DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEPNtrB6wSUzpVmrPIQxH4R0EgZB1
      -----END ENCRYPTED PRIVATE KEY-----

      """
    #expect(throws: CryptographyError.self) { try SigningKey(pem: Array(pem.utf8)) }
  }
}
