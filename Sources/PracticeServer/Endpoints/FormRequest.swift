import HTTP1
import OAuth

/// What becomes of a parameter that stands more than once (RFC 6749 §3.1, §3.2).
enum Repetition {
  case refused
  /// Lists, which these names are.
  case allowed(Set<String>)
  /// Nothing is refused here: the caller can tell a better place to say so.
  case leftToCaller

  fileprivate func permits(_ names: Set<String>) -> Bool {
    switch self {
    case .refused: names.isEmpty
    case .allowed(let lists): names.isSubset(of: lists)
    case .leftToCaller: true
    }
  }
}

extension Request {
  /// The form in the body (RFC 6749 appendix B).
  func form(_ repetition: Repetition = .refused) throws(Refusal) -> FormParameters {
    let type = fields["Content-Type"] ?? ""
    let essence = type.split(separator: ";").first.map(trimmed) ?? ""
    guard essence.lowercased() == "application/x-www-form-urlencoded" else {
      throw .invalidRequest("the content is not application/x-www-form-urlencoded")
    }
    let parameters: FormParameters
    do { parameters = try FormParameters(decoding: body) } catch {
      throw .invalidRequest(error.description)
    }
    guard repetition.permits(parameters.repeatedNames) else {
      throw .invalidRequest("a parameter stands more than once")
    }
    return parameters
  }

  /// The parameters of a request that may be made by GET or by POST; repeated names are kept.
  func parameters() throws(Refusal) -> FormParameters {
    if method == "POST" { return try form(.leftToCaller) }
    do { return try FormParameters(decoding: query ?? "") } catch {
      throw .invalidRequest(error.description)
    }
  }

  /// The one `Authorization` field, taken apart into its scheme, in lower case, and the rest.
  func authorization() throws(Refusal) -> (scheme: String, credentials: String)? {
    let values = fields.values(for: "Authorization")
    guard values.count <= 1 else {
      throw .invalidRequest("the authorization header stands more than once")
    }
    guard let value = values.first else { return nil }
    let halves = value.split(separator: " ", maxSplits: 1)
    return (halves.first?.lowercased() ?? "", halves.count > 1 ? trimmed(halves[1]) : "")
  }
}

private func trimmed(_ text: Substring) -> String {
  var text = text
  while text.first == " " { text.removeFirst() }
  while text.last == " " { text.removeLast() }
  return String(text)
}
