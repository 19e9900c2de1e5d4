import HTTP1
import OAuth

extension AuthorizationServer {
  /// Answers one request: the only way in.
  ///
  /// Whatever changes an answer afterwards, for every endpoint alike, belongs here.
  mutating func respond(to request: Request, in surroundings: Surroundings) -> Reply {
    if isMetadataPath(request.path) {
      guard ["GET", "HEAD"].contains(request.method) else { return notAllowed(["GET", "HEAD"]) }
      return metadata()
    }
    guard let place = place(at: request.path) else {
      return .page(.notice("Nothing here", "This server has no page at that address."), status: 404)
    }
    guard place.methods.contains(request.method) else { return notAllowed(place.methods) }
    var surroundings = surroundings
    do throws(Refusal) { return try respond(at: place, to: request, in: &surroundings) } catch {
      return .refused(error)
    }
  }

  private mutating func respond(
    at place: Place, to request: Request, in surroundings: inout Surroundings
  ) throws(Refusal) -> Reply {
    switch place {
    case .home: home()
    case .authorization: try authorize(request, in: &surroundings)
    case .signIn: try signIn(request, in: &surroundings)
    case .token: try token(request, in: &surroundings)
    case .revocation: try revoke(request)
    case .introspection: try introspect(request, at: surroundings.now)
    case .keySet: keySet()
    case .userInfo: try userInfo(request, at: surroundings.now)
    case .endSession: try endSession(request)
    case .resource: try resource(request, at: surroundings.now)
    }
  }

  private func place(at path: String) -> Place? {
    // With a tenant in the issuer, the root still leads to the page that explains the server.
    if path == "/" || path == settings.issuerPath { return .home }
    return Place.allCases.first {
      settings.issuerPath + $0.path == path
        && ($0 != .resource || settings.behaviour.servesResource)
    }
  }

  private func notAllowed(_ methods: [String]) -> Reply {
    var reply = Reply.refused(
      Refusal(.invalidRequest, "the method is not allowed here", status: 405))
    reply.response.fields.append("Allow", methods.joined(separator: ", "))
    return reply
  }
}
