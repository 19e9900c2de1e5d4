import HTTP1
import OAuth

/// What a request to the listener of a sign-in means.
struct CallbackRules: ListenerRules {
  let redirectURI: RedirectURI
  let answer: AnswerRule
  /// Where the result is shown: a path without the code, so that history keeps none.
  let resultPath: String

  /// Judges a request: host first, then path and method, then `state`, and only then the rest.
  func judge(_ request: Request) -> ListenerVerdict<JudgedAnswer> {
    guard request.isMeant(for: redirectURI) else { return .refused(.anotherHost) }
    if request.path.isSame(as: resultPath) {
      return request.method == "GET" ? .resultPage : .refused(.only("GET"))
    }
    guard request.isAt(redirectURI) else { return .refused(.nothingHere) }
    // A preflight has the whole query too; only the method of the response mode brings an answer
    // (RFC 6749 §4.1.2, OAuth 2.0 Form Post Response Mode §2).
    let method = answer.isPosted ? "POST" : "GET"
    guard request.method == method else { return .refused(.only(method)) }
    guard answer.isPosted else { return judge(.query(request.query ?? "")) }
    return judge(.form(request.body, contentType: request.fields["Content-Type"]))
  }

  /// Where posted answers come to; nil where none are expected.
  var postPath: String? { answer.isPosted ? redirectURI.path : nil }

  /// Judges an address that a person has pasted or the desktop has handed over.
  func judge(pasted url: String) -> ListenerVerdict<JudgedAnswer> {
    guard !answer.isPosted else {
      return .refused(
        ListenerRefusal(
          400,
          "with this response_mode the answer does not come in an address; sign in in a "
            + "browser on this machine"))
    }
    let halves = url.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    guard let place = halves.first, isRedirectURI(String(place)) else {
      return .refused(
        ListenerRefusal(400, "the address does not begin with \(redirectURI.text)"))
    }
    let query = halves.count > 1 ? halves[1] : ""
    return judge(.query(String(query.prefix { $0 != "#" })))
  }

  private func judge(_ delivered: DeliveredAnswer) -> ListenerVerdict<JudgedAnswer> {
    switch answer.judge(delivered) {
    case .notOurs(let reason):
      .refused(ListenerRefusal(400, Self.sentence(of: reason), title: "Not this sign-in"))
    case let outcome: .answer(JudgedAnswer(outcome: outcome, delivered: delivered))
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
    return place.isSame(as: own) || place.isSame(as: own + "/") || own.isSame(as: place + "/")
  }
}

extension Request {
  /// Whether the request names the redirect URI's own host and port.
  ///
  /// A page on another name that was led here (DNS rebinding) says another Host.
  func isMeant(for redirectURI: RedirectURI) -> Bool {
    redirectURI.authority.map { host.lowercased().isSame(as: $0) } ?? false
  }

  func isAt(_ redirectURI: RedirectURI) -> Bool {
    redirectURI.path.map(path.isSame) ?? false
  }
}

extension String {
  /// Byte for byte: Swift's `==` takes different spellings of one character for the same.
  func isSame(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}

extension RedirectURI {
  /// The path that is listened to; nil where nothing is.
  var path: String? {
    switch kind {
    case .loopbackHostname(_, let path), .loopbackAddress(_, _, let path): path
    case .elsewhere: nil
    }
  }

  /// The host that is listened to, without brackets; nil where nothing is.
  var loopbackHost: String? {
    switch kind {
    case .loopbackHostname: "localhost"
    case .loopbackAddress(.v4, _, _): "127.0.0.1"
    case .loopbackAddress(.v6, _, _): "::1"
    case .elsewhere: nil
    }
  }
}
