import Attributes
import Platform

/// Where the browser ends the server's own session (OpenID Connect RP-Initiated Logout 1.0 §2).
struct EndSessionPrompt: Equatable {
  let account: String?
  /// An address of this machine that leads to the server's, so that the ID token stands on no
  /// command line.
  let url: String

  init(_ block: AttributeBlock) throws(Failure) {
    guard let url = block.string("url"), BrowserCommand.isFit(url) else {
      throw Failure(.failed, "refusing the logout URL: it is no https URL, or no URL at all")
    }
    self.url = url
    account = block.string("account")
  }

  /// - Parameters:
  ///   - isOpen: a browser has been started.
  ///   - remoteHost: the name of this machine where the person sits at another one.
  func lines(isOpen: Bool, remoteHost: String?) -> [String] {
    let session = account.map { "the session of \($0) at the server" } ?? "the server's session"
    var lines = [
      isOpen
        ? "the browser opens to end \(session); if it does not, open"
        : "to end \(session), open in a browser", "  \(url)",
    ]
    if let remoteHost, let port = SignInMessages.loopbackPort(url) {
      lines.append(SignInMessages.forwarding(of: port, to: remoteHost))
    }
    return lines
  }
}
