import Attributes
import OAuth

extension Answer {
  /// Writes what a sign-in has brought.
  func finish(
    signIn: SignIn, grant: Grant, session: Session, warnings: [String]
  ) throws(CourierFailure) {
    try finish { (block) throws(AttributeFault) in
      block.append("event", constant: "done")
      let scope = grant.tokens.scope ?? signIn.scope?.text
      try block.append(grant, scope: scope)
      if let username = grant.username { block.append("username", oneLine: username) }
      if let issuer = session.issuer { try block.append("issuer", issuer.text) }
      try session.append(to: &block)
      for warning in grant.warnings + warnings {
        try block.append(key: "warning", isList: true, value: warning)
      }
    }
  }

  /// Writes what a refresh has brought; of the session only what has changed.
  func finish(refreshed grant: Grant, keys: String?) throws(CourierFailure) {
    try finish { (block) throws(AttributeFault) in
      block.append("event", constant: "done")
      try block.append(grant, scope: grant.tokens.scope)
      if let keys { try block.append("session.jwks", keys) }
      for warning in grant.warnings {
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
    try append("token_type", TokenResponse.tokenType)
    if case .seconds(let seconds) = tokens.expiresIn { append("expires_in", seconds) }
    if let token = tokens.refreshToken { try append("refresh_token", token) }
    if let idToken = grant.idToken {
      try append("id_token", idToken.text)
      try append("sub", idToken.subject)
    }
    if let scope { try append("scope", scope) }
  }
}
