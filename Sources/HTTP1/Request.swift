/// A request as it was received (RFC 9112 §3).
package struct Request: Sendable, Equatable {
  /// Case-sensitive, as sent: `GET` (RFC 9110 §9.1).
  package var method: String

  /// The request target as sent.
  package var target: String

  /// The path as sent, not percent-decoded: `/callback`; `*` for the asterisk-form, empty for the
  /// authority-form (RFC 9112 §3.2).
  package var path: String

  /// What follows the first `?`, not decoded; nil without a `?`.
  package var query: String?

  /// The authority the client meant, as spelled: that of an absolute-form target, else the Host
  /// field's (RFC 9112 §3.2.2).
  package var host: String

  package var fields: HeaderFields

  /// The content; empty where the parser was told to leave it unread.
  package var body: [UInt8]

  /// Whether the client wants another request on this connection, and could send one: false too
  /// where a body was left unread (RFC 9112 §9.3).
  package var keepsAlive: Bool

  package init(
    method: String, target: String, path: String, query: String?, host: String,
    fields: HeaderFields, body: [UInt8], keepsAlive: Bool
  ) {
    self.method = method
    self.target = target
    self.path = path
    self.query = query
    self.host = host
    self.fields = fields
    self.body = body
    self.keepsAlive = keepsAlive
  }
}
