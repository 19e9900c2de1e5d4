import Attributes

/// SASL initial responses, in Base64 as IMAP, SMTP and POP carry them.
extension TokenFormat {
  /// XOAUTH2 as Google and Microsoft describe it, or OAUTHBEARER (RFC 7628 §3.1).
  func writeSASL(_ answer: AttributeBlock, to buffer: inout WipedBuffer) throws(Failure) {
    let token = try bearerToken(answer)
    let user = try userName(answer)
    var response = WipedBuffer()
    if self == .xoauth2 {
      response.append("user=\(user)")
    } else {
      response.append("n,a=\(Self.saslName(user)),")
    }
    response.append(constant: "\u{1}auth=Bearer ")
    response.append(token)
    response.append(constant: "\u{1}\u{1}")
    buffer.append(base64: response.bytes)
  }

  private func userName(_ answer: AttributeBlock) throws(Failure) -> String {
    let account = answer.string("account") ?? "NAME"
    guard let user = answer.string("username"), !user.isEmpty else {
      throw Failure(
        .failed,
        "\(rawValue) needs a user name and \(account) has none:"
          + " write username = YOU@EXAMPLE.COM below [\(account)] in the configuration")
    }
    // A control character would end the field early (RFC 7628 §3.1).
    guard user.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
      throw Failure(.failed, "the user name of \(account) holds a control character")
    }
    return user
  }

  /// RFC 5801 §4: `=` and `,` of a name are written `=3D` and `=2C`.
  static func saslName(_ name: String) -> String {
    var result = ""
    for character in name {
      switch character {
      case "=": result += "=3D"
      case ",": result += "=2C"
      default: result.append(character)
      }
    }
    return result
  }
}
