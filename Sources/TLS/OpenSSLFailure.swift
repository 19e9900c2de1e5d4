internal import COpenSSL

/// The calling thread's error queue of libcrypto, emptied and put into words.
enum OpenSSLFailure {
  /// The reason of the most telling entry, which is the one that was put in first.
  static func takeReason() -> String {
    let code = ERR_get_error()
    ERR_clear_error()
    return reason(of: code)
  }

  /// libcrypto's words for `code`; they are its own constants, never the peer's.
  static func reason(of code: UInt) -> String {
    guard code != 0, let text = ERR_reason_error_string(code) else { return "no reason was given" }
    return String(cString: text)
  }
}

extension CryptographyError {
  /// What libcrypto has just failed with.
  static func fromOpenSSL() -> Self { .failed(reason: OpenSSLFailure.takeReason()) }
}
