import OAuth
import TLS

/// Why a client on the command line is refused.
enum RegistrationFault: Error, Equatable {
  case badIdentifier
  case badSecret
  case badRedirect(String, AddressFault)
  case badFile(part: String, path: String)
  case badMethod(String)
  case twoCredentials
  case unknownPart(String)

  /// What is wrong, for a person; never the secret.
  var sentence: String {
    switch self {
    case .badIdentifier: "a client needs an identifier of printable ascii before the first comma"
    case .badSecret: "a client secret is printable ascii and not empty"
    case .badRedirect(let uri, let fault): "\(PrintableText(uri)) cannot be a redirect: \(fault)"
    case .badFile(let part, let path):
      "\(PrintableText(path)) cannot be read as what \(part)= needs"
    case .badMethod(let name):
      "\(PrintableText(name)) is not a way this client can authenticate"
    case .twoCredentials: "a client has one of secret=, key=, jwks= and certificate="
    case .unknownPart(let name):
      "a client has secret=, key=, jwks=, certificate=, auth= and redirect= after its identifier, "
        + "not \(PrintableText(name))"
    }
  }
}

/// Reads a file of the command line; `nil` where that cannot be done.
typealias FileReading = (_ path: String) -> [UInt8]?

extension RegisteredClient {
  /// Reads `ID[,secret=S][,key=FILE][,jwks=FILE][,certificate=FILE][,auth=METHOD]
  /// [,redirect=URI]...`; without a redirect it gets the usual ones.
  init(
    parsing text: String, reading file: FileReading = { _ in nil }
  ) throws(RegistrationFault) {
    var parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)[...]
    guard let id = parts.popFirst(), Grammar.isVSCHAR(id) else { throw .badIdentifier }
    var credential = ClientCredential.none
    var redirects: [String] = []
    var methodName: String?
    for part in parts {
      let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let value = halves.count > 1 ? String(halves[1]) : ""
      switch halves.first.map(String.init) ?? "" {
      case "redirect":
        do { _ = try RedirectURI(value) } catch { throw .badRedirect(value, error) }
        redirects.append(value)
      case "auth": methodName = value
      case let name:
        let named = try Self.credential(name, value, file)
        guard credential == .none else { throw .twoCredentials }
        credential = named
      }
    }
    self.init(
      id: id, credential: credential,
      redirectURIs: redirects.isEmpty ? Self.usualRedirects : redirects,
      method: try Self.method(methodName, of: credential))
  }

  private static func credential(
    _ name: String, _ value: String, _ file: FileReading
  ) throws(RegistrationFault) -> ClientCredential {
    switch name {
    case "secret":
      guard Grammar.isVSCHAR(value) else { throw .badSecret }
      return .secret(value)
    case "key":
      guard let pem = file(value), let key = try? PublicKey(pem: pem),
        let entry = try? JSONWebKey(.object(key.jsonWebKeyMembers))
      else { throw .badFile(part: name, path: value) }
      return .keys([entry])
    case "jwks":
      guard let bytes = file(value), let set = try? JSONWebKeySet(validating: bytes),
        !set.keys.isEmpty
      else { throw .badFile(part: name, path: value) }
      return .keys(set.keys)
    case "certificate":
      guard let pem = file(value), let certificate = ClientCertificate.der(fromPEM: pem) else {
        throw .badFile(part: name, path: value)
      }
      return .certificate(certificate)
    default: throw .unknownPart(name)
    }
  }

  private static func method(
    _ name: String?, of credential: ClientCredential
  ) throws(RegistrationFault) -> ClientMethod? {
    guard let name else { return nil }
    guard let method = ClientMethod(rawValue: name), credential.methods.contains(method) else {
      throw .badMethod(name)
    }
    return method
  }
}
