import HTTP1
import OAuth
import TLS
import Testing

@testable import Courier

/// The pages: what they say, and what they can never do.
@Suite struct ResultPageTests {
  private static let pages = [
    ResultPage.success(account: "work", user: "ada@example.org"),
    ResultPage.failure(
      account: "work", sentence: "the server said no", hint: "sallyport login work"),
    ResultPage.refusal(ListenerRefusal(404, "nothing here")),
  ]

  private func text(_ page: ResultPage) -> String {
    String(decoding: page.response.body, as: UTF8.self)
  }

  @Test("no page keeps, tells or runs anything", arguments: pages.indices)
  func fields(index: Int) throws {
    let page = Self.pages[index]
    let fields = page.response.fields
    #expect(fields["Cache-Control"] == "no-store")
    #expect(fields["Referrer-Policy"] == "no-referrer")
    #expect(fields["X-Content-Type-Options"] == "nosniff")
    let policy = try #require(fields["Content-Security-Policy"])
    for rule in [
      "default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
    ] {
      #expect(policy.contains(rule))
    }
    #expect(!policy.contains("script-src") && !policy.contains("unsafe"))
    #expect(fields["Content-Type"] == "text/html; charset=utf-8")
    for word in ["<script", "http:", "https:", "src=", "@import", "url("] {
      #expect(!text(page).contains(word))
    }
  }

  @Test func policyNamesTheStyleThatIsThere() throws {
    let page = text(Self.pages[0])
    let start = try #require(page.firstRange(of: "<style>")?.upperBound)
    let end = try #require(page.firstRange(of: "</style>")?.lowerBound)
    let hash = Base64.encode(try Digest.sha256(Array(page[start..<end].utf8)))
    let policy = Self.pages[0].response.fields["Content-Security-Policy"]
    #expect(policy?.contains("style-src 'sha256-\(hash)'") == true)
  }

  @Test func pageIsFitForAPhoneAndForTheDark() {
    let page = text(Self.pages[0])
    #expect(page.contains(#"name="viewport" content="width=device-width, initial-scale=1""#))
    #expect(page.contains("color-scheme:light dark"))
  }

  @Test func pagesSayWhatHappenedAndWhatToDo() {
    #expect(text(Self.pages[0]).contains("work is signed in as ada@example.org."))
    #expect(text(Self.pages[0]).contains("You can close this tab"))
    #expect(text(Self.pages[1]).contains("Signing in to work did not work."))
    #expect(text(Self.pages[1]).contains("<p>The server said no.</p>"))
    #expect(text(Self.pages[1]).contains("sallyport login work"))
  }

  @Test func outcomeIsToldAtAGlance() {
    #expect(
      text(Self.pages[0]).contains(#"class="good" aria-hidden="true">&#10003;</span> Signed in"#))
    #expect(
      text(Self.pages[1]).contains(#"class="bad" aria-hidden="true">&#10007;</span> Not signed"#))
    #expect(!text(Self.pages[2]).contains("<span"))
    for page in Self.pages { #expect(text(page).contains("<header>sallyport</header>")) }
  }

  @Test(
    "a sentence begins with a capital, an address does not",
    arguments: [
      ("no answer", "<p>No answer.</p>"), ("a.example: no", "<p>a.example: no.</p>"),
      ("", "<p>.</p>"),
    ])
  func capital(sentence: String, paragraph: String) {
    let page = ResultPage.failure(account: "work", sentence: sentence, hint: nil)
    #expect(text(page).contains(paragraph))
  }

  @Test func textIsNeverMarkup() {
    let page = ResultPage.failure(
      account: "<i>&\"'", sentence: "<script>alert(1)</script>\u{1B}[31m\u{202E}", hint: nil)
    let html = text(page)
    #expect(html.contains("&lt;i&gt;&amp;&quot;&#39;"))
    #expect(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
    #expect(!html.contains("\u{1B}") && !html.contains("\u{202E}"))
  }

  @Test func redirectHasNothingButItsPlace() throws {
    let response = ResultPage.leading(to: "/finished/x")
    #expect(response.status == 303)
    #expect(response.body.isEmpty)
    #expect(response.fields["Referrer-Policy"] == "no-referrer")
    #expect(response.fields["Cache-Control"] == "no-store")
  }
}
