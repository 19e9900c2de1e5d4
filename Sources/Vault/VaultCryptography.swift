/// The calculations a vault leaves to its caller, so that the agent needs no library for them.
package protocol VaultCryptography: Sendable {
  /// HMAC-SHA-256, 32 bytes; nil where it is not to be had.
  func authenticationCode(of message: [UInt8], key: [UInt8]) -> [UInt8]?

  /// AES-256-GCM with a fresh random nonce of 96 bits: nonce, ciphertext and tag of 128 bits.
  func seal(_ plaintext: [UInt8], key: [UInt8], context: [UInt8]) -> [UInt8]?

  /// The plaintext, when key, context and every bit of `sealed` are those of sealing.
  func open(_ sealed: [UInt8], key: [UInt8], context: [UInt8]) -> [UInt8]?

  /// Random bytes of the system's generator.
  func randomBytes(_ count: Int) -> [UInt8]?
}
