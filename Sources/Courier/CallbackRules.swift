import HTTP1
import OAuth

/// What a request to the listener means, as pure rules.
struct CallbackRules: Sendable {
  /// An answer that changes nothing.
  struct Refusal: Error, Equatable {
    let status: Int
    /// What is wrong, for a person at the browser.
    let sentence: String
    /// The same in two or three words.
    let title: String

    init(_ status: Int, _ sentence: String, title: String = "Not understood") {
      self.status = status
      self.sentence = sentence
      self.title = title
    }

    static let nothingHere = Refusal(
      404, "there is nothing at this address", title: "Nothing here")
  }

  enum Verdict {
    case refused(Refusal)
    /// The request is for the page that tells the result.
    case resultPage
    /// The answer of the server; never `.notOurs`.
    case answer(AuthorizationOutcome)
  }

  let redirectURI: RedirectURI
  let state: State
  let issuerRule: IssuerRule
  /// Where the result is shown: a path without the code, so that history keeps none.
  let resultPath: String

  /// Judges a request: host first, then path and method, then `state`, and only then the rest.
  func judge(_ request: Request) -> Verdict {
    // A page on another name that was led here (DNS rebinding) says another Host.
    guard let authority = redirectURI.authority, isSame(request.host.lowercased(), authority) else {
      return .refused(
        Refusal(421, "there is nothing at this address", title: "Nothing here"))
    }
    if isSame(request.path, resultPath) {
      return request.method == "GET" ? .resultPage : .refused(Self.onlyGET)
    }
    guard let path = Self.path(of: redirectURI), isSame(request.path, path) else {
      return .refused(.nothingHere)
    }
    // A preflight has the whole query too; only GET is an answer (RFC 6749 §4.1.2).
    guard request.method == "GET" else { return .refused(Self.onlyGET) }
    return judge(query: request.query ?? "")
  }

  /// Judges an address that a person has pasted or the desktop has handed over.
  func judge(pasted url: String) -> Verdict {
    let halves = url.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    guard let place = halves.first, isRedirectURI(String(place)) else {
      return .refused(
        Refusal(400, "the address does not begin with \(redirectURI.text)"))
    }
    let query = halves.count > 1 ? halves[1] : ""
    return judge(query: String(query.prefix { $0 != "#" }))
  }

  private func judge(query: String) -> Verdict {
    switch AuthorizationResponse.validate(query: query, state: state, issuer: issuerRule) {
    case .notOurs(let reason):
      .refused(Refusal(400, Self.sentence(of: reason), title: "Not this sign-in"))
    case let outcome: .answer(outcome)
    }
  }

  private static func sentence(of reason: NotOurs) -> String {
    switch reason {
    case .stateMissing: "this address holds no answer to the sign-in (it has no state)"
    case .stateWrong: "this answer belongs to another sign-in (its state is another one)"
    default: reason.description
    }
  }

  private func isRedirectURI(_ place: String) -> Bool {
    let own = redirectURI.text.split(separator: "?", maxSplits: 1).first.map(String.init) ?? ""
    // Some browsers put a slash where an address has no path.
    return isSame(place, own) || isSame(place, own + "/") || isSame(place + "/", own)
  }

  private static let onlyGET = Refusal(405, "only GET is answered here")

  private static func path(of redirectURI: RedirectURI) -> String? {
    switch redirectURI.kind {
    case .loopbackHostname(_, let path), .loopbackAddress(_, _, let path): path
    case .elsewhere: nil
    }
  }

  /// Byte for byte: Swift's `==` takes different spellings of one character for the same.
  private func isSame(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }
}
