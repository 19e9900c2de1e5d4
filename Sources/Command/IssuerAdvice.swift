import Attributes
import Configuration
import Platform

/// What was probably meant by an issuer that is nearly right.
struct IssuerAdvice {
  /// Where metadata stands, which is what people copy (OpenID Connect Discovery §4, RFC 8414 §3).
  private static let wellKnown = [
    "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server",
  ]

  /// The issuer to use instead.
  let issuer: String
  private let isMetadataAddress: Bool

  /// Nil where nothing better is known.
  ///
  /// - Parameter isUnfit: the value is refused as it is.
  init?(_ value: String, isUnfit: Bool) {
    if let issuer = Self.beforeWellKnown(value), Self.isFit(issuer) {
      self.issuer = issuer
      isMetadataAddress = true
      return
    }
    guard isUnfit, !value.contains("://"), Self.isHostLike(value) else { return nil }
    let secure = "https://" + value
    guard let url = WebURL(secure) else { return nil }
    let issuer = url.isLoopback ? "http://" + value : secure
    guard Self.isFit(issuer) else { return nil }
    self.issuer = issuer
    isMetadataAddress = false
  }

  /// The mistake with the command that avoids it.
  func failure(fault: String?, account: String?) -> Failure {
    let sentence =
      isMetadataAddress
      ? "the issuer is the part in front of /.well-known/" : "--issuer \(fault ?? "is no URL")"
    let name = account.map { " " + shellQuoted($0) } ?? ""
    return Failure(
      .invalidRequest, sentence, hint: "sallyport login\(name) --issuer \(shellQuoted(issuer))")
  }

  /// RFC 8414 §3.1 puts the issuer's path behind the well-known one.
  private static func beforeWellKnown(_ value: String) -> String? {
    for name in wellKnown {
      guard let start = firstRange(of: name, in: value) else { continue }
      return String(value[..<start.lowerBound]) + value[start.upperBound...]
    }
    return nil
  }

  private static func firstRange(of text: String, in value: String) -> Range<String.Index>? {
    var start = value.startIndex
    while let slash = value[start...].firstIndex(of: "/") {
      if value[slash...].hasPrefix(text) {
        return slash..<value.index(slash, offsetBy: text.count)
      }
      start = value.index(after: slash)
    }
    return nil
  }

  /// A host has a dot or is localhost; a word alone may be a value meant for another option.
  private static func isHostLike(_ value: String) -> Bool {
    let host = value.prefix { $0 != "/" && $0 != ":" }
    return host == "localhost" || host.contains(".") || value.hasPrefix("[")
  }

  private static func isFit(_ issuer: String) -> Bool {
    KnownKey.named("issuer").map { $0.fault(in: issuer) == nil } ?? false
  }
}
