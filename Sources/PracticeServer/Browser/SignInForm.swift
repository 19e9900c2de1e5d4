import OAuth

/// The parts of a page of this server that a script needs: its title and its form.
struct SignInForm {
  /// Where the form goes, as the page spells it.
  let action: String
  private let transaction: String
  private let scopes: [String]

  /// `nil` where the page has no sign-in form.
  init?(page: String) {
    guard let form = PageTags.all("form", in: page).first, let action = form["action"] else {
      return nil
    }
    let inputs = PageTags.all("input", in: page)
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
}
