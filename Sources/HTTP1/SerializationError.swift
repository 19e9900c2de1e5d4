/// What cannot be written as an HTTP message without becoming another one.
package enum SerializationError: Error, Sendable, Equatable {
  /// Not a token (RFC 9110 §9.1).
  case invalidMethod
  /// Empty, or with a space, a control character or a byte beyond ASCII (RFC 9112 §3.2).
  case invalidTarget
  /// Empty, or with a character that cannot stand in an authority (RFC 9110 §7.2).
  case invalidHost
  /// Outside 100 to 599 (RFC 9110 §15).
  case invalidStatus
  /// The reason phrase holds a control character (RFC 9112 §4).
  case invalidReason
  /// The field's name is not a token (RFC 9110 §5.1).
  case invalidFieldName
  /// The value of the named field holds a control character (RFC 9110 §5.5).
  case invalidFieldValue(name: String)
  /// The named field frames the message; the serializer alone writes it (RFC 9112 §6).
  case reservedField(name: String)
}
