/// How the `iss` of an authorization response is held against the server (RFC 9207 §2.4).
package enum IssuerRule: Sendable, Hashable {
  /// The endpoints were given outright, without an issuer: there is nothing to compare with.
  ///
  /// Weaker than the others: an answer from another server is then told apart by `state` alone.
  case unknown
  /// Compared where it is present.
  case compared(Issuer)
  /// The server announces that it always sends one: missing is as bad as wrong.
  case demanded(Issuer)
}

/// Why a request at the redirection URI is not the answer to this sign-in; it changes nothing.
package enum NotOurs: Error, Equatable, CustomStringConvertible {
  case unreadable(FormFault)
  case notAForm
  case badToken(JWSFault)
  case badClaims(JSONFault)
  case stateMissing
  case stateWrong
  case repeated(String)

  package var description: String {
    switch self {
    case .unreadable(let fault): fault.description
    case .notAForm: "the answer is not a form"
    case .badToken(let fault): "the answer cannot be read: \(fault)"
    case .badClaims(let fault): "the answer cannot be read: \(fault)"
    case .stateMissing: "the answer has no state"
    case .stateWrong: "the answer has the state of another sign-in"
    case .repeated(let name): "the answer has \(name) more than once"
    }
  }
}

/// Why an answer that belongs to this sign-in is refused; it ends the sign-in.
package enum AuthorizationResponseFault: Error, Equatable, CustomStringConvertible {
  case issuerMissing
  case issuerWrong
  case codeMissing
  case codeMalformed
  case codeWithError
  case malformed(String)
  case notSigned
  case signedToken(SignedTokenFault)

  /// Whether fetching the server's keys once more may help (OpenID Connect Core 1.0 §10.1.1).
  package var isCuredByFreshKeys: Bool {
    if case .signedToken(let fault) = self { fault.isCuredByFreshKeys } else { false }
  }

  package var description: String {
    switch self {
    case .issuerMissing:
      "the server announces that its answers name their issuer, and this one does not"
    case .issuerWrong: "the answer names another issuer than the one this sign-in began with"
    case .codeMissing: "the answer has neither a code nor an error"
    case .codeMalformed: "the answer's code holds characters that no code may have"
    case .codeWithError: "the answer has both a code and an error"
    case .malformed(let name): "the answer's \(name) is not of the type it must have"
    case .notSigned: "the answer is not signed, although a signed one was asked for (jarm)"
    case .signedToken(let fault): "the signed answer is refused: \(fault)"
    }
  }
}

/// What a request at the redirection URI turned out to be.
package enum AuthorizationOutcome: Sendable {
  /// Someone else's: answer it with a 4xx, go on waiting.
  case notOurs(NotOurs)
  /// The server said no (RFC 6749 §4.1.2.1); the sign-in is over.
  case refused(OAuthError)
  /// It cannot be trusted or understood; the sign-in is over.
  case faulty(AuthorizationResponseFault)
  /// A code to exchange.
  case authorized(AuthorizationResponse)
}

/// A successful authorization response (RFC 6749 §4.1.2) that has passed every check.
///
/// There is no other way to one than `validate`, and only one can feed the token request.
package struct AuthorizationResponse: Sendable, Redacted {
  package let code: String

  fileprivate init(code: String) { self.code = code }

  /// Parameters that must not be repeated (RFC 6749 §3.1); unknown ones are not looked at (§4.1.2).
  static let knownNames = [
    "code", "iss", "error", "error_description", "error_uri",
  ]

  /// Judges the query of a request at the redirection URI.
  package static func validate(
    query: String, state: State, issuer: IssuerRule
  ) -> AuthorizationOutcome {
    do { return judge(try FormParameters(decoding: query), state, issuer) } catch {
      return .notOurs(.unreadable(error))
    }
  }

  /// Judges the body of a POST to the redirection URI, for `ResponseMode.formPost`.
  package static func validate(
    form body: [UInt8], contentType: String?, state: State, issuer: IssuerRule
  ) -> AuthorizationOutcome {
    do { return judge(try form(body, contentType), state, issuer) } catch {
      return .notOurs(error)
    }
  }

  /// Reads a posted form; a browser always says that it is one.
  static func form(_ body: [UInt8], _ contentType: String?) throws(NotOurs) -> FormParameters {
    guard let contentType,
      EndpointAnswer.mediaType(contentType) == "application/x-www-form-urlencoded"
    else { throw .notAForm }
    do { return try FormParameters(decoding: body) } catch { throw .unreadable(error) }
  }

  /// The rules of every response mode.
  ///
  /// `state` comes first: before it matches, not one other parameter is believed, or any web page
  /// could end the sign-in with an `error` of its own. `iss` comes second: until it matches, even
  /// an error must not be put down to the server (RFC 9207 §2.4).
  static func judge(
    _ parameters: FormParameters, _ state: State, _ issuer: IssuerRule
  ) -> AuthorizationOutcome {
    if let reason = mismatch(of: parameters, with: state) { return .notOurs(reason) }
    if let name = knownNames.first(where: parameters.isRepeated) {
      return .notOurs(.repeated(name))
    }
    if let fault = fault(of: parameters.value(of: "iss"), by: issuer) { return .faulty(fault) }
    return outcome(of: parameters)
  }

  /// Why the parameters are not those of this sign-in; `nil` when they are.
  static func mismatch(of parameters: FormParameters, with state: State) -> NotOurs? {
    guard !parameters.isRepeated("state") else { return .repeated("state") }
    guard let given = parameters.value(of: "state") else { return .stateMissing }
    return state.matches(given) ? nil : .stateWrong
  }

  private static func fault(
    of given: String?, by rule: IssuerRule
  ) -> AuthorizationResponseFault? {
    switch (rule, given) {
    case (.unknown, _), (.compared, nil): nil
    case (.demanded, nil): .issuerMissing
    case (.compared(let issuer), let given?), (.demanded(let issuer), let given?):
      issuer.isIdentical(to: given) ? nil : .issuerWrong
    }
  }

  private static func outcome(of parameters: FormParameters) -> AuthorizationOutcome {
    let code = parameters.value(of: "code")
    if let error = parameters.value(of: "error") {
      guard code == nil else { return .faulty(.codeWithError) }
      return .refused(
        OAuthError(
          code: error, description: parameters.value(of: "error_description"),
          uri: parameters.value(of: "error_uri")))
    }
    guard let code else { return .faulty(.codeMissing) }
    guard Grammar.isVSCHAR(code) else { return .faulty(.codeMalformed) }
    return .authorized(AuthorizationResponse(code: code))
  }
}
