/// Why a digest, a key or a signature could not be made.
package enum CryptographyError: Error, Sendable, Equatable {
  /// libcrypto failed where it can only fail for want of memory, of entropy, or by local policy.
  case failed(reason: String)
  /// The key cannot be read or is of a kind that is not used here.
  case unusableKey(reason: String)
  /// The algorithm is for another kind of key.
  case algorithmDoesNotFitKey
}
