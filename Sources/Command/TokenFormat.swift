import Attributes
import Platform

/// How a token is printed.
enum TokenFormat: String, CaseIterable, Sendable {
  /// The access token and nothing else.
  case plain
  /// `Authorization: Bearer …` (RFC 6750 §2.1), or `Authorization: DPoP …` and `DPoP: …`.
  case header
  /// The token response with its own names (RFC 6749 §5.1), and `account` and `expires_at`.
  case json
  /// Lines for a POSIX shell's `eval`.
  case env
  /// The ID token and nothing else.
  case idToken = "id-token"
  /// What kubectl expects of a credential plugin.
  case execCredential = "exec-credential"
  /// The header fields as a JSON object.
  case headers
  /// The initial response of SASL's XOAUTH2, for mail programs.
  case xoauth2
  /// The initial response of SASL's OAUTHBEARER (RFC 7628 §3.1).
  case oauthbearer

  /// Whether the agent has to be asked for the ID token.
  var needsIDToken: Bool { self == .idToken || self == .json }

  /// Writes the token of an answer in this format, with a line end.
  ///
  /// - Parameter apiVersion: what kubectl has asked for, see ``execCredentialVersion(_:)``.
  func write(
    _ answer: AttributeBlock, apiVersion: StaticString = Self.currentAPIVersion,
    to buffer: inout WipedBuffer
  ) throws(Failure) {
    switch self {
    case .plain: buffer.append(try accessToken(answer))
    case .idToken: buffer.append(try idToken(answer))
    case .header: try writeHeader(answer, to: &buffer)
    case .headers: try writeHeaders(answer, to: &buffer)
    case .json: try writeJSON(answer, to: &buffer)
    case .env: try writeEnvironment(answer, to: &buffer)
    case .execCredential: try writeExecCredential(answer, apiVersion, to: &buffer)
    case .xoauth2, .oauthbearer: try writeSASL(answer, to: &buffer)
    }
    buffer.append(byte: UInt8(ascii: "\n"))
  }

  private func writeHeader(
    _ answer: AttributeBlock, to buffer: inout WipedBuffer
  ) throws(Failure) {
    let scheme = try authorizationScheme(answer)
    buffer.append(constant: "Authorization: ")
    buffer.append(constant: scheme)
    buffer.append(constant: " ")
    buffer.append(try accessToken(answer))
    guard let proof = try proof(answer) else { return }
    buffer.append(constant: "\nDPoP: ")
    buffer.append(proof)
  }

  private func writeHeaders(
    _ answer: AttributeBlock, to buffer: inout WipedBuffer
  ) throws(Failure) {
    var value = WipedBuffer()
    value.append(constant: try authorizationScheme(answer))
    value.append(constant: " ")
    value.append(try accessToken(answer))
    var json = JSONText()
    json.beginObject()
    json.add("Authorization", value.bytes)
    if let proof = try proof(answer) { json.add("DPoP", proof) }
    json.endObject()
    buffer.append(json.buffer.bytes)
  }

  private func writeJSON(_ answer: AttributeBlock, to buffer: inout WipedBuffer) throws(Failure) {
    var json = JSONText()
    json.beginObject()
    if let account = answer["account"] { json.add("account", account) }
    json.add("access_token", try accessToken(answer))
    json.add("token_type", answer.string("token_type") ?? "Bearer")
    if let seconds = answer.integer("expires_in") { json.add("expires_in", seconds) }
    if let instant = answer.integer("expires_at") { json.add("expires_at", instant) }
    if let scope = answer["scope"] { json.add("scope", scope) }
    if answer["id_token"] != nil { json.add("id_token", try idToken(answer)) }
    if let proof = try proof(answer) { json.add("dpop", proof) }
    json.endObject()
    buffer.append(json.buffer.bytes)
  }

  /// A token is printable ASCII and so never holds a line end; a quote is taken apart as a shell
  /// wants it.
  private func writeEnvironment(
    _ answer: AttributeBlock, to buffer: inout WipedBuffer
  ) throws(Failure) {
    buffer.append(constant: "export SALLYPORT_ACCESS_TOKEN='")
    for byte in try accessToken(answer) {
      if byte == UInt8(ascii: "'") {
        buffer.append(constant: "'\\''")
      } else {
        buffer.append(byte: byte)
      }
    }
    buffer.append(constant: "'\n")
    if let instant = answer.integer("expires_at") {
      buffer.append("export SALLYPORT_EXPIRES_AT='\(instant)'")
    } else {
      buffer.append(constant: "unset SALLYPORT_EXPIRES_AT")
    }
  }
}

// MARK: What an answer holds

extension TokenFormat {
  /// The access token, checked again: RFC 6749 appendix A.12, without the space.
  func accessToken(_ answer: AttributeBlock) throws(Failure) -> UnsafeRawBufferPointer {
    guard let token = answer["access_token"] else {
      throw Failure(.failed, "the agent's answer has no access token")
    }
    return try checked(token)
  }

  /// The access token, if it may be sent as `Bearer` (RFC 6749 §7.1).
  func bearerToken(_ answer: AttributeBlock) throws(Failure) -> UnsafeRawBufferPointer {
    let type = answer.string("token_type") ?? "Bearer"
    guard type.lowercased() == "bearer" else {
      let advice =
        type.lowercased() == "dpop"
        ? ": an account for this format needs dpop_bound_access_tokens = no" : ""
      throw Failure(
        .failed, "the token is of type \(type), which \(rawValue) cannot express\(advice)")
    }
    return try accessToken(answer)
  }

  private func idToken(_ answer: AttributeBlock) throws(Failure) -> UnsafeRawBufferPointer {
    guard let token = answer["id_token"] else {
      let name = answer.string("account") ?? "NAME"
      throw Failure(
        .failed, "the server gave \(name) no ID token: it has to be asked for with scope openid",
        hint: "sallyport login \(name) --scope openid")
    }
    return try checked(token)
  }

  private func checked(_ token: UnsafeRawBufferPointer) throws(Failure) -> UnsafeRawBufferPointer {
    guard !token.isEmpty, token.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw Failure(.failed, "the token holds something else than printable ASCII")
    }
    return token
  }
}
