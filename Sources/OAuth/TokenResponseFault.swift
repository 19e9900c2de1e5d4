/// Why an answer of the token endpoint is refused although it is no error of the server's.
package enum TokenResponseFault: Error, Sendable, Equatable, CustomStringConvertible {
  case redirect(status: Int)
  case unexpectedStatus(Int)
  case notJSON(contentType: PrintableText)
  case json(JSONFault)
  case missing(String)
  case wrongType(String)
  case tooLong(String)
  case badCharacters(String)
  case unknownTokenType(PrintableText)
  case badLifetime

  package var description: String {
    switch self {
    case .redirect(let status):
      "the server answered with a redirect (status \(status)), which is never followed with a "
        + "code or a token in hand"
    case .unexpectedStatus(let status): "the server answered with status \(status) instead of 200"
    case .notJSON(let type) where type.text.isEmpty: "the answer does not say that it is json"
    case .notJSON(let type): "the answer is \(type) instead of json"
    case .json(let fault): "the answer cannot be read: \(fault)"
    case .missing(let name): "the answer has no \(name)"
    case .wrongType(let name): "the answer's \(name) is not of the type it must have"
    case .tooLong(let name): "the answer's \(name) is longer than 65000 bytes"
    case .badCharacters(let name):
      "the answer's \(name) holds something other than printable ascii"
    case .unknownTokenType(let type):
      "the answer's token_type is \"\(type)\", and only bearer tokens are understood"
    case .badLifetime: "the answer's expires_in is not a number of seconds"
    }
  }
}
