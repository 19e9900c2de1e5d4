import OAuth

/// What the server was told at its start.
struct Settings: Sendable {
  /// Whether clients can show a certificate (RFC 8705 §2).
  enum ClientCertificates: Sendable, Equatable {
    case unused
    case accepted
  }

  /// Scheme, host and port, without a slash at the end.
  let origin: String
  /// Byte for byte what `iss` says everywhere.
  let issuer: String
  /// The path every endpoint begins with: empty, or `/tenant`.
  let issuerPath: String
  let clients: [String: RegisteredClient]
  let behaviour: Behaviour
  let signer: TokenSigner
  let clientCertificates: ClientCertificates
  /// The one way in which this server does wrong on purpose.
  let misbehaviour: Misbehaviour?

  /// - Parameters:
  ///   - origin: scheme, host and port, without a slash at the end.
  ///   - clients: a later one takes the place of an earlier one with its identifier.
  init(
    origin: String, issuerPath: String = "",
    clients: [RegisteredClient] = RegisteredClient.builtIn, behaviour: Behaviour = Behaviour(),
    signer: TokenSigner, clientCertificates: ClientCertificates = .unused,
    misbehaviour: Misbehaviour? = nil
  ) {
    self.origin = origin
    self.issuer = origin + issuerPath
    self.issuerPath = issuerPath
    self.clients = Dictionary(clients.map { ($0.id, $0) }) { $1 }
    self.behaviour = misbehaviour?.fault.adjusted(behaviour) ?? behaviour
    self.signer = signer
    self.clientCertificates = clientCertificates
    self.misbehaviour = misbehaviour
  }

  /// The address of a place of this server.
  func address(of place: Place) -> String { issuer + place.path }

  /// The same place under another host of this machine: what clients with a certificate are to
  /// use instead (RFC 8705 §5).
  func alias(of place: Place) -> String {
    address(of: place).replacing("://localhost:", with: "://127.0.0.1:", maxReplacements: 1)
  }
}
