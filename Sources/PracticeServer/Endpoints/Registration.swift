import HTTP1
import OAuth

extension AuthorizationServer {
  /// The most clients that have registered themselves, so that none can fill the memory.
  private static let maximumRegistrations = 1000

  /// The registration endpoint, open to anyone (RFC 7591 §3).
  mutating func register(
    _ request: Request, in surroundings: inout Surroundings
  ) throws(Refusal) -> Reply {
    // RFC 7591 §2: where nothing is said, the client has a secret and sends it by HTTP Basic.
    let metadata = try ClientMetadata(try request.document(), usual: .secretBasic)
    guard registrations.count < Self.maximumRegistrations else { throw .full }
    let id = "client-" + (try surroundings.secret()).prefix(16)
    let accessToken = try surroundings.secret()
    let registration = try keep(
      metadata, as: id, accessToken: accessToken, issuedAt: surroundings.now,
      secret: try surroundings.secret())
    return .json(registration.document, status: 201)
  }

  /// A registered client's own entry: to read, to change, to remove (RFC 7592 §2).
  mutating func registeredClient(
    _ request: Request, in surroundings: inout Surroundings
  ) throws(Refusal) -> Reply {
    let prefix = settings.issuerPath + Place.registeredClient.path
    let id = String(request.path.dropFirst(prefix.count))
    guard let header = try request.authorization(), header.scheme == "bearer",
      let registration = registrations[id],
      ConstantTime.equal(registration.accessToken, header.credentials)
    else {
      throw Refusal(
        .invalidToken, "the registration access token is not this client's", status: 401,
        challenge: ResourceDemand().challenge(error: .invalidToken))
    }
    switch request.method {
    case "DELETE":
      registrations[id] = nil
      for grant in grants.filter({ $0.value.clientID == id }).keys { end(grant: grant) }
      return Reply(Response(status: 204, fields: ["Cache-Control": "no-store"]))
    case "PUT":
      let document = try request.document()
      guard document["client_id"] == .string(id) else {
        throw ClientMetadata.bad("client_id is not the one of this entry")
      }
      let metadata = try ClientMetadata(document, usual: .secretBasic)
      var secret = try surroundings.secret()
      if let former = registration.client.secret { secret = former }
      return .json(
        try keep(
          metadata, as: id, accessToken: registration.accessToken, issuedAt: surroundings.now,
          secret: secret
        ).document)
    default: return .json(registration.document)
    }
  }

  private mutating func keep(
    _ metadata: ClientMetadata, as id: String, accessToken: String, issuedAt: Int64,
    secret: String
  ) throws(Refusal) -> Registration {
    var document = metadata.members
    document["client_id"] = .string(id)
    document["client_id_issued_at"] = .seconds(issuedAt)
    document["registration_access_token"] = .string(accessToken)
    document["registration_client_uri"] = .string(
      settings.address(of: .registeredClient) + id)
    let credential: ClientCredential
    switch metadata.method {
    case .none: credential = .none
    case .privateKeyJWT: credential = .keys(metadata.keys)
    default:
      credential = .secret(secret)
      document["client_secret"] = .string(secret)
      document["client_secret_expires_at"] = 0
    }
    let registration = Registration(
      client: RegisteredClient(
        id: id, credential: credential, redirectURIs: metadata.redirectURIs,
        method: metadata.method),
      accessToken: accessToken, document: document)
    registrations[id] = registration
    return registration
  }

  // MARK: clients that are a document

  /// The most documents known at once.
  private static let maximumDocuments = 100

  /// Whether a request names a client by the address of its document, which has to be fetched
  /// (OAuth Client ID Metadata Document §3).
  func documentWanted(by request: Request) -> Endpoint? {
    guard let place = Self.placesWithClients.first(where: isPlace(of: request)),
      place.methods.contains(request.method),
      let id = (try? request.parameters())?.value(of: "client_id"),
      settings.clients[id] == nil, let address = try? Endpoint(id), address.isLoopback,
      address.query == nil, address.path != "/"
    else { return nil }
    return address
  }

  private static let placesWithClients: [Place] = [
    .authorization, .pushedAuthorization, .deviceAuthorization,
  ]

  private func isPlace(of request: Request) -> (Place) -> Bool {
    { [settings] place in settings.issuerPath + place.path == request.path }
  }

  /// Takes a client from its document, which must name its own address (§4.1).
  mutating func learn(_ document: [String: JSONValue], from address: Endpoint) {
    guard document["client_id"] == .string(address.text), document["client_secret"] == nil,
      let metadata = try? ClientMetadata(document, usual: .none),
      metadata.method == .none || metadata.method == .privateKeyJWT
    else { return }
    if documents.count >= Self.maximumDocuments { documents = [:] }
    documents[address.text] = RegisteredClient(
      id: address.text,
      credential: metadata.method == .none ? .none : .keys(metadata.keys),
      redirectURIs: metadata.redirectURIs, method: metadata.method)
  }

  /// A document of that kind to practise with: its own address is its client_id.
  func clientDocument() -> Reply {
    .json([
      "client_id": .string(settings.address(of: .clientDocument)),
      "client_name": "a client that is a document",
      "redirect_uris": .strings(RegisteredClient.usualRedirects),
      "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
      "token_endpoint_auth_method": "none",
    ])
  }
}

extension Request {
  /// The JSON object in the body.
  fileprivate func document() throws(Refusal) -> [String: JSONValue] {
    let type = fields["Content-Type"]?.prefix { $0 != ";" }.lowercased()
    guard type == "application/json" else {
      throw ClientMetadata.bad("the content is not application/json")
    }
    do { return try JSONValue.object(parsing: body) } catch {
      throw ClientMetadata.bad("the content is not a json object")
    }
  }
}
