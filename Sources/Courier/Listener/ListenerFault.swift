import OAuth
import Platform

/// Why nothing can be listened on for a redirect URI.
enum ListenerFault: Error, Equatable {
  /// Somebody has the port already.
  case portInUse(UInt16, ProcSockets.Holder)
  case system(port: UInt16, SystemError)

  /// The failure as it crosses the wire.
  ///
  /// - Parameters:
  ///   - redirectURI: the one that needs the port.
  ///   - login: the command that signs in to the account.
  func failure(for redirectURI: RedirectURI, login: String) -> CourierFailure {
    switch self {
    case .portInUse(let port, let holder):
      CourierFailure(
        .failed,
        "port \(port), which redirect_uri \(shown(redirectURI.text)) needs, is held by "
          + "\(Self.words(for: holder)), or use another redirect URI that is registered",
        hint: Self.neighbour(of: redirectURI, port).map {
          "\(login) --redirect-uri \(shellQuoted($0))"
        })
    case .system(let port, let error):
      CourierFailure(.failed, "cannot listen on port \(port): \(error.reason)")
    }
  }

  /// The fault alone, as one of several.
  var reason: String {
    switch self {
    case .portInUse(let port, let holder): "port \(port) is held by \(Self.words(for: holder))"
    case .system(let port, let error): "port \(port): \(error.reason)"
    }
  }

  /// Who has a port, and what to do about it.
  private static func words(for holder: ProcSockets.Holder) -> String {
    switch holder {
    case .process(let name, let id): "\(shown(name)) (pid \(id)); end it"
    case .anotherUser: "another user's process; have it ended"
    case .hidden: "a process of yours that hides, such as another sign-in; end it"
    case .unknown: "another process; end it"
    }
  }

  /// The same redirect URI with the next port.
  private static func neighbour(of redirectURI: RedirectURI, _ port: UInt16) -> String? {
    let text = redirectURI.text
    guard let range = text.firstRange(of: ":\(port)"), port < UInt16.max else { return nil }
    return "\(text[..<range.lowerBound]):\(port + 1)\(text[range.upperBound...])"
  }
}

extension CourierFailure {
  /// None of several redirect URIs can be listened for; the first one's remedy is the first to try.
  init(
    refusedRedirectURIs faults: [(redirectURI: RedirectURI, fault: ListenerFault)], login: String
  ) {
    guard let (first, fault) = faults.first else {
      self.init(.failed, "there is no redirect_uri")
      return
    }
    let failure = fault.failure(for: first, login: login)
    guard faults.count > 1 else {
      self = failure
      return
    }
    let reasons = faults.map { redirectURI, fault in
      "for \(shown(redirectURI.text)) \(fault.reason)"
    }
    self.init(
      .failed, "no redirect_uri can be listened for: \(reasons.joined(separator: "; "))",
      hint: failure.failure.hint)
  }
}
