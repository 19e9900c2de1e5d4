import OAuth
import TLS

/// What one request is answered with besides itself: the time, and randomness nobody can guess.
struct Surroundings: Sendable {
  /// Bytes of a seed: as many as each text that is made from it.
  static let seedLength = 32

  /// Seconds since 1970.
  let now: Int64
  /// The certificate the client has shown and proved to hold on this connection, DER.
  let clientCertificate: [UInt8]?
  private let seed: [UInt8]
  private var count: UInt64 = 0

  /// - Parameter seed: fresh from the system's generator, for this request alone.
  init(now: Int64, seed: [UInt8], clientCertificate: [UInt8]? = nil) {
    self.now = now
    self.clientCertificate = clientCertificate
    self.seed = seed
  }

  /// A new code, token or identifier: 43 characters that need no encoding anywhere.
  mutating func secret() throws(Refusal) -> String {
    count += 1
    let counter = withUnsafeBytes(of: count.bigEndian) { Array($0) }
    return Base64URL.encode(try sha256(seed + counter))
  }
}

/// A digest whose only failure is that of the server.
func sha256(_ bytes: [UInt8]) throws(Refusal) -> [UInt8] {
  do { return try Digest.sha256(bytes) } catch { throw .serverError }
}
