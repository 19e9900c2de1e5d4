import Attributes

/// What a token is wanted for that is not simply the session's: the key by which it is kept.
///
/// RFC 6749 §6 lets a refresh ask for less scope, RFC 8707 §2.2 for one resource of several, and
/// RFC 8693 exchanges a token for one of another audience.
struct Narrowing: Hashable {
  /// Values of one kind in a request: a session's tokens are few, and a courier's block is bounded.
  static let mostValues = 16
  /// Bytes of all values of one kind.
  static let longest = 2048

  /// Sorted, without repetitions, as the other two; empty for the session's own.
  let scopes: [String]
  let resources: [String]
  let audiences: [String]

  init(scopes: [String] = [], resources: [String] = [], audiences: [String] = []) {
    self.scopes = Set(scopes).sorted()
    self.resources = Set(resources).sorted()
    self.audiences = Set(audiences).sorted()
  }

  /// Whether the token comes from an exchange and not from a refresh.
  var isExchange: Bool { !audiences.isEmpty }

  /// Reads `scope`, `resource[]` and `audience[]` of a request; nil when it has none of them.
  static func read(_ request: AttributeBlock) throws(Failure) -> Narrowing? {
    let resources = try values(of: "resource", request.list("resource"))
    let audiences = try values(of: "audience", request.list("audience"))
    var scopes: [String] = []
    if let scope = request["scope"] {
      scopes = try values(of: "scope", scope.split(separator: 0x20).map { .init(rebasing: $0) })
    }
    if scopes.isEmpty, resources.isEmpty, audiences.isEmpty { return nil }
    return Narrowing(scopes: scopes, resources: resources, audiences: audiences)
  }

  /// Names, and no more: the courier judges what a resource is. RFC 6749 §3.3 and RFC 3986 §2 both
  /// keep to printable ASCII without the space.
  private static func values(
    of key: String, _ list: [UnsafeRawBufferPointer]
  ) throws(Failure) -> [String] {
    guard !list.isEmpty else { return [] }
    guard list.count <= mostValues, list.reduce(0, { $0 + $1.count }) <= longest else {
      throw Failure(.invalidRequest, "the request has too many values of \(key), or too long ones")
    }
    var values: [String] = []
    for value in list {
      guard !value.isEmpty, value.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
        throw Failure(
          .invalidRequest, "a value of \(key) is empty, or holds more than printable ASCII")
      }
      values.append(String(decoding: value, as: UTF8.self))
    }
    return values
  }
}
