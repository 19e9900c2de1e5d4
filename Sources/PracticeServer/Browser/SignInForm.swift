import OAuth

/// The parts of a page of this server that a script needs: its title and its form.
struct SignInForm {
  /// Where the form goes, as the page spells it.
  let action: String
  private let transaction: String
  private let scopes: [String]

  /// `nil` where the page has no sign-in form.
  init?(page: String) {
    guard let form = Self.tags("form", in: page).first, let action = form["action"] else {
      return nil
    }
    let inputs = Self.tags("input", in: page)
    guard let transaction = inputs.first(where: { $0["name"] == "transaction" })?["value"] else {
      return nil
    }
    self.action = action
    self.transaction = transaction
    scopes = inputs.compactMap { $0["name"] == "scope" ? $0["value"] : nil }
  }

  /// The form as a person fills it in.
  func filledIn(as user: String, _ decision: BrowseOptions.Decision) -> FormParameters {
    var form: FormParameters = [
      FormParameter("transaction", transaction), FormParameter("user", user),
    ]
    for scope in scopes { form.append("scope", scope) }
    form.append("decision", decision.rawValue)
    return form
  }

  /// The title of a page; empty where it has none.
  static func title(of page: String) -> String {
    guard let start = page.firstRange(of: "<title>")?.upperBound,
      let end = page[start...].firstRange(of: "</title>")?.lowerBound
    else { return "" }
    return unescaped(page[start..<end])
  }

  /// The attributes of each tag of that name; only values in double quotes are looked at.
  private static func tags(_ name: String, in page: String) -> [[String: String]] {
    page.split(separator: "<").filter { $0.hasPrefix(name + " ") }.map { tag in
      var attributes: [String: String] = [:]
      let parts = tag.prefix { $0 != ">" }.split(separator: "\"", omittingEmptySubsequences: false)
      // Names with their equals signs stand at the even places, values at the odd ones.
      for index in stride(from: 0, to: parts.count - 1, by: 2) {
        guard let name = parts[index].split(separator: " ").last?.dropLast() else { continue }
        attributes[String(name)] = unescaped(parts[index + 1])
      }
      return attributes
    }
  }

  /// Undoes what ``HTML`` does to text.
  private static func unescaped(_ text: Substring) -> String {
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
    return entities.reduce(String(text)) { $0.replacing($1.0, with: $1.1) }
  }
}
