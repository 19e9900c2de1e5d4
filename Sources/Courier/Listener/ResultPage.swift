import HTTP1
import OAuth
import TLS

/// The pages a person sees at the end of a sign-in: small, self-contained, without script.
struct ResultPage: Sendable, Equatable {
  let status: Int
  private let outcome: Outcome
  private let title: String
  private let paragraphs: [String]
  /// The method a refused one is told of.
  private var allowedMethod: String?

  /// What is to be told at a glance.
  private enum Outcome {
    case good, bad, other

    /// The character before the heading, which the heading's words say too.
    var mark: String {
      switch self {
      case .good: "<span class=\"good\" aria-hidden=\"true\">&#10003;</span> "
      case .bad: "<span class=\"bad\" aria-hidden=\"true\">&#10007;</span> "
      case .other: ""
      }
    }
  }

  private static let style =
    "html{color-scheme:light dark}"
    + "body{font:1.125rem/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;"
    + "padding:0 1.25rem;overflow-wrap:anywhere}"
    + "h1{font-size:1.5rem;line-height:1.25;margin:.25rem 0 1rem}"
    + "header{font-size:.875rem;opacity:.7}"
    + ".good{color:#1a7f37}.bad{color:#c4262e}"
    + "@media(prefers-color-scheme:dark){.good{color:#4ac26b}.bad{color:#ff7b72}}"

  /// The sign-in has worked, the token is there.
  static func success(account: String, user: String?) -> ResultPage {
    let who = user.map { " as \($0)" } ?? ""
    return ResultPage(
      status: 200, outcome: .good, title: "Signed in",
      paragraphs: [
        "\(account) is signed in\(who).",
        "You can close this tab and go back to where you came from.",
      ])
  }

  /// The sign-in has failed; `hint` is a command that may mend it.
  static func failure(account: String, sentence: String, hint: String?) -> ResultPage {
    let advice = hint.map { ["This may mend it, in a terminal: \($0)"] } ?? []
    return ResultPage(
      status: 200, outcome: .bad, title: "Not signed in",
      paragraphs: ["Signing in to \(account) did not work.", capitalized(sentence)] + advice + [
        "You can close this tab and go back to where you came from; it says the same there."
      ])
  }

  /// The session at the server has been ended.
  static func signedOut(account: String) -> ResultPage {
    ResultPage(
      status: 200, outcome: .good, title: "Signed out",
      paragraphs: [
        "The server has ended the session of \(account) in this browser.",
        "You can close this tab.",
      ])
  }

  /// A request that has nothing to do with the sign-in.
  static func refusal(_ refusal: ListenerRefusal) -> ResultPage {
    var page = ResultPage(
      status: refusal.status, outcome: .other, title: refusal.title,
      paragraphs: [
        capitalized(refusal.sentence), "This changes nothing for a sign-in in progress.",
      ])
    page.allowedMethod = refusal.allowedMethod
    return page
  }

  /// A sentence with a capital and a full stop; a name or address at its start stays as it is.
  private static func capitalized(_ sentence: String) -> String {
    let word = sentence.prefix { $0 != " " }
    guard word.utf8.allSatisfy({ (0x61...0x7A).contains($0) }) else { return "\(sentence)." }
    return "\(word.prefix(1).uppercased())\(sentence.dropFirst())."
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
    if let allowedMethod { fields.append("Allow", allowedMethod) }
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
    <header>sallyport</header>
    <h1>\(outcome.mark)\(Self.escaped(title))</h1>
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
