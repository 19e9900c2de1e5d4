import Glibc
import OAuth
import Platform
import TLS
import Testing

@testable import Courier

/// What an account's files have to be for its client to be proven with them.
@Suite struct CredentialsTests {
  private func read(_ lines: String..., home: String = "/nonexistent") throws -> Credentials {
    try Credentials.read(
      from: try ClientFixture.job(lines), environment: Environment(["HOME": home]),
      deadline: BootInstant.now.adding(seconds: 20))
  }

  private func fault(_ lines: String...) -> CourierFailure? {
    #expect(throws: CourierFailure.self) {
      try Credentials.read(
        from: try ClientFixture.job(lines), environment: Environment([:]),
        deadline: BootInstant.now.adding(seconds: 20))
    }
  }

  @Test func publicClientHasNothing() throws {
    let credentials = try read()
    #expect(credentials.secret == nil)
    #expect(credentials.key == nil)
    #expect(credentials.certificate == nil)
  }

  @Test func keyIsReadFromItsFile() throws {
    let folder = try ScratchFolder()
    let key = try SigningKey(generating: .ed25519)
    let file = try folder.file("key.pem", try ClientFixture.pem(key))
    let credentials = try read("client_key_file=\(file)", "client_key_id=k1")
    #expect(credentials.key?.publicKey == key.publicKey)
    #expect(credentials.keyID == "k1")
    #expect(credentials.certificate == nil)
    #expect(try read("client_key_file=~/key.pem", home: folder.path).key != nil)
  }

  @Test(
    "a key that others can read is refused with the command that mends it",
    arguments: [0o640, 0o604, 0o644, 0o660])
  func openKey(mode: mode_t) throws {
    let folder = try ScratchFolder()
    let pem = try ClientFixture.pem(try SigningKey(generating: .p256))
    let file = try folder.file("key.pem", pem, mode: mode)
    let fault = fault("client_key_file=\(file)")
    #expect(fault?.failure.code == .failed)
    #expect(fault?.failure.hint == "chmod 600 \(file)")
    #expect(
      fault?.failure.description == "cannot use client_key_file \(file): others can read it")
  }

  @Test(
    "what holds no private key is refused, and not shown",
    arguments: [
      "", "s3cret", "-----BEGIN PRIVATE KEY-----\ns3cret\n-----END PRIVATE KEY-----\n",
    ])
  func noKey(contents: String) throws {
    let folder = try ScratchFolder()
    let file = try folder.file("key.pem", contents)
    let sentence = fault("client_key_file=\(file)")?.failure.description
    #expect(sentence?.hasPrefix("client_key_file \(file) cannot be used: ") == true)
    #expect(sentence?.contains("s3cret") == false)
  }

  /// RFC 7468 §11, and the form of RFC 1421 that OpenSSL wrote before.
  @Test(
    "an encrypted key is refused with the command that takes the passphrase away",
    arguments: [
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n",
      "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nMAA=\n"
        + "-----END EC PRIVATE KEY-----\n",
    ])
  func encryptedKey(contents: String) throws {
    let folder = try ScratchFolder()
    let file = try folder.file("key.pem", contents)
    let failure = fault("client_key_file=\(file)")?.failure
    #expect(
      failure?.description
        == "client_key_file \(file) cannot be used: it has a passphrase; give a copy without one")
    #expect(failure?.hint == "openssl pkey -in \(file) -out \(file).plain")
  }

  /// RFC 7518 §3.3.
  @Test(arguments: [(255, 0xFF, 2040), (256, 0x7F, 2047), (256, 0x80, nil), (512, 0xFF, nil)])
  func shortKeysOfRSAAreWeak(length: Int, first: UInt8, bits: Int?) {
    let modulus = [first] + [UInt8](repeating: 0xFF, count: length - 1)
    for zeros in [[], [0]] as [[UInt8]] {
      let key = PublicKey.rsa(modulus: zeros + modulus, exponent: [1, 0, 1])
      #expect(KeyFile.weakness(of: key) == bits.map { .weakRSA(bits: $0) })
    }
  }

  @Test func otherKeysAreNotJudgedByTheirLength() throws {
    for kind in [SigningKey.Kind.p256, .ed25519] {
      #expect(KeyFile.weakness(of: try SigningKey(generating: kind).publicKey) == nil)
    }
  }

  @Test func missingFileIsNamed() {
    let sentence = fault("client_key_file=/nonexistent/key.pem")?.failure.description
    #expect(sentence?.hasPrefix("cannot use client_key_file /nonexistent/key.pem: ") == true)
  }

  @Test func certificateComesWithItsKeyAndMayBeReadByAll() throws {
    let folder = try ScratchFolder()
    let pair = try ClientFixture.certificate()
    let key = try folder.file("key.pem", String(decoding: pair.keyPEM, as: UTF8.self))
    let chain = try folder.file(
      "chain.pem", String(decoding: pair.certificatePEM, as: UTF8.self), mode: 0o644)
    let credentials = try read("client_key_file=\(key)", "client_certificate_file=\(chain)")
    #expect(credentials.certificate == pair)
  }

  @Test func certificateWithoutKeyIsRefused() throws {
    let folder = try ScratchFolder()
    let pair = try ClientFixture.certificate()
    let chain = try folder.file("c.pem", String(decoding: pair.certificatePEM, as: UTF8.self))
    #expect(
      fault("client_certificate_file=\(chain)")?.failure.description
        == "client_certificate_file needs its key in client_key_file")
  }

  @Test func certificateOfAnotherKeyIsRefusedBeforeAnythingIsSent() throws {
    let folder = try ScratchFolder()
    let chain = try folder.file(
      "c.pem", String(decoding: try ClientFixture.certificate().certificatePEM, as: UTF8.self))
    let key = try folder.file(
      "k.pem", String(decoding: try ClientFixture.certificate().keyPEM, as: UTF8.self))
    let sentence = fault("client_key_file=\(key)", "client_certificate_file=\(chain)")?.failure
    #expect(
      sentence?.description == "client_certificate_file \(chain) and client_key_file \(key) "
        + "cannot be used: the key is not that of the certificate")
  }

  @Test func fileWithoutCertificateIsRefused() throws {
    let folder = try ScratchFolder()
    let key = try folder.file("k.pem", try ClientFixture.pem(try SigningKey(generating: .p256)))
    let sentence = fault("client_key_file=\(key)", "client_certificate_file=\(key)")?.failure
    #expect(sentence?.description == "client_certificate_file \(key) has no certificate in PEM")
  }

  @Test func nothingOfItIsPrinted() {
    let text = "\(Credentials(secret: "s3cret"))"
    #expect(!text.contains("s3cret"))
  }
}
