import TLS
import Vault

/// The calculations of a vault, by libcrypto.
struct OpenSSLVault: VaultCryptography {
  func authenticationCode(of message: [UInt8], key: [UInt8]) -> [UInt8]? {
    try? HMAC.sha256(message, key: key)
  }

  func seal(_ plaintext: [UInt8], key: [UInt8], context: [UInt8]) -> [UInt8]? {
    try? AuthenticatedEncryption.seal(plaintext, key: key, context: context)
  }

  func open(_ sealed: [UInt8], key: [UInt8], context: [UInt8]) -> [UInt8]? {
    (try? AuthenticatedEncryption.open(sealed, key: key, context: context)) ?? nil
  }

  func randomBytes(_ count: Int) -> [UInt8]? { try? RandomBytes.generate(count) }
}

typealias Sealer = VaultSealer<OpenSSLVault>
