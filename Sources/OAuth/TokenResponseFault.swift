/// Why an answer of an endpoint is refused although it is no error of the server's.
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
  case bearerInsteadOfDPoP
  case proofNotUsed
  case badLifetime
  case badSeconds(String)
  case badAddress(String, AddressFault)
  case unknownIssuedType(PrintableText)
  case notAgreed(String)

  package var description: String {
    switch self {
    case .redirect(let status):
      "the server answered with a redirect (status \(status)), which is never followed with a "
        + "code or a token in hand"
    case .unexpectedStatus(let status):
      "the server answered with status \(status), which is neither a success nor an error here"
    case .notJSON(let type) where type.text.isEmpty: "the answer does not say that it is json"
    case .notJSON(let type): "the answer is of type \(type) instead of json"
    case .json(let fault): "the answer cannot be read: \(fault)"
    case .missing("id_token"): "the answer has no id_token, although openid was asked for"
    case .missing("token_type"):
      "the answer has no token_type, so that nobody can say how its token is used"
    case .missing(let name): "the answer has no \(name)"
    case .wrongType(let name): "the answer's \(name) is not of the type it must have"
    case .tooLong("user_code"):
      "the answer's user_code is longer than \(DeviceAuthorizationResponse.maximumUserCode) bytes"
    case .tooLong("request_uri"):
      "the answer's request_uri is longer than "
        + "\(PushedAuthorizationResponse.maximumLength) bytes"
    case .tooLong(let name): "the answer's \(name) is longer than 65000 bytes"
    case .badCharacters(let name):
      "the answer's \(name) holds something other than printable ascii"
    case .unknownTokenType(let type):
      "the answer's token_type is \"\(type)\", and only Bearer and DPoP are understood"
    case .bearerInsteadOfDPoP:
      "the access token is a bearer token although one bound to a key was asked for (dpop)"
    case .proofNotUsed:
      "the access token is bound to a key (dpop), and no key was used to ask for it"
    case .badLifetime: "the answer's expires_in is not a number of seconds"
    case .badSeconds(let name): "the answer's \(name) is not a number of seconds"
    case .badAddress(let name, let fault): "the answer's \(name) is refused: \(fault)"
    case .unknownIssuedType(let type):
      "the answer's issued_token_type is \(type), which is no access token"
    case .notAgreed(let name): "the answer's \(name) is not what was asked for and cannot be used"
    }
  }
}
