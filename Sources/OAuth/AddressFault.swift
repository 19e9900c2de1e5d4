/// Why an address of a server, or one to come back to, is refused.
package enum AddressFault: Error, Equatable, CustomStringConvertible {
  case tooLong
  case badCharacter
  case notAbsolute
  case foreignScheme(String)
  case plainHTTP(host: String)
  case userInfo
  case fragment
  case query
  case badHost
  case badPort
  case portMissing

  package var description: String {
    switch self {
    case .tooLong: "the address is longer than 4096 bytes"
    case .badCharacter: "the address holds a character that no url may have"
    case .notAbsolute: "the address is not an absolute url"
    case .foreignScheme(let scheme): "addresses that start with \(scheme): are refused"
    case .plainHTTP(let host):
      "the address uses http on \(host), which is refused everywhere but on this machine itself"
    case .userInfo: "the address has a user name in front of its host"
    case .fragment: "the address has a fragment (#)"
    case .query: "the address has a query (?)"
    case .badHost: "the address has no valid host name"
    case .badPort: "the address has a port that is not a number from 1 to 65535"
    case .portMissing:
      "a redirect to localhost needs a port, as in http://localhost:3000/callback"
    }
  }
}
