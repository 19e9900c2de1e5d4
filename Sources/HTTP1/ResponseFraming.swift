/// How a response's content is delimited (RFC 9112 §6.3).
enum ResponseFraming: Sendable, Equatable {
  case none
  case length(Int)
  case chunked
  case untilClose

  /// `method` is the request's; the rules are taken in the RFC's order.
  init(
    _ line: StatusLine, _ fields: HeaderFields, answering method: String
  ) throws(ResponseFailure) {
    if method == "HEAD" || !Response.mayHaveContent(line.status)
      || (method == "CONNECT" && (200...299).contains(line.status))
    {
      self = .none
      return
    }
    let lengths = fields.values(for: "Content-Length")
    guard fields.contains("Transfer-Encoding") else {
      self = try Self.lengths(lengths)
      return
    }
    guard lengths.isEmpty, !line.isHTTP10 else { throw .conflictingLengths }
    guard fields.tokens(of: "Transfer-Encoding") == ["chunked"] else {
      throw .unsupportedTransferCoding
    }
    self = .chunked
  }

  /// RFC 9110 §8.6: the same length said twice is one length; two different ones are none.
  private static func lengths(_ values: [String]) throws(ResponseFailure) -> Self {
    let members = values.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }
      .map { String(decoding: Syntax.trimmed(Array($0.utf8)[...]), as: UTF8.self) }
    guard let first = members.first else { return .untilClose }
    guard members.allSatisfy({ $0 == first }) else { throw .conflictingLengths }
    guard let length = Syntax.decimal(first) else {
      // All digits, and more of them than any content has bytes.
      guard !first.isEmpty, first.utf8.allSatisfy(Syntax.isDigit) else {
        throw .malformed("the Content-Length is not a number")
      }
      throw .bodyTooLarge
    }
    return .length(length)
  }
}
