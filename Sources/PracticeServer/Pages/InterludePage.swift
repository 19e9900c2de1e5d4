/// A page that loads addresses of a client's listener before the browser is sent back: as any page
/// of the web can.
struct InterludePage {
  /// What the page may load, as a directive of its policy.
  static let sources = "; img-src http://localhost:* http://127.0.0.1:* http://[::1]:*"

  /// Loaded first, in their order.
  let images: [String]
  /// Where the browser goes on to.
  let next: String

  var page: Page {
    Page(
      title: "One moment",
      content: """
        <h1>One moment</h1>
        <p>Your browser is sent back to your program.</p>
        \(markup: images.map(Self.image))
        """,
      head: "<meta http-equiv=\"refresh\" content=\"1; url=\(next)\">")
  }

  private static func image(_ address: String) -> HTML {
    "<img src=\"\(address)\" alt=\"\" width=\"1\" height=\"1\">\n"
  }
}
