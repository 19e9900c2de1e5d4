import HTTP1
import OAuth

/// An authorization response that a page carries to the client.
struct Posting: Sendable {
  let address: String
  let form: FormParameters
}

/// A response, with what the log says about it.
struct Reply: Sendable {
  var response: Response
  /// The OAuth error that was answered, on a page, in a redirect or as JSON.
  var error: Refusal.Code?
  /// How it goes on the wire; an honest one goes whole.
  var delivery = Delivery.whole
  /// What a page posts to the client, and where.
  var posted: Posting?

  init(_ response: Response, error: Refusal.Code? = nil) {
    self.response = response
    self.error = error
  }

  /// JSON that no cache may keep (RFC 6749 §5.1).
  static func json(_ members: [String: JSONValue], status: Int = 200) -> Reply {
    let fields: HeaderFields = [
      "Content-Type": "application/json", "Cache-Control": "no-store", "Pragma": "no-cache",
      "X-Content-Type-Options": "nosniff",
    ]
    return Reply(
      Response(status: status, fields: fields, body: JSONValue.object(members).serialized()))
  }

  /// A signed answer (OpenID Connect Core 1.0 §5.3.2).
  static func token(_ text: String) -> Reply {
    let fields: HeaderFields = [
      "Content-Type": "application/jwt", "Cache-Control": "no-store",
      "X-Content-Type-Options": "nosniff",
    ]
    return Reply(Response(status: 200, fields: fields, body: Array(text.utf8)))
  }

  /// A refusal as RFC 6749 §5.2 wants it.
  static func refused(_ refusal: Refusal) -> Reply {
    var reply = json(
      [
        "error": .string(refusal.code.rawValue),
        "error_description": .string(refusal.description),
      ], status: refusal.status)
    reply.error = refusal.code
    if let challenge = refusal.challenge {
      reply.response.fields.append("WWW-Authenticate", challenge)
    }
    if let nonce = refusal.nonce { reply.response.fields.append("DPoP-Nonce", nonce) }
    return reply
  }

  /// 303: whatever the method was, the browser goes on with GET, and a form with a password in it
  /// would not be sent on (RFC 9700 §4.12).
  static func redirect(to address: String, error: Refusal.Code? = nil) -> Reply {
    let fields: HeaderFields = [
      "Location": address, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
    ]
    return Reply(Response(status: 303, fields: fields), error: error)
  }

  /// A page that posts a form to the client (Form Post Response Mode §2): by itself where scripts
  /// run, else by its button.
  static func posted(
    _ form: FormParameters, to address: String, error: Refusal.Code? = nil
  ) throws(Refusal) -> Reply {
    let hash = Base64.encode(try sha256(Array(FormPostPage.script.utf8)))
    var reply = page(
      FormPostPage(address: address, form: form).page, error: error,
      sources: "; script-src 'sha256-\(hash)'")
    reply.posted = Posting(address: address, form: form)
    return reply
  }

  /// A page for a person.
  ///
  /// - Parameter sources: what the page may run or load beside its style, as directives.
  static func page(
    _ page: Page, status: Int = 200, error: Refusal.Code? = nil, sources: String = ""
  ) -> Reply {
    let fields: HeaderFields = [
      "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store",
      // No `form-action`: it would also be held against the redirect that answers the form.
      "Content-Security-Policy":
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
        + sources,
      "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
      "X-Frame-Options": "DENY",
    ]
    return Reply(Response(status: status, fields: fields, body: page.bytes), error: error)
  }
}
