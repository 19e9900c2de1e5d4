import HTTP1
import OAuth

extension AuthorizationServer {
  static let nothingHere = Reply.page(
    .notice("Nothing here", "This server has no page at that address."), status: 404)

  /// Answers one request: the only way in.
  ///
  /// Whatever changes an answer afterwards, for every endpoint alike, belongs here.
  mutating func respond(to request: Request, in surroundings: Surroundings) -> Reply {
    guard let place = place(at: request.path) else { return Self.nothingHere }
    guard place.methods.contains(request.method) else { return notAllowed(place.methods) }
    var reply = honestReply(at: place, to: request, in: surroundings)
    if let misbehaviour = settings.misbehaviour {
      visits[place, default: 0] += 1
      let scene = FaultScene(
        request: request, place: place, visit: visits[place, default: 1],
        now: surroundings.now, settings: settings, stranger: misbehaviour.stranger)
      misbehaviour.fault.alter(&reply, scene)
    }
    return reply
  }

  private mutating func honestReply(
    at place: Place, to request: Request, in surroundings: Surroundings
  ) -> Reply {
    var surroundings = surroundings
    do throws(Refusal) {
      if let reply = page(at: place, for: request) { return reply }
      return try respond(at: place, to: request, in: &surroundings)
    } catch {
      return .refused(error)
    }
  }

  /// What needs nothing but the settings.
  private func page(at place: Place, for request: Request) -> Reply? {
    switch place {
    case .home: home()
    case .metadata: metadata()
    case .keySet: keySet()
    case .clientDocument: clientDocument()
    case .resourceMetadata: resourceMetadata(at: request.path)
    default: nil
    }
  }

  private mutating func respond(
    at place: Place, to request: Request, in surroundings: inout Surroundings
  ) throws(Refusal) -> Reply {
    switch place {
    case .authorization: try authorize(request, in: &surroundings)
    case .signIn: try signIn(request, in: &surroundings)
    case .token: try token(request, in: &surroundings)
    case .revocation: try revoke(request, in: surroundings)
    case .introspection: try introspect(request, in: surroundings)
    case .userInfo: try userInfo(request, in: &surroundings)
    case .endSession: try endSession(request)
    case .pushedAuthorization: try push(request, in: &surroundings)
    case .deviceAuthorization: try authorizeDevice(request, in: &surroundings)
    case .device: try device(request, in: &surroundings)
    case .registration: try register(request, in: &surroundings)
    case .registeredClient: try registeredClient(request, in: &surroundings)
    case .resource, .adminResource, .strongResource:
      try resource(place, request, in: &surroundings)
    case .home, .metadata, .keySet, .clientDocument, .resourceMetadata: Self.nothingHere
    }
  }

  private func place(at path: String) -> Place? {
    // With a tenant in the issuer, the root still leads to the page that explains the server.
    if path == "/" || path == settings.issuerPath { return .home }
    if isMetadataPath(path) { return .metadata }
    let place: Place? =
      if describedResource(at: path) != nil {
        .resourceMetadata
      } else if path.hasPrefix(settings.issuerPath + Place.registeredClient.path) {
        .registeredClient
      } else {
        Place.allCases.first { settings.issuerPath + $0.path == path }
      }
    guard let place, !place.belongsToResource || settings.behaviour.servesResource else {
      return nil
    }
    return place
  }

  private func notAllowed(_ methods: [String]) -> Reply {
    var reply = Reply.refused(
      Refusal(.invalidRequest, "the method is not allowed here", status: 405))
    reply.response.fields.append("Allow", methods.joined(separator: ", "))
    return reply
  }
}
