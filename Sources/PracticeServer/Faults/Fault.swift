/// One way in which this server can be told to do wrong, so that a client's refusal can be tested.
struct Fault: Sendable {
  /// What a client has to do to meet the fault.
  enum Occasion: String, Sendable, CaseIterable {
    /// Sign in, with a scope that has `openid`.
    case login
    /// The same over https.
    case loginTLS = "login-tls"
    /// Sign in, then refresh.
    case refresh
    /// Sign in, then revoke.
    case logout
    /// Sign in, then ask who it was.
    case userInfo = "userinfo"
    /// Sign in by the device authorization grant.
    case device
    /// Sign in with a pushed authorization request.
    case pushed = "par"
    /// Sign in with `response_mode=jwt`.
    case signedResponse = "jarm"
    /// Sign in with `response_mode=form_post`.
    case postedAnswer = "form-post"
    /// Sign in, then ask for a token of less scope.
    case narrowing = "narrow"
    /// Sign in, then ask for a token of another audience.
    case exchange
    /// Sign in with proofs of possession.
    case proof = "dpop"
    /// Sign in without a client_id, by dynamic registration.
    case registration = "register"
    /// Sign in for the address of the protected resource.
    case resource
  }

  /// What a client that does everything right makes of it.
  enum Expectation: Sendable, Equatable {
    /// Nothing: the fault is within what a client has to bear.
    case works
    /// It refuses, with this exit status of `sallyport`.
    case refused(Int32)
    /// It waits until its own deadline is over, and then says so with exit status 5.
    case outwaited

    var text: String {
      switch self {
      case .works: "works"
      case .refused(let status): "refused: exit \(status)"
      case .outwaited: "refused: exit 5"
      }
    }
  }

  let name: String
  let occasion: Occasion
  let expectation: Expectation
  /// The section that says so.
  let section: String
  private let effects: [Effect]

  init(
    _ name: String, _ occasion: Occasion, _ expectation: Expectation, _ section: String,
    _ effects: Effect...
  ) {
    self.name = name
    self.occasion = occasion
    self.expectation = expectation
    self.section = section
    self.effects = effects
  }

  /// Changes an honest reply into the one this fault gives.
  func alter(_ reply: inout Reply, _ scene: FaultScene) {
    for effect in effects { effect.alter(&reply, scene) }
  }

  /// The behaviour this fault needs beneath it.
  func adjusted(_ behaviour: Behaviour) -> Behaviour {
    var behaviour = behaviour
    for effect in effects { effect.adjust(&behaviour) }
    return behaviour
  }

  /// For programs: one line, its parts separated by tabs.
  var line: String {
    let note = expectation == .outwaited ? "deadline" : ""
    return [name, occasion.rawValue, expectation.text, section, note].joined(separator: "\t")
  }
}

extension Fault {
  /// All of them, by subject.
  static let all: [Fault] =
    idTokenSignatures + idTokenClaims + keySets + tokenAnswers + tokenTransports
    + authorizationAnswers + metadataDocuments + metadataEndpoints + refreshes + farewells
    + devices + proofs + pushedRequests + registrations + resources + clocks + postedAnswers
    + narrowerTokens

  static func named(_ name: String) -> Fault? { all.first { $0.name == name } }
}
