import OAuth

/// What the server was told at its start.
struct Settings: Sendable {
  /// Byte for byte what `iss` says everywhere.
  let issuer: String
  /// The path every endpoint begins with: empty, or `/tenant`.
  let issuerPath: String
  let clients: [String: RegisteredClient]
  let behaviour: Behaviour
  let signer: TokenSigner

  /// - Parameters:
  ///   - origin: scheme, host and port, without a slash at the end.
  ///   - clients: a later one takes the place of an earlier one with its identifier.
  init(
    origin: String, issuerPath: String = "",
    clients: [RegisteredClient] = RegisteredClient.builtIn, behaviour: Behaviour = Behaviour(),
    signer: TokenSigner
  ) {
    self.issuer = origin + issuerPath
    self.issuerPath = issuerPath
    self.clients = Dictionary(clients.map { ($0.id, $0) }) { $1 }
    self.behaviour = behaviour
    self.signer = signer
  }

  /// The address of a place of this server.
  func address(of place: Place) -> String { issuer + place.path }
}
