import OAuth

/// The page that carries an authorization response to the client as a form (OAuth 2.0 Form Post
/// Response Mode §2).
struct FormPostPage {
  /// The only script there is on any page here, named by its hash in the page's policy.
  static let script = "document.forms[0].submit()"

  let address: String
  let form: FormParameters

  var page: Page {
    Page(
      title: "Back to your program",
      content: """
        <h1>Back to your program</h1>
        <form method="post" action="\(address)">
        \(markup: form.map(Self.input))<div class="actions">
        <button class="main">Continue</button>
        </div>
        </form>
        <script>\(markup: Self.scriptMarkup)</script>
        """)
  }

  private static var scriptMarkup: HTML { HTML(stringLiteral: script) }

  private static func input(_ parameter: FormParameter) -> HTML {
    "<input type=\"hidden\" name=\"\(parameter.name)\" value=\"\(parameter.value)\">\n"
  }
}
