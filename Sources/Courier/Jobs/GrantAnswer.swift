import Attributes
import OAuth

extension Answer {
  /// Writes what a sign-in has brought.
  ///
  /// - Parameters:
  ///   - requested: what the scope is where the server does not say it.
  ///   - registration: the client's, where the sign-in was by a registered one.
  func finish(
    signedIn grant: Grant, requested: Scope?, session: Session, registration: Registration? = nil,
    warnings: [String]
  ) throws(CourierFailure) {
    try finish { (block) throws(AttributeFault) in
      block.append("event", constant: "done")
      try block.append(grant, scope: grant.tokens.scope ?? requested?.text)
      if let username = grant.username { block.append("username", oneLine: username) }
      if let issuer = session.issuer { try block.append("issuer", issuer.text) }
      if let registration {
        try block.append("client_id", registration.clientID)
        try registration.append(to: &block)
      }
      try session.append(to: &block)
      for warning in grant.warnings + warnings {
        try block.append(key: "warning", isList: true, value: warning)
      }
    }
  }

  /// Writes what a refresh has brought; of the session only what has changed.
  ///
  /// - Parameters:
  ///   - narrowed: what was asked for; nil for a refresh of the whole.
  ///   - nonce: the server's latest one, where it has changed.
  func finish(
    refreshed grant: Grant, narrowed: Narrowing? = nil, keys: String?, nonce: String? = nil
  ) throws(CourierFailure) {
    try finish { (block) throws(AttributeFault) in
      block.append("event", constant: "done")
      try block.append(grant, scope: grant.tokens.scope ?? narrowed?.scope?.text)
      if let keys { try block.append("session.jwks", keys) }
      if let nonce { try block.append("session.dpop_nonce", nonce) }
      let warnings =
        grant.warnings + [narrowed?.warning(granted: grant.tokens.scope)].compactMap(\.self)
      for warning in warnings {
        try block.append(key: "warning", isList: true, value: warning)
      }
    }
  }
}

extension [UInt8] {
  /// The lines of the tokens themselves.
  fileprivate mutating func append(_ grant: Grant, scope: String?) throws(AttributeFault) {
    let tokens = grant.tokens
    try append("access_token", tokens.accessToken)
    try append("token_type", tokens.type.rawValue)
    if case .seconds(let seconds) = tokens.expiresIn { append("expires_in", seconds) }
    if let token = tokens.refreshToken { try append("refresh_token", token) }
    if let idToken = grant.idToken {
      try append("id_token", idToken.text)
      try append("sub", idToken.subject)
    }
    if let scope { try append("scope", scope) }
  }
}
