import Attributes
import Platform

/// What came of a sign-in, as the agent tells it.
struct SignInResult {
  let account: String?
  let subject: String?
  let scope: String?
  let expiresIn: Int64?
  let isRefreshable: Bool
  let warnings: [String]
  /// The identifier the client got by being registered; nil where it had one.
  let registeredClient: String?
  /// The token is good only with proofs (RFC 9449).
  let isBound: Bool

  init(_ block: AttributeBlock, account: String?, now: Int64 = wallClockSeconds()) {
    self.account = block.string("account") ?? account
    subject = block.string("username") ?? block.string("sub")
    scope = block.string("scope").flatMap { $0.isEmpty ? nil : $0 }
    let remaining = block.integer("expires_at").map { $0.subtractingReportingOverflow(now) }
    expiresIn =
      block.integer("expires_in") ?? remaining.flatMap { $0.overflow ? nil : $0.partialValue }
    isRefreshable = block.flag("refreshable")
    registeredClient = block.string("client_id").flatMap { $0.isEmpty ? nil : $0 }
    isBound = block.string("token_type")?.lowercased() == "dpop"
    warnings = block.warnings
  }

  /// The outcome in words.
  func lines(keepsNothing: Bool) -> [String] {
    let person = subject.map { " as \($0)" } ?? ""
    var first = "signed in" + (account.map { " to \($0)" } ?? "") + person
    if let expiresIn {
      first += "; the token is valid for \(Timestamp.length(expiresIn))"
      if !keepsNothing {
        first += isRefreshable ? " and is refreshed by itself" : ": after that, sign in again"
      }
    }
    var lines = [first]
    if let scope { lines.append("granted: \(scope)") }
    if isBound { lines.append("the token is bound to a key that the agent keeps (DPoP)") }
    if let registeredClient {
      let what = "registered at the server as client \(registeredClient)"
      let end = "sallyport logout \(account ?? "NAME") --all deletes"
      lines.append(keepsNothing ? "\(what), which nothing here keeps" : "\(what), which \(end)")
    }
    return lines + warnings.map { "warning: \($0)" }
  }
}
