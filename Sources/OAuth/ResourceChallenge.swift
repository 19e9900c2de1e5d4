/// Why a resource's answer cannot be acted on.
package enum ResourceChallengeFault: Error, Equatable, CustomStringConvertible {
  case field(AuthenticationChallengeFault)
  case noOAuth
  case badMetadataAddress(AddressFault)
  case badScope(ScopeFault)
  case badContextClasses
  case badMaximumAge

  package var description: String {
    switch self {
    case .field(let fault): fault.description
    case .noOAuth: "the resource does not ask for an oauth token (www-authenticate)"
    case .badMetadataAddress(let fault): "the resource's resource_metadata is refused: \(fault)"
    case .badScope(let fault): "the resource's scope is refused: \(fault)"
    case .badContextClasses: "the resource's acr_values are not words of printable ascii"
    case .badMaximumAge: "the resource's max_age is not a number of seconds"
    }
  }
}

/// What a resource asks for before it gives anything (RFC 6750 §3, RFC 9728 §5.1, RFC 9470 §3).
package struct ResourceChallenge: Sendable, Hashable {
  /// What would satisfy the resource.
  package enum Demand: Sendable, Hashable {
    /// A token: there was none, or the one there was is no good.
    case token
    /// A token with more scope.
    case scope(Scope?)
    /// A token from a fresher or stronger sign-in.
    case authentication(StepUp)
  }

  /// The longest `max_age` believed, in seconds: ten years.
  private static let maximumAge = Lifetime.maximum

  package let type: TokenType
  /// `error`, cleaned; `nil` where none is stated.
  package let error: PrintableText?
  package let errorDescription: PrintableText?
  /// Where the resource's own metadata is (RFC 9728 §5.1).
  package let resourceMetadata: Endpoint?
  package let scope: Scope?
  package let demand: Demand

  /// Takes the first challenge that OAuth can answer.
  ///
  /// - Parameter fields: every `WWW-Authenticate` field of the answer, in order.
  package init(fields: [String]) throws(ResourceChallengeFault) {
    let challenges: [AuthenticationChallenge]
    do { challenges = try AuthenticationChallenge.parse(fields) } catch { throw .field(error) }
    guard let challenge = challenges.first(where: { Self.type(of: $0) != nil }),
      let type = Self.type(of: challenge)
    else { throw .noOAuth }
    self.type = type
    error = challenge["error"].map { PrintableText($0) }
    errorDescription = challenge["error_description"].map { PrintableText($0) }
    resourceMetadata = try Self.metadata(in: challenge)
    scope = try Self.scope(in: challenge)
    demand = try Self.demand(of: challenge, scope)
  }

  private static func type(of challenge: AuthenticationChallenge) -> TokenType? {
    if challenge.isOf("bearer") { return .bearer }
    return challenge.isOf("dpop") ? .dpop : nil
  }

  private static func metadata(
    in challenge: AuthenticationChallenge
  ) throws(ResourceChallengeFault) -> Endpoint? {
    guard let text = challenge["resource_metadata"] else { return nil }
    do { return try Endpoint(text) } catch { throw .badMetadataAddress(error) }
  }

  private static func scope(
    in challenge: AuthenticationChallenge
  ) throws(ResourceChallengeFault) -> Scope? {
    guard let text = challenge["scope"] else { return nil }
    do { return try Scope(text) } catch { throw .badScope(error) }
  }

  private static func demand(
    of challenge: AuthenticationChallenge, _ scope: Scope?
  ) throws(ResourceChallengeFault) -> Demand {
    switch challenge["error"] {
    case "insufficient_scope": return .scope(scope)
    case "insufficient_user_authentication":
      return .authentication(
        StepUp(
          contextClasses: try contextClasses(in: challenge),
          maximumAge: try maximumAge(in: challenge)))
    default: return .token
    }
  }

  private static func contextClasses(
    in challenge: AuthenticationChallenge
  ) throws(ResourceChallengeFault) -> [String] {
    guard let text = challenge["acr_values"] else { return [] }
    let values = text.utf8.split(separator: 0x20).map { String($0) ?? "" }
    guard values.allSatisfy(Grammar.isVisible) else { throw .badContextClasses }
    return values
  }

  private static func maximumAge(
    in challenge: AuthenticationChallenge
  ) throws(ResourceChallengeFault) -> Int64? {
    guard let text = challenge["max_age"] else { return nil }
    guard text.utf8.allSatisfy(Grammar.isDigit) else { throw .badMaximumAge }
    return min(Int64(text) ?? maximumAge, maximumAge)
  }
}

/// How a sign-in must be to satisfy a resource (RFC 9470 §3, §4).
package struct StepUp: Sendable, Hashable {
  /// `acr_values`: the authentication context classes that would do, best first.
  package let contextClasses: [String]
  /// `max_age`: how long ago the sign-in may be, in seconds.
  package let maximumAge: Int64?

  package init(contextClasses: [String], maximumAge: Int64?) {
    self.contextClasses = contextClasses
    self.maximumAge = maximumAge
  }

  /// The account's own parameters of the authorization request with what is demanded in place of
  /// what they say about it.
  package func applied(to additional: FormParameters) -> FormParameters {
    var demanded: [FormParameter] = []
    if !contextClasses.isEmpty {
      demanded.append(FormParameter("acr_values", contextClasses.joined(separator: " ")))
    }
    if let maximumAge { demanded.append(FormParameter("max_age", String(maximumAge))) }
    let names = Set(demanded.map(\.name))
    return FormParameters(additional.filter { !names.contains($0.name) } + demanded)
  }
}
