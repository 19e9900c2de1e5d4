internal import COpenSSL

/// AES-256-GCM with a random nonce (NIST SP 800-38D §8.2.2).
///
/// What is sealed reads: nonce, ciphertext, tag. The nonce is drawn here and nowhere else, so that no
/// caller can use one twice. After 2^32 messages under one key the odds of two equal nonces pass
/// 2^-32 (§8.3): whoever owns the key has to keep far below that.
package enum AuthenticatedEncryption {
  /// Bytes.
  package static let keyLength = 32
  /// Bytes; the length for which GCM needs no hash of the nonce.
  package static let nonceLength = 12
  /// Bytes; GCM's longest.
  package static let tagLength = 16
  /// Bytes by which what is sealed is longer.
  package static let overhead = nonceLength + tagLength
  /// Bytes of one message or of its context: far below GCM's bound, and safe to count in an `int`.
  package static let longestMessage = 1 << 30

  /// Seals `plaintext`, and binds it to `context`, which opening has to repeat byte for byte.
  package static func seal(
    _ plaintext: [UInt8], key: [UInt8], context: [UInt8]
  ) throws(CryptographyError) -> [UInt8] {
    try seal(
      plaintext, key: key, context: context, nonce: try RandomBytes.generate(nonceLength))
  }

  /// The plaintext; nil when key, context or a single bit of `sealed` is not what it was.
  package static func open(
    _ sealed: [UInt8], key: [UInt8], context: [UInt8]
  ) throws(CryptographyError) -> [UInt8]? {
    try check(sealed.count, context, key)
    guard sealed.count >= overhead else { return nil }
    let cipher = try Cipher(key: key, nonce: Array(sealed.prefix(nonceLength)), seals: false)
    try cipher.bind(context)
    let plaintext = try cipher.update(Array(sealed[nonceLength..<(sealed.count - tagLength)]))
    return try cipher.verify(Array(sealed.suffix(tagLength))) ? plaintext : nil
  }

  /// For the published vectors; everything else takes a fresh nonce.
  static func seal(
    _ plaintext: [UInt8], key: [UInt8], context: [UInt8], nonce: [UInt8]
  ) throws(CryptographyError) -> [UInt8] {
    try check(plaintext.count, context, key)
    let cipher = try Cipher(key: key, nonce: nonce, seals: true)
    try cipher.bind(context)
    return try nonce + cipher.update(plaintext) + cipher.finish()
  }

  private static func check(
    _ count: Int, _ context: [UInt8], _ key: [UInt8]
  ) throws(CryptographyError) {
    guard key.count == keyLength else { throw .unusableKey(reason: "it is not 256 bits long") }
    guard count <= longestMessage, context.count <= longestMessage else {
      throw .failed(reason: "the message is too long")
    }
  }
}

/// One run of the cipher; each step is checked, and a step that fails ends the run.
private final class Cipher {
  private let context: OpaquePointer
  private let seals: Bool

  init(key: [UInt8], nonce: [UInt8], seals: Bool) throws(CryptographyError) {
    guard nonce.count == AuthenticatedEncryption.nonceLength else {
      throw .failed(reason: "the nonce is not 96 bits long")
    }
    ERR_clear_error()
    guard let context = EVP_CIPHER_CTX_new() else { throw .fromOpenSSL() }
    self.context = context
    self.seals = seals
    // GCM's nonce is 96 bits long unless one asks for another length.
    guard EVP_CipherInit_ex2(context, EVP_aes_256_gcm(), key, nonce, seals ? 1 : 0, nil) == 1 else {
      throw .fromOpenSSL()
    }
  }

  deinit { EVP_CIPHER_CTX_free(context) }

  /// Takes the bytes that are authenticated and not encrypted.
  func bind(_ bytes: [UInt8]) throws(CryptographyError) {
    guard !bytes.isEmpty else { return }
    var written: Int32 = 0
    guard EVP_CipherUpdate(context, nil, &written, bytes, Int32(bytes.count)) == 1 else {
      throw .fromOpenSSL()
    }
  }

  func update(_ bytes: [UInt8]) throws(CryptographyError) -> [UInt8] {
    // Without input libcrypto would take the call for the last one.
    guard !bytes.isEmpty else { return [] }
    var result = [UInt8](repeating: 0, count: bytes.count)
    var written: Int32 = 0
    guard EVP_CipherUpdate(context, &result, &written, bytes, Int32(bytes.count)) == 1,
      Int(written) == result.count
    else { throw .fromOpenSSL() }
    return result
  }

  /// The tag over all that was taken.
  func finish() throws(CryptographyError) -> [UInt8] {
    var tag = [UInt8](repeating: 0, count: AuthenticatedEncryption.tagLength)
    let length = Int32(tag.count)
    var written: Int32 = 0
    var rest: UInt8 = 0
    guard EVP_CipherFinal_ex(context, &rest, &written) == 1,
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, length, &tag) == 1
    else { throw .fromOpenSSL() }
    return tag
  }

  /// Whether `tag` is the one over all that was taken; libcrypto compares in constant time.
  func verify(_ tag: [UInt8]) throws(CryptographyError) -> Bool {
    var tag = tag
    guard EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), &tag) == 1 else {
      throw .fromOpenSSL()
    }
    var written: Int32 = 0
    var rest: UInt8 = 0
    let isGenuine = EVP_CipherFinal_ex(context, &rest, &written) == 1
    ERR_clear_error()
    return isGenuine
  }
}
