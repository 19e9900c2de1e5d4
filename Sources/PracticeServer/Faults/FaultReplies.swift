import HTTP1
import OAuth

/// Replies that no honest endpoint gives.
extension Reply {
  /// Another value of a field, or none.
  mutating func set(_ name: String, _ value: String?) {
    var fields = HeaderFields()
    for field in response.fields.fields where field.name.lowercased() != name.lowercased() {
      fields.append(field.name, field.value)
    }
    if let value { fields.append(name, value) }
    response.fields = fields
  }

  static func text(
    _ body: String, _ type: String = "application/json", status: Int = 200
  ) -> Reply {
    Reply(
      Response(
        status: status, fields: ["Content-Type": type, "Cache-Control": "no-store"],
        body: Array(body.utf8)))
  }

  /// A page where a program expects JSON.
  static func html(_ status: Int) -> Reply {
    text("<!doctype html><title>Oops</title><p>Something broke.", "text/html", status: status)
  }

  /// No body at all.
  static func empty(_ status: Int, retryAfter: String? = nil) -> Reply {
    var reply = Reply(Response(status: status))
    reply.set("Retry-After", retryAfter)
    return reply
  }

  /// An error in the form of RFC 6749 §5.2.
  static func error(
    _ code: String, _ description: String? = nil, status: Int = 400
  ) -> Reply {
    var members: [String: JSONValue] = ["error": .string(code)]
    if let description { members["error_description"] = .string(description) }
    return .json(members, status: status)
  }

  /// A redirect to a place that no client has a reason to ask; the log shows whether one did.
  static func elsewhere(_ status: Int) -> Reply {
    Reply(Response(status: status, fields: ["Location": "/stolen"]))
  }

  /// Ten megabytes that would be JSON; made once, since faults are listed more often than used.
  static let large: Reply = {
    var reply = text("")
    reply.response.body =
      Array("{\"padding\":\"".utf8) + [UInt8](repeating: UInt8(ascii: "p"), count: 10 << 20)
      + Array("\"}".utf8)
    return reply
  }()
}

/// Texts that a person must never be shown as they are.
enum NastyText {
  /// Clears a terminal, forges a line, and sets a title.
  static let escapes = "\u{1B}[2J\u{1B}[1;1Hsallyport: signed in\r\n\u{1B}]0;owned\u{7}\u{9B}31m"
  /// Turns the direction of writing, and hides characters (CWE-1007).
  static let bidirectional = "\u{202E}drowssap ruoy epyt\u{202C}\u{200B}\u{2066}x\u{2069}"
  static let markup = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&amp;"
  static let long = String(repeating: "very long ", count: 10_240)
}
