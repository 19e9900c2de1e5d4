/// Why requests cannot be pushed although they must be.
package enum PushedRequestFault: Error, Equatable, CustomStringConvertible {
  case endpointMissing(PushedRequestPolicy.Reason)

  package var description: String {
    switch self {
    case .endpointMissing(.account):
      "the account says require_pushed_authorization_requests, and the server has no "
        + "pushed_authorization_request_endpoint"
    case .endpointMissing(.metadata):
      "the server requires pushed authorization requests and names no "
        + "pushed_authorization_request_endpoint"
    }
  }
}

/// Whether an authorization request is pushed (RFC 9126 §5, §6).
///
/// Once it must be, there is no way back to a plain one: whoever could make the push fail would
/// otherwise get the parameters into the browser after all.
package enum PushedRequestPolicy: Sendable, Hashable {
  package enum Reason: Sendable, Hashable {
    /// `require_pushed_authorization_requests` of the server's metadata.
    case metadata
    /// The same of the account.
    case account
  }

  case notUsed
  case required(Endpoint, by: Reason)

  /// Decides by what the account and the server say; a no of the account does not change what the
  /// server requires.
  package static func decide(
    accountRequires: Bool, metadata: ServerMetadata
  ) throws(PushedRequestFault) -> PushedRequestPolicy {
    let reason: Reason
    if accountRequires {
      reason = .account
    } else if metadata.has(.requiresPushedRequests) {
      reason = .metadata
    } else {
      return .notUsed
    }
    guard let endpoint = metadata.endpoint(.pushedAuthorizationRequest) else {
      throw .endpointMissing(reason)
    }
    return .required(endpoint, by: reason)
  }
}
