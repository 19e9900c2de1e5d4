/// Why a response cannot be used.
package enum ResponseFailure: Error, Sendable, Equatable {
  /// The connection ended before the first byte of an answer.
  case noResponse
  /// The connection ended before the answer did (RFC 9112 §8).
  case truncated
  /// The first bytes are not those of HTTP/1.x.
  case notHTTP
  /// What is wrong, for people: lower case, no period, nothing quoted from the answer.
  case malformed(String)
  case headTooLarge
  case bodyTooLarge
  /// Two lengths that differ, or a length beside a transfer coding (RFC 9112 §6.3).
  case conflictingLengths
  /// A transfer coding other than chunked, which a client that sent no TE never gets.
  case unsupportedTransferCoding
  /// A content coding, which nobody asked for: a small answer could unfold without bound.
  case unsupportedContentCoding
}
