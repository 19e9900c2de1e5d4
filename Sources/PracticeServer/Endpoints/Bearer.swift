import HTTP1
import OAuth

/// An access token that was presented and is valid, with what it belongs to.
struct PresentedToken {
  let token: AccessToken
  let grant: Grant
}

/// What a resource demands, and how it says so.
struct ResourceDemand {
  /// Where the metadata of the resource is (RFC 9728 §5.1); `nil` where it has none.
  var metadataAddress: String?
  /// The scope a client is to ask for.
  var scope: String?

  /// A challenge (RFC 6750 §3, RFC 9449 §7.1), with the parameters all of them have.
  func challenge(
    _ scheme: String = "Bearer", error: Refusal.Code? = nil, _ more: [(String, String)] = []
  ) -> String {
    var parameters = [("realm", "practice")]
    if let error { parameters.append(("error", error.rawValue)) }
    if let scope { parameters.append(("scope", scope)) }
    parameters += more
    if let metadataAddress { parameters.append(("resource_metadata", metadataAddress)) }
    if scheme == "DPoP" {
      parameters.append(("algs", AuthorizationServer.proofAlgorithms.joined(separator: " ")))
    }
    return "\(scheme) " + parameters.map { "\($0.0)=\"\($0.1)\"" }.joined(separator: ", ")
  }
}

extension AuthorizationServer {
  /// The token of the `Authorization` field (RFC 6750 §2.1, RFC 9449 §7.1), with its proof.
  mutating func presentedToken(
    _ request: Request, _ demand: ResourceDemand, in surroundings: inout Surroundings
  ) throws(Refusal) -> PresentedToken {
    guard let header = try request.authorization() else {
      // RFC 6750 §3.1: without a token there is nothing wrong with it either.
      throw Refusal(
        .invalidToken, "an access token is needed", status: 401, challenge: demand.challenge())
    }
    guard header.scheme == "bearer" || header.scheme == "dpop",
      let (token, grant) = validAccessToken(header.credentials, at: surroundings.now)
    else { throw Self.badToken("the access token is unknown, expired or revoked", demand) }
    let isBound = token.keyThumbprint != nil
    // RFC 9449 §7.2: a bound token is no bearer token, and the other way round.
    guard (header.scheme == "dpop") == isBound else {
      let words = isBound ? "needs a proof of its key" : "is a bearer token"
      throw Self.badToken("the access token \(words)", demand, isBound ? "DPoP" : "Bearer")
    }
    guard isBound else { return PresentedToken(token: token, grant: grant) }
    let key: String?
    do {
      key = try provenKey(of: request, accessToken: header.credentials, in: &surroundings)
    } catch {
      throw Refusal(
        error.code, error.description, status: 401,
        challenge: demand.challenge("DPoP", error: error.code))
    }
    guard key == token.keyThumbprint else {
      throw Self.badToken("the access token is bound to another key", demand, "DPoP")
    }
    return PresentedToken(token: token, grant: grant)
  }

  static func badToken(
    _ description: String, _ demand: ResourceDemand, _ scheme: String = "Bearer"
  ) -> Refusal {
    Refusal(
      .invalidToken, description, status: 401,
      challenge: demand.challenge(scheme, error: .invalidToken))
  }

  /// The userinfo endpoint (OpenID Connect Core 1.0 §5.3).
  mutating func userInfo(
    _ request: Request, in surroundings: inout Surroundings
  ) throws(Refusal) -> Reply {
    let demand = ResourceDemand()
    let presented = try presentedToken(request, demand, in: &surroundings)
    guard presented.token.scope.contains("openid") else {
      throw Refusal(
        .insufficientScope, "the access token has no openid scope", status: 403,
        challenge: ResourceDemand(scope: "openid").challenge(error: .insufficientScope))
    }
    var claims = Self.claims(about: presented.grant.user, scope: presented.token.scope)
    guard settings.behaviour.userInfoForm == .signed else { return .json(claims) }
    // §5.3.2: signed, it says whose and for whom.
    claims["iss"] = .string(settings.issuer)
    claims["aud"] = .string(presented.grant.clientID)
    return .token(try settings.signer.sign(claims, type: "JWT"))
  }
}
