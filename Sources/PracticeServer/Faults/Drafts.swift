import HTTP1
import OAuth
import TLS

/// The members of a JSON answer while a fault changes them.
struct JSONDraft {
  var members: [String: JSONValue]
  let scene: FaultScene

  /// `nil` where the body is no JSON object.
  init?(_ reply: Reply, _ scene: FaultScene) {
    guard let members = try? JSONValue.object(parsing: reply.response.body) else { return nil }
    self.members = members
    self.scene = scene
  }

  subscript(name: String) -> JSONValue? {
    get { members[name] }
    set { members[name] = newValue }
  }

  /// The list of a key set (RFC 7517 §5).
  var keys: [JSONValue] {
    get { members["keys"]?.arrayValue ?? [] }
    set { members["keys"] = .array(newValue) }
  }
}

/// A signed token while a fault changes it.
struct TokenDraft {
  /// What stands behind the second dot.
  enum Signature {
    case of(TokenSigner)
    case nothing
    /// The honest one with another first byte.
    case garbled
    /// As long as the honest one, and nothing but zeros (CVE-2022-21449).
    case zeros
    /// An HMAC with this key.
    case code(key: [UInt8])
  }

  var header: [String: JSONValue]
  var claims: [String: JSONValue]
  var signature: Signature
  /// In place of the claims, where they would not be JSON.
  var payload: [UInt8]?
  /// In place of the whole token.
  var text: String?
  let scene: FaultScene

  init?(_ text: String, _ scene: FaultScene) {
    let parts = text.split(separator: ".").compactMap { Base64URL.decode($0) }
    guard parts.count == 3, let header = try? JSONValue.object(parsing: parts[0]),
      let claims = try? JSONValue.object(parsing: parts[1])
    else { return nil }
    self.header = header
    self.claims = claims
    self.scene = scene
    signature = .of(scene.settings.signer)
  }

  subscript(claim: String) -> JSONValue? {
    get { claims[claim] }
    set { claims[claim] = newValue }
  }

  /// Names the key of another signer, its algorithm included, and is signed by it.
  mutating func sign(by signer: TokenSigner) {
    header["alg"] = .string(signer.algorithm.rawValue)
    header["kid"] = .string(signer.keyID)
    signature = .of(signer)
  }

  /// The token as it is sent.
  var spelled: String {
    if let text { return text }
    let head = Base64URL.encode(JSONValue.object(header).serialized())
    let body = Base64URL.encode(payload ?? JSONValue.object(claims).serialized())
    let input = "\(head).\(body)"
    return "\(input).\(Base64URL.encode(bytes(over: Array(input.utf8))))"
  }

  private func bytes(over input: [UInt8]) -> [UInt8] {
    let honest = scene.settings.signer
    switch signature {
    case .of(let signer): return (try? signer.key.sign(input, by: signer.algorithm)) ?? []
    case .nothing: return []
    case .garbled:
      var bytes = (try? honest.key.sign(input, by: honest.algorithm)) ?? []
      if let first = bytes.first { bytes[0] = first ^ 0x55 }
      return bytes
    case .zeros:
      let bytes = (try? honest.key.sign(input, by: honest.algorithm)) ?? []
      return [UInt8](repeating: 0, count: bytes.count)
    case .code(let key): return (try? HMAC.sha256(input, key: key)) ?? []
    }
  }
}

/// An authorization response while a fault changes it.
struct AnswerDraft {
  private let redirectURI: String
  private(set) var parameters: [FormParameter]
  /// Whether it goes as a form, and not in the query.
  var isPosted: Bool
  /// What is sent to the same redirect URI before, as page elements load.
  private var earlier: [[FormParameter]] = []
  private var earlierPath: String?
  let scene: FaultScene

  /// `nil` where the browser is not sent back.
  init?(_ reply: Reply, _ scene: FaultScene) {
    self.scene = scene
    if let posted = reply.posted {
      redirectURI = posted.address
      parameters = Array(posted.form)
      isPosted = true
      return
    }
    guard reply.response.status == 303, let address = reply.response.fields["Location"],
      let mark = address.lastIndex(of: "?"),
      let form = try? FormParameters(decoding: String(address[address.index(after: mark)...]))
    else { return nil }
    redirectURI = String(address[..<mark])
    parameters = form.parameters
    isPosted = false
  }

  /// The first value of a parameter; `nil` takes all of them away.
  subscript(name: String) -> String? {
    get { parameters.first { $0.name == name }?.value }
    set {
      guard let newValue else { return parameters.removeAll { $0.name == name } }
      if let index = parameters.firstIndex(where: { $0.name == name }) {
        parameters[index].value = newValue
      } else {
        parameters.append(FormParameter(name, newValue))
      }
    }
  }

  /// Adds one more, whether it is there or not.
  mutating func append(_ name: String, _ value: String) {
    parameters.append(FormParameter(name, value))
  }

  /// Puts an error in place of the code.
  mutating func fail(_ error: String, _ description: String? = nil) {
    self["code"] = nil
    self["error"] = error
    self["error_description"] = description
  }

  /// Sends a changed answer first, and this one afterwards.
  mutating func precede(_ change: (inout AnswerDraft) -> Void) {
    var other = self
    other.earlier = []
    change(&other)
    earlier.append(other.parameters)
  }

  /// Sends this answer to another path first.
  mutating func precede(atPath path: String) { earlierPath = path }

  var reply: Reply {
    let address = ReturnAddress.address(redirectURI, with: FormParameters(parameters))
    guard !earlier.isEmpty || earlierPath != nil else {
      let form = isPosted ? try? Reply.posted(FormParameters(parameters), to: redirectURI) : nil
      return form ?? .redirect(to: address)
    }
    var images = earlier.map {
      ReturnAddress.address(redirectURI, with: FormParameters($0))
    }
    if let earlierPath, let slash = redirectURI.lastIndex(of: "/") {
      images.append(
        ReturnAddress.address(
          String(redirectURI[..<slash]) + earlierPath, with: FormParameters(parameters)))
    }
    return .page(InterludePage(images: images, next: address).page, sources: InterludePage.sources)
  }
}
