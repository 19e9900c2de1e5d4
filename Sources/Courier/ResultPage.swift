import HTTP1
import OAuth
import TLS

/// The pages a person sees at the end of a sign-in: small, self-contained, without script.
struct ResultPage: Sendable, Equatable {
  let status: Int
  private let title: String
  private let paragraphs: [String]

  private static let style =
    "html{color-scheme:light dark}"
    + "body{font:1.125rem/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;"
    + "padding:0 1.25rem;overflow-wrap:anywhere}"
    + "h1{font-size:1.5rem;line-height:1.25}"

  /// The sign-in has worked, the token is there.
  static func success(account: String, user: String?) -> ResultPage {
    let who = user.map { " as \($0)" } ?? ""
    return ResultPage(
      status: 200, title: "Signed in",
      paragraphs: [
        "\(account) is signed in\(who).",
        "You can close this tab and go back to where you came from.",
      ])
  }

  /// The sign-in has failed; `hint` is a command that may mend it.
  static func failure(account: String, sentence: String, hint: String?) -> ResultPage {
    let advice = hint.map { "Go back to the terminal; this may mend it: \($0)" }
    return ResultPage(
      status: 200, title: "Not signed in",
      paragraphs: [
        "Signing in to \(account) did not work: \(sentence).",
        advice ?? "Go back to where you came from; the reason is said there too.",
        "You can close this tab.",
      ])
  }

  /// A request that has nothing to do with the sign-in.
  static func refusal(_ refusal: CallbackRules.Refusal) -> ResultPage {
    ResultPage(
      status: refusal.status, title: Response.phrase(for: refusal.status),
      paragraphs: ["\(refusal.sentence).", "This changes nothing for a sign-in in progress."])
  }

  /// The page as an answer to a request.
  var response: Response {
    Response(status: status, fields: fields, body: Array(html.utf8))
  }

  /// The answer that leads from the address with the code to the one without it: the browser's
  /// history then has the latter (RFC 9700 §4.3.1).
  static func leading(to path: String) -> Response {
    var fields = commonFields
    fields.append("Location", path)
    return Response(status: 303, fields: fields)
  }

  private var fields: HeaderFields {
    var fields = Self.commonFields
    fields.append("Content-Type", "text/html; charset=utf-8")
    if status == 405 { fields.append("Allow", "GET") }
    return fields
  }

  /// Nothing is kept, nothing is told to others, nothing runs (RFC 9700 §4.2.4).
  private static var commonFields: HeaderFields {
    // Without the hash the page is shown without its style; it needs none to be read.
    let digest = (try? Digest.sha256(Array(style.utf8))) ?? []
    return [
      "Cache-Control": "no-store",
      "Referrer-Policy": "no-referrer",
      "X-Content-Type-Options": "nosniff",
      "Content-Security-Policy":
        "default-src 'none'; style-src 'sha256-\(Base64.encode(digest))'; base-uri 'none'; "
        + "form-action 'none'; frame-ancestors 'none'",
    ]
  }

  private var html: String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>\(Self.escaped(title)) - sallyport</title>
    <link rel="icon" href="data:,">
    <style>\(Self.style)</style>
    </head>
    <body>
    <h1>\(Self.escaped(title))</h1>
    \(paragraphs.map { "<p>\(Self.escaped($0))</p>" }.joined(separator: "\n"))
    </body>
    </html>

    """
  }

  /// Text as HTML content; what a server says must not become markup (CWE-79).
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in shown(text, limit: 1000).unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
