/// The page on which a person says who they are and what a client may do.
struct SignInPage {
  let request: CheckedAuthorizationRequest
  /// What ties the form to the request.
  let transaction: String
  /// Where the form goes.
  let action: String
  /// What was wrong with the last answer.
  var complaint: String?

  var page: Page {
    Page(
      title: "Sign in",
      content: """
        <h1>\(request.client.id) wants to sign you in</h1>
        \(markup: warning)<form method="post" action="\(action)">
        <input type="hidden" name="transaction" value="\(transaction)">
        <fieldset>
        <legend>Who are you?</legend>
        <div class="people">
        \(markup: people)</div>
        <label class="other">or somebody else
        <input name="user" value="\(typed)" autocomplete="off" autocapitalize="none"
         spellcheck="false" maxlength="32"></label>
        </fieldset>
        \(markup: scopes)<p class="soft">The answer goes to <code>\(destination)</code></p>
        <div class="actions">
        <button class="main" name="decision" value="allow">Allow</button>
        <button name="decision" value="deny">Deny</button>
        </div>
        </form>
        <p class="soft last">For practice: no password is asked for, and
        nothing behind this page is worth one.</p>
        """)
  }

  private var warning: HTML {
    complaint.map { "<p class=\"warn\" role=\"alert\">\($0)</p>\n" } ?? ""
  }

  /// The user the client hints at, where the page does not offer that name anyway.
  private var typed: String {
    request.loginHint.flatMap { UserName.offered.contains($0) ? nil : $0 } ?? ""
  }

  private var people: [HTML] {
    let chosen = UserName.offered.first { $0 == request.loginHint } ?? UserName.offered.first
    return UserName.offered.map { user -> HTML in
      let state: HTML = user == chosen ? " checked" : ""
      return """
        <label><input type="radio" name="person" value="\(user)"\(markup: state)>\
        <span>\(UserName.display(user))</span></label>

        """
    }
  }

  private var scopes: HTML {
    guard !request.scope.isEmpty else { return "<p>It asks for nothing in particular.</p>\n" }
    return """
      <fieldset>
      <legend>It asks for</legend>
      \(markup: request.scope.map(scope))</fieldset>

      """
  }

  private func scope(_ token: String) -> HTML {
    // Without `openid` it would be another protocol: it is part of allowing at all.
    let state: HTML = token == "openid" ? " checked disabled" : " checked"
    return """
      <label class="scope"><input type="checkbox" name="scope" value="\(token)"\(markup: state)>
      <span><code>\(token)</code> <span class="soft">\(Self.meaning(of: token))</span></span></label>

      """
  }

  private static func meaning(of scope: String) -> String {
    switch scope {
    case "openid": "who you are"
    case "profile": "your name"
    case "email": "your address, for mail"
    case "offline_access": "access while you are away"
    default: ""
    }
  }

  /// The redirect URI without what comes behind it.
  private var destination: String {
    let uri = request.returnAddress.redirectURI
    return uri.firstIndex(of: "?").map { String(uri[..<$0]) } ?? uri
  }
}
