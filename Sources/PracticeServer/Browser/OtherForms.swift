import OAuth

/// The page that asks for the code of a device.
struct DeviceForm {
  /// Where the form goes, as the page spells it.
  let action: String
  private let filledIn: String

  /// `nil` where the page has no such form.
  init?(page: String) {
    guard let action = PageTags.all("form", in: page).first?["action"],
      let input = PageTags.all("input", in: page).first(where: { $0["name"] == "user_code" })
    else { return nil }
    self.action = action
    filledIn = input["value"] ?? ""
  }

  /// The code as a person types it, or leaves it as it is filled in; nil where there is none.
  func userCode(typing code: String?) -> String? {
    code ?? (filledIn.isEmpty ? nil : filledIn)
  }
}

/// The page that posts an authorization response to the client by itself (OAuth 2.0 Form Post
/// Response Mode §2).
struct PostedAnswer {
  let action: String
  let form: FormParameters

  /// `nil` where the page has another form, or none.
  init?(page: String) {
    let inputs = PageTags.all("input", in: page)
    guard let action = PageTags.all("form", in: page).first?["action"], !inputs.isEmpty,
      inputs.allSatisfy({ $0["type"] == "hidden" }),
      inputs.contains(where: { ["code", "error", "response", "state"].contains($0["name"]) })
    else { return nil }
    self.action = action
    form = FormParameters(
      inputs.map { FormParameter($0["name"] ?? "", $0["value"] ?? "") })
  }
}

/// A page that loads images and then goes on by itself.
struct Interlude {
  let images: [String]
  /// Where the browser goes on to.
  let next: String

  /// `nil` where the page goes nowhere.
  init?(page: String) {
    let metas = PageTags.all("meta", in: page)
    guard let content = metas.first(where: { $0["http-equiv"] == "refresh" })?["content"],
      let address = content.firstRange(of: "url=")?.upperBound
    else { return nil }
    next = String(content[address...])
    images = PageTags.all("img", in: page).compactMap { $0["src"] }
  }
}
