/// Why a TLS connection cannot be made or used.
///
/// The texts are fragments for a sentence, lower case, without a period and without anything the
/// peer could have chosen.
package enum TLSError: Error, Sendable, Equatable {
  /// The deadline passed.
  case timedOut
  /// The peer is gone: the connection was reset, or ended where an answer was due.
  case closed
  /// The peer's data ended without close_notify: anybody on the way could have cut it
  /// (RFC 8446 §6.1).
  case truncated
  /// The peer's certificate was refused.
  case untrusted(reason: String)
  /// The peer speaks something else.
  case notTLS
  /// The peer does not speak TLS as it is spoken here, or refused us.
  case protocolFailure(reason: String)
  /// Something on this side cannot be used: a file, a key, a name.
  case unusable(reason: String)
}
