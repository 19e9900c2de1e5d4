/// What a reply's `error=` says: a closed list, in the words of RFC 6749 and OpenID Connect Core.
package enum FailureCode: String, Sendable, CaseIterable {
  /// It did not work, and none of the others says why.
  case failed
  /// The request or the command line is not understood.
  case invalidRequest = "invalid_request"
  /// Someone has to sign in, and was not allowed to be asked.
  case loginRequired = "login_required"
  /// The person or the server said no.
  case accessDenied = "access_denied"
  /// Network, server 5xx, timeout: the same may work later.
  case temporarilyUnavailable = "temporarily_unavailable"
  /// The agent is locked.
  case locked

  /// The exit status of a command that ends with this.
  package var exitStatus: Int32 {
    switch self {
    case .failed: 1
    case .invalidRequest: 2
    case .loginRequired: 3
    case .accessDenied: 4
    case .temporarilyUnavailable: 5
    case .locked: 6
    }
  }
}

/// What a person has to give before the same request can work: `needs=` of a reply.
package enum Need: String, Sendable {
  /// The passphrase of the vault, or of the lock.
  case passphrase
  /// One that is made up now.
  case newPassphrase = "new-passphrase"
}

/// A failure as it crosses the wire and reaches a person.
package struct Failure: Error, Equatable, Sendable {
  package let code: FailureCode
  /// One line: what is wrong and why; lower case, no full stop, no secret.
  package let description: String
  /// A command that would mend it.
  package let hint: String?
  /// What a person can give with the next attempt.
  package let needs: Need?

  package init(
    _ code: FailureCode, _ description: String, hint: String? = nil, needs: Need? = nil
  ) {
    self.code = code
    self.description = description
    self.hint = hint
    self.needs = needs
  }

  /// Reads the failure of a reply; nil when the reply has no `error=`.
  package init?(_ reply: AttributeBlock) {
    guard reply["error"] != nil else { return nil }
    let error = reply.string("error") ?? "with a failure that is not UTF-8"
    self.init(
      FailureCode(rawValue: error) ?? .failed,
      reply.string("error_description") ?? "the agent answered \(error)",
      hint: reply.string("hint"),
      needs: reply.string("needs").flatMap(Need.init))
  }
}

extension AttributeSink where Self: ~Copyable {
  /// Appends a failure as `error=`, `error_description=`, `hint=` and `needs=`, without the end of the
  /// block.
  package mutating func append(_ failure: Failure) {
    append("error", oneLine: failure.code.rawValue)
    append("error_description", oneLine: failure.description)
    if let hint = failure.hint { append("hint", oneLine: hint) }
    if let needs = failure.needs { append("needs", oneLine: needs.rawValue) }
  }

  /// Appends text for people, cut to fit and with what a line cannot hold replaced by a space.
  package mutating func append(_ key: StaticString, oneLine text: String) {
    let longest = 4096
    if text.utf8.count <= longest, (try? append(key, text)) != nil { return }
    var bytes = text.utf8.prefix(longest).map { $0 == 0 || $0 == UInt8(ascii: "\n") ? 0x20 : $0 }
    // A character cut in two would make the whole line unreadable: what is left of it goes as well.
    while String(validating: bytes, as: UTF8.self) == nil { bytes.removeLast() }
    bytes.withUnsafeBytes { line in
      // The line is short and clean by now, so that nothing can be refused.
      try? append(key, line)
    }
  }
}
