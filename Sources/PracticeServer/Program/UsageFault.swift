import OAuth
import TLS

/// What is wrong with a command line.
enum UsageFault: Error, Equatable {
  case unknownOption(String)
  case unexpectedArgument(String)
  case valueMissing(String)
  case valueUnexpected(String)
  case badPort
  case badIssuerPath
  case badUser
  case badSeconds(String)
  case badAlgorithm
  case badUserCode
  case unknownFault(String)
  case badPath(String)
  case client(RegistrationFault)
  case together(String, String)
  case needs(String, String)
  case addressMissing

  /// What is wrong, for a person.
  var sentence: String {
    switch self {
    case .unknownOption(let name): "there is no option \(name)"
    case .unexpectedArgument(let text): "\(text) is not expected here"
    case .valueMissing(let name): "\(name) needs a value"
    case .valueUnexpected(let name): "\(name) takes no value"
    case .badPort: "a port is a number from 0 to 65535"
    case .badIssuerPath:
      "an issuer path begins with a slash, ends without one, and has letters, digits, hyphens, "
        + "dots, underscores and tildes in between"
    case .badUser: UserName.rule
    case .badSeconds(let name): "\(name) is a number of seconds from 0 to 1000000000"
    case .badAlgorithm:
      "an id token can be signed with "
        + TokenSigner.algorithms.map(\.rawValue).joined(separator: ", ")
    case .badUserCode: "a user code is letters and hyphens, at most 32"
    case .unknownFault(let name):
      "there is no fault \(PrintableText(name)); sallyport-practice faults lists them"
    case .badPath(let name): "\(name) needs a path of one line"
    case .client(let fault): fault.sentence
    case .together(let one, let other): "\(one) and \(other) exclude each other"
    case .needs(let one, let other): "\(one) needs \(other) beside it"
    case .addressMissing: "browse needs the address to open"
    }
  }
}
