import TLS
import Testing

@Suite struct SignatureTests {
  private func failure(
    _ key: PublicKey, _ signature: [UInt8], _ message: [UInt8], _ algorithm: SignatureAlgorithm
  ) -> SignatureFailure? {
    do throws(SignatureFailure) {
      try VerificationKey(key).verify(signature, of: message, by: algorithm)
      return nil
    } catch { return error }
  }

  @Test(arguments: SignatureVector.all)
  func aPublishedSignatureIsAccepted(vector: SignatureVector) throws {
    let key = try VerificationKey(vector.key)
    try key.verify(vector.signature, of: vector.message, by: vector.algorithm)
  }

  @Test(arguments: SignatureVector.all)
  func anotherMessageIsRefused(vector: SignatureVector) {
    let verdict = failure(
      vector.key, vector.signature, vector.message + [0x41], vector.algorithm)
    #expect(verdict == .mismatch)
    #expect(failure(vector.key, vector.signature, [], vector.algorithm) == .mismatch)
  }

  @Test(arguments: SignatureVector.all)
  func aChangedSignatureIsRefused(vector: SignatureVector) {
    for index in stride(from: 0, to: vector.signature.count, by: 5) {
      var signature = vector.signature
      signature[index] ^= 0x04
      #expect(failure(vector.key, signature, vector.message, vector.algorithm) != nil)
    }
  }

  @Test(arguments: SignatureVector.all)
  func aSignatureOfAnotherLengthIsMalformed(vector: SignatureVector) {
    for signature in [
      [], Array(vector.signature.dropLast()), Array(vector.signature.dropFirst()),
      vector.signature + [0], [0] + vector.signature,
    ] {
      let verdict = failure(vector.key, signature, vector.message, vector.algorithm)
      #expect(verdict == .malformedSignature)
    }
  }

  @Test(arguments: SignatureVector.all)
  func anAlgorithmOfAnotherKeyIsRefused(vector: SignatureVector) {
    let others: [SignatureAlgorithm] =
      switch vector.key {
      case .rsa: [.es256, .es384, .es512, .edDSA]
      case .ec: SignatureAlgorithm.allCases.filter { $0 != vector.algorithm }
      case .ed25519: SignatureAlgorithm.allCases.filter { $0 != .edDSA }
      }
    for other in others {
      let verdict = failure(vector.key, vector.signature, vector.message, other)
      #expect(verdict == .algorithmDoesNotFitKey)
    }
  }

  @Test func anotherDigestOrPaddingIsRefused() throws {
    let vector = try #require(SignatureVector.all.first)
    for other in [SignatureAlgorithm.rs384, .rs512, .ps256, .ps384, .ps512] {
      #expect(failure(vector.key, vector.signature, vector.message, other) != nil)
    }
  }

  /// CVE-2022-21449: zeros were a signature of everything.
  @Test func zerosAreNoSignature() throws {
    for vector in SignatureVector.all {
      guard case .ec(let curve, _, _) = vector.key else { continue }
      let length = curve.coordinateLength
      let zeros = [UInt8](repeating: 0, count: length)
      let r = Array(vector.signature.prefix(length))
      let s = Array(vector.signature.suffix(length))
      for signature in [zeros + zeros, r + zeros, zeros + s] {
        let verdict = failure(vector.key, signature, vector.message, vector.algorithm)
        #expect(verdict == .malformedSignature)
      }
    }
  }

  @Test func valuesFromTheCurvesOrderOnAreNoSignature() throws {
    // The order of P-256 (FIPS 186-4 D.1.2.3): s and s + n would otherwise be the same.
    let order = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
    let vector = try #require(SignatureVector.all.first { $0.algorithm == .es256 })
    let r = Array(vector.signature.prefix(32))
    #expect(failure(vector.key, r + order, vector.message, .es256) != nil)
    #expect(failure(vector.key, order + r, vector.message, .es256) != nil)
    let ones = [UInt8](repeating: 0xFF, count: 64)
    #expect(failure(vector.key, ones, vector.message, .es256) != nil)
  }

  @Test func theDERFormIsNotJOSEs() throws {
    let vector = try #require(SignatureVector.all.first { $0.algorithm == .es256 })
    let der = [0x30, 0x44, 0x02, 0x20] + vector.signature.prefix(32) + [0x02, 0x20]
    #expect(
      failure(vector.key, der + vector.signature.suffix(32), vector.message, .es256)
        == .malformedSignature)
  }
}

@Suite struct PublicKeyTests {
  private func refusal(_ key: PublicKey) -> SignatureFailure? {
    do throws(SignatureFailure) {
      _ = try VerificationKey(key)
      return nil
    } catch { return error }
  }

  private func isUnusable(_ key: PublicKey) -> Bool {
    guard case .unusableKey = refusal(key) else { return false }
    return true
  }

  private let modulus = [0x80] + [UInt8](repeating: 0x01, count: 255)

  @Test func anRSAKeyHasAtLeast2048Bits() {
    #expect(refusal(.rsa(modulus: modulus, exponent: [1, 0, 1])) == nil)
    #expect(refusal(.rsa(modulus: [0, 0] + modulus, exponent: [0, 1, 0, 1])) == nil)
    let short = [0x7F] + modulus.dropFirst()
    #expect(isUnusable(.rsa(modulus: short, exponent: [1, 0, 1])))
    #expect(isUnusable(.rsa(modulus: [0] + short, exponent: [1, 0, 1])))
    #expect(isUnusable(.rsa(modulus: [], exponent: [1, 0, 1])))
    #expect(isUnusable(.rsa(modulus: [0, 0], exponent: [1, 0, 1])))
  }

  @Test func aHugeRSAKeyIsNotComputedWith() {
    let huge = [UInt8](repeating: 0xFF, count: 1025)
    #expect(isUnusable(.rsa(modulus: huge, exponent: [1, 0, 1])))
  }

  @Test func anRSAExponentIsOddAndAboveOne() {
    for exponent: [UInt8] in [
      [], [0], [1], [0, 1], [2], [1, 0, 0], [1] + [0, 0, 0, 0, 0, 0, 0, 1],
    ] {
      #expect(isUnusable(.rsa(modulus: modulus, exponent: exponent)), "\(exponent)")
    }
    #expect(refusal(.rsa(modulus: modulus, exponent: [3])) == nil)
  }

  @Test func anECKeyIsAPointOfItsCurve() throws {
    let vector = try #require(SignatureVector.all.first { $0.algorithm == .es256 })
    guard case .ec(let curve, let x, let y) = vector.key else { return }
    var other = y
    other[31] ^= 1
    #expect(isUnusable(.ec(curve, x: x, y: other)))
    #expect(isUnusable(.ec(curve, x: y, y: x)))
    let zeros = [UInt8](repeating: 0, count: 32)
    #expect(isUnusable(.ec(curve, x: zeros, y: zeros)))
    let ones = [UInt8](repeating: 0xFF, count: 32)
    #expect(isUnusable(.ec(curve, x: ones, y: ones)))
  }

  @Test func coordinatesHaveTheirFullLength() throws {
    let vector = try #require(SignatureVector.all.first { $0.algorithm == .es256 })
    guard case .ec(_, let x, let y) = vector.key else { return }
    #expect(isUnusable(.ec(.p256, x: Array(x.dropFirst()), y: y)))
    #expect(isUnusable(.ec(.p256, x: x, y: [0] + y)))
    #expect(isUnusable(.ec(.p384, x: x, y: y)))
    #expect(isUnusable(.ec(.p256, x: [], y: [])))
  }

  @Test func anEd25519KeyHas32Bytes() {
    #expect(isUnusable(.ed25519([])))
    #expect(isUnusable(.ed25519([UInt8](repeating: 1, count: 31))))
    #expect(isUnusable(.ed25519([UInt8](repeating: 1, count: 33))))
  }
}
