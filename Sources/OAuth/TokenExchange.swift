/// The kinds of token that can be exchanged (RFC 8693 §3).
package enum SecurityTokenType: String, Sendable, Hashable, CaseIterable {
  case accessToken = "urn:ietf:params:oauth:token-type:access_token"
  case refreshToken = "urn:ietf:params:oauth:token-type:refresh_token"
  case idToken = "urn:ietf:params:oauth:token-type:id_token"
  case jwt = "urn:ietf:params:oauth:token-type:jwt"

  /// Reads `issued_token_type`, which must be there (§2.2.1).
  ///
  /// A JWT is taken as well: with a `token_type` that says how to use it, it is an access token.
  init(issuedIn members: AnswerMembers) throws(TokenResponseFault) {
    guard let text = try members.text("issued_token_type") else {
      throw .missing("issued_token_type")
    }
    guard let type = SecurityTokenType(rawValue: text), type == .accessToken || type == .jwt else {
      throw .unknownIssuedType(PrintableText(text))
    }
    self = type
  }
}

/// What is exchanged for what (RFC 8693 §2.1); the result asked for is always an access token.
package struct TokenExchange: Sendable, Redacted {
  /// A token and what kind of token it is.
  package struct Subject: Sendable, Redacted {
    package let token: String
    package let type: SecurityTokenType

    package init(_ token: String, _ type: SecurityTokenType) {
      self.token = token
      self.type = type
    }
  }

  /// Whom the new token speaks for.
  package let subject: Subject
  /// Who acts for them; `nil` where nobody does.
  package let actor: Subject?
  /// The names of the services the new token is for.
  package let audiences: [String]
  /// Their addresses.
  package let resources: [ResourceIndicator]
  package let scope: Scope?

  package init(
    subject: Subject, actor: Subject? = nil, audiences: [String] = [],
    resources: [ResourceIndicator] = [], scope: Scope? = nil
  ) {
    self.subject = subject
    self.actor = actor
    self.audiences = audiences
    self.resources = resources
    self.scope = scope
  }

  var parameters: [FormParameter] {
    var parameters = resources.parameters
    parameters += audiences.map { FormParameter("audience", $0) }
    parameters += scope.parameters
    parameters += [
      FormParameter("requested_token_type", SecurityTokenType.accessToken.rawValue),
      FormParameter("subject_token", subject.token),
      FormParameter("subject_token_type", subject.type.rawValue),
    ]
    guard let actor else { return parameters }
    return parameters + [
      FormParameter("actor_token", actor.token),
      FormParameter("actor_token_type", actor.type.rawValue),
    ]
  }

  var secrets: [String] { [subject.token] + (actor.map { [$0.token] } ?? []) }
}
