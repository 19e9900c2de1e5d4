/// The page on which a person enters the code that a device shows (RFC 8628 §3.3).
struct DevicePage {
  /// Where the form goes.
  let action: String
  /// What is filled in already.
  let userCode: String
  /// What was wrong with the last answer.
  var complaint: String?

  var page: Page {
    Page(
      title: "Sign in on a device",
      content: """
        <h1>Sign in on a device</h1>
        \(markup: warning)<form method="post" action="\(action)">
        <label class="other">The code that your device shows
        <input name="user_code" value="\(userCode)" autocomplete="off" autocapitalize="characters"
         spellcheck="false" maxlength="32" required></label>
        <p class="soft last">Only go on if you have started this yourself, on a device that is in
        your hands.</p>
        <div class="actions">
        <button class="main">Continue</button>
        </div>
        </form>
        """)
  }

  private var warning: HTML {
    complaint.map { "<p class=\"warn\" role=\"alert\">\($0)</p>\n" } ?? ""
  }
}
