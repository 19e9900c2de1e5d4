/// The page on which a person says who they are and what a client may do.
struct SignInPage {
  let clientID: String
  let scope: [String]
  let loginHint: String?
  /// What becomes of the answer, for the person to compare.
  let destination: HTML
  /// What ties the form to the request.
  let transaction: String
  /// Where the form goes.
  let action: String
  /// What was wrong with the last answer.
  var complaint: String?

  /// The page for a browser that is sent back with the answer.
  init(_ request: CheckedAuthorizationRequest, transaction: String, action: String) {
    clientID = request.client.id
    scope = request.scope
    loginHint = request.loginHint
    destination = """
      The answer goes to <code>\(Self.withoutQuery(request.returnAddress.redirectURI))</code>
      """
    self.transaction = transaction
    self.action = action
  }

  /// The page for a device that waits (RFC 8628 §3.3).
  init(_ device: DeviceAuthorization, transaction: String, action: String) {
    clientID = device.clientID
    scope = device.scope
    loginHint = nil
    destination = "The device shows the code <code>\(device.userCode)</code>"
    self.transaction = transaction
    self.action = action
  }

  var page: Page {
    Page(
      title: "Sign in",
      content: """
        <h1>\(clientID) wants to sign you in</h1>
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
        \(markup: scopes)<p class="soft">\(markup: destination)</p>
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
    loginHint.flatMap { UserName.offered.contains($0) ? nil : $0 } ?? ""
  }

  private var people: [HTML] {
    let chosen = UserName.offered.first { $0 == loginHint } ?? UserName.offered.first
    return UserName.offered.map { user -> HTML in
      let state: HTML = user == chosen ? " checked" : ""
      return """
        <label><input type="radio" name="person" value="\(user)"\(markup: state)>\
        <span>\(UserName.display(user))</span></label>

        """
    }
  }

  private var scopes: HTML {
    guard !scope.isEmpty else { return "<p>It asks for nothing in particular.</p>\n" }
    return """
      <fieldset>
      <legend>It asks for</legend>
      \(markup: scope.map(entry))</fieldset>

      """
  }

  private func entry(_ token: String) -> HTML {
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
  private static func withoutQuery(_ uri: String) -> String {
    uri.firstIndex(of: "?").map { String(uri[..<$0]) } ?? uri
  }
}
