import OAuth

/// How an authorization response reaches the client (OAuth 2.0 Multiple Response Type Encoding
/// Practices, Form Post Response Mode, JARM §2.3).
enum ResponseMode: Sendable, Equatable, CaseIterable {
  case query
  case formPost
  case queryJWT
  case formPostJWT

  /// `nil` for one that is not known here.
  init?(_ name: String?) {
    switch name {
    case nil, "query": self = .query
    case "form_post": self = .formPost
    // For a code, `jwt` means this one (JARM §2.3.4).
    case "jwt", "query.jwt": self = .queryJWT
    case "form_post.jwt": self = .formPostJWT
    default: return nil
    }
  }

  /// As the metadata lists them.
  static let names = ["query", "form_post", "jwt", "query.jwt", "form_post.jwt"]

  var isSigned: Bool { self == .queryJWT || self == .formPostJWT }
  var isPosted: Bool { self == .formPost || self == .formPostJWT }
}

/// Where an authorization response goes.
struct ReturnAddress: Sendable, Equatable {
  /// Whom a signed response is for.
  let clientID: String
  /// Checked against the client's.
  let redirectURI: String
  /// As it came; absent is not the same as empty.
  let state: String?
  let mode: ResponseMode

  /// The redirect URI with parameters added behind its own query (RFC 6749 §4.1.2).
  static func address(_ redirectURI: String, with parameters: FormParameters) -> String {
    let joint =
      !redirectURI.utf8.contains(UInt8(ascii: "?"))
      ? "?" : redirectURI.utf8.last == UInt8(ascii: "?") ? "" : "&"
    return redirectURI + joint + parameters.encoded()
  }
}

extension AuthorizationServer {
  /// Seconds a signed response is good for; it is looked at once, when it arrives (JARM §2.1).
  private static let signedResponseLifetime: Int64 = 600

  /// Sends an authorization response to the client.
  func answer(
    _ parameters: [FormParameter], to address: ReturnAddress, at now: Int64,
    error: Refusal.Code? = nil
  ) throws(Refusal) -> Reply {
    var all = FormParameters(parameters)
    if let state = address.state { all.append("state", state) }
    // RFC 9207 §2: in successes and in errors.
    all.append("iss", settings.issuer)
    if address.mode.isSigned { all = [try signed(all, for: address.clientID, at: now)] }
    guard address.mode.isPosted else {
      return .redirect(to: ReturnAddress.address(address.redirectURI, with: all), error: error)
    }
    return try .posted(all, to: address.redirectURI, error: error)
  }

  private func signed(
    _ parameters: FormParameters, for clientID: String, at now: Int64
  ) throws(Refusal) -> FormParameter {
    var claims: [String: JSONValue] = [
      "aud": .string(clientID), "exp": .seconds(now.adding(Self.signedResponseLifetime)),
    ]
    for parameter in parameters { claims[parameter.name] = .string(parameter.value) }
    return FormParameter("response", try settings.signer.sign(claims, type: "JWT"))
  }
}
