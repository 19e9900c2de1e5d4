import Attributes
import Configuration
import Platform

/// What `token` asks for beyond an account's own token: a narrower one, and a proof beside it.
struct TokenRequest {
  /// The options that ask for a token that is good for less.
  static let narrowing: [Option] = [
    Option(
      "scope", "SCOPES", isRepeatable: true, "a token for no more than these of the granted scopes"),
    Option(
      "resource", "URI", isRepeatable: true, "a token for this API alone (RFC 8707); repeatable"),
    Option(
      "audience", "NAME", isRepeatable: true,
      "exchange the token for one of this audience (RFC 8693); repeatable"),
  ]

  static let options: [Option] =
    narrowing + [
      Option(
        "method", "METHOD", completion: .words(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]),
        "with --url: the request a DPoP token is to be proved for"),
      Option("url", "URL", "the address of that request"),
      Option("dpop-nonce", "NONCE", "the DPoP-Nonce the API has answered with"),
    ]

  /// Bytes of a method; the longest registered one has 17.
  private static let longestMethod = 32

  private let scopes: [String]
  private let resources: [String]
  private let audiences: [String]
  private let method: String?
  private let url: String?
  private let nonce: String?

  /// Whether it is for less than the sign-in was granted.
  var isNarrower: Bool { !(scopes.isEmpty && resources.isEmpty && audiences.isEmpty) }

  /// Reads and judges the options.
  init(_ invocation: Invocation, format: TokenFormat) throws(Failure) {
    scopes = try Self.values("scope", judgedAs: "scope", invocation)
    resources = try Self.values("resource", judgedAs: "resource", invocation)
    audiences = try Self.values("audience", judgedAs: "client_id", invocation)
    method = try Self.method(invocation)
    url = try Self.url(invocation)
    nonce = try Self.nonce(invocation)
    guard format != .idToken || !isNarrower else {
      throw invocation.mistake(
        "an ID token tells of the whole sign-in: leave --scope, --resource and --audience out")
    }
    guard (method == nil) == (url == nil) else {
      throw invocation.mistake("--method and --url go together: a proof is for one request")
    }
    guard nonce == nil || url != nil else {
      throw invocation.mistake("--dpop-nonce goes into a proof, which --method and --url ask for")
    }
    guard url == nil || format.canHoldProof else {
      let formats = TokenFormat.allCases.filter(\.canHoldProof).map { "--format \($0.rawValue)" }
      throw invocation.mistake(
        "a proof (--method, --url) needs \(formats.joined(separator: " or ")):"
          + " --format \(format.rawValue) has no place for it")
    }
  }

  /// Adds the lines of the request.
  func add(to request: inout Request) throws(Failure) {
    if !scopes.isEmpty { try request.add("scope", scopes.joined(separator: " ")) }
    for resource in resources { try request.add(key: "resource", isList: true, value: resource) }
    for audience in audiences { try request.add(key: "audience", isList: true, value: audience) }
    try request.add("method", method)
    try request.add("url", url)
    try request.add("dpop_nonce", nonce)
  }

  private static func values(
    _ name: String, judgedAs key: String, _ invocation: Invocation
  ) throws(Failure) -> [String] {
    let values = invocation.all(name)
    for value in values {
      guard let fault = KnownKey.named(key)?.fault(in: value) else { continue }
      throw invocation.mistake("--\(name) \(fault)")
    }
    return values
  }

  /// RFC 9110 §9.1: a method is a token, and its case counts; a proof holds it as it is sent.
  private static func method(_ invocation: Invocation) throws(Failure) -> String? {
    guard let method = invocation["method"] else { return nil }
    let isToken = method.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
      }
    }
    guard !method.isEmpty, method.utf8.count <= longestMethod, isToken else {
      throw invocation.mistake("--method is no method of HTTP, such as GET or POST")
    }
    guard method != method.lowercased() else {
      throw invocation.mistake("--method is written in capitals: \(method.uppercased())")
    }
    return method
  }

  /// RFC 9449 §4.2: the address of the request. Its query and fragment do not count in a proof.
  private static func url(_ invocation: Invocation) throws(Failure) -> String? {
    guard let url = invocation["url"] else { return nil }
    let trimmed = String(url.prefix { $0 != "#" })
    if let fault = KnownKey.named("token_endpoint")?.fault(in: trimmed) {
      throw invocation.mistake("--url \(fault)")
    }
    return trimmed
  }

  /// RFC 9449 §8.1: NQCHAR, as RFC 6749 appendix A has it.
  private static func nonce(_ invocation: Invocation) throws(Failure) -> String? {
    guard let nonce = invocation["dpop-nonce"] else { return nil }
    let isFit = nonce.utf8.allSatisfy {
      $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
    }
    guard !nonce.isEmpty, isFit else {
      throw invocation.mistake("--dpop-nonce is not what a server sends as DPoP-Nonce")
    }
    return nonce
  }
}
