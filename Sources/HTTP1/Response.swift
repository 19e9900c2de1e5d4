/// A response, received or to be sent (RFC 9112 §4).
package struct Response: Sendable, Equatable {
  /// 100 to 599.
  package var status: Int

  /// The reason phrase; it means nothing to a program (RFC 9112 §4).
  package var reason: String

  package var fields: HeaderFields

  package var body: [UInt8]

  /// `reason` is by default the phrase that RFC 9110 §15 gives the status.
  package init(
    status: Int, reason: String? = nil, fields: HeaderFields = [:], body: [UInt8] = []
  ) {
    self.status = status
    self.reason = reason ?? Self.phrase(for: status)
    self.fields = fields
    self.body = body
  }

  /// The phrase of RFC 9110 §15 for the statuses in use here; empty for others.
  package static func phrase(for status: Int) -> String {
    switch status {
    case 100: "Continue"
    case 200: "OK"
    case 201: "Created"
    case 204: "No Content"
    case 302: "Found"
    case 303: "See Other"
    case 304: "Not Modified"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 408: "Request Timeout"
    case 411: "Length Required"
    case 413: "Content Too Large"
    case 414: "URI Too Long"
    case 415: "Unsupported Media Type"
    case 421: "Misdirected Request"
    case 429: "Too Many Requests"
    case 431: "Request Header Fields Too Large"
    case 500: "Internal Server Error"
    case 501: "Not Implemented"
    case 503: "Service Unavailable"
    case 505: "HTTP Version Not Supported"
    default: ""
    }
  }
}
