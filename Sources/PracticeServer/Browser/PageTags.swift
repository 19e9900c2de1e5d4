/// The tags of a page, as far as a script needs them.
enum PageTags {
  /// The attributes of each tag of that name; only values in double quotes are looked at.
  static func all(_ name: String, in page: String) -> [[String: String]] {
    page.split(separator: "<").filter { $0.hasPrefix(name + " ") }.map { tag in
      var attributes: [String: String] = [:]
      let parts = tag.prefix { $0 != ">" }.split(separator: "\"", omittingEmptySubsequences: false)
      // Names with their equals signs stand at the even places, values at the odd ones.
      for index in stride(from: 0, to: parts.count - 1, by: 2) {
        guard let name = parts[index].split(whereSeparator: \.isWhitespace).last?.dropLast() else {
          continue
        }
        attributes[String(name)] = unescaped(parts[index + 1])
      }
      return attributes
    }
  }

  /// The title of a page; empty where it has none.
  static func title(of page: String) -> String {
    guard let start = page.firstRange(of: "<title>")?.upperBound,
      let end = page[start...].firstRange(of: "</title>")?.lowerBound
    else { return "" }
    return unescaped(page[start..<end])
  }

  /// Undoes what ``HTML`` does to text.
  private static func unescaped(_ text: Substring) -> String {
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
    return entities.reduce(String(text)) { $0.replacing($1.0, with: $1.1) }
  }
}
