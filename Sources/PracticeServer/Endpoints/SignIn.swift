import HTTP1
import OAuth

extension AuthorizationServer {
  /// The answer of the person at the sign-in page.
  ///
  /// The transaction on the page is the only way to it: another site could post the form, but
  /// cannot know one.
  mutating func signIn(
    _ request: Request, in surroundings: inout Surroundings
  ) throws(Refusal) -> Reply {
    let form: FormParameters
    do { form = try request.form(.allowed(["scope"])) } catch { return Self.page(for: error) }
    guard let transaction = form.value(of: "transaction"), let open = pending[transaction],
      open.expiresAt > surroundings.now
    else {
      return .page(
        .notice(
          "This sign-in is over",
          "It was answered already, or waited too long. Begin again in your program."),
        status: 400, error: .invalidRequest)
    }
    switch form.value(of: "decision") {
    case "allow":
      guard let user = Self.user(form) else {
        return ask(again: open.request, transaction: transaction)
      }
      pending[transaction] = nil
      let scope = open.request.scope.filter { token in
        // Without `openid` the request would have been another protocol's.
        token == "openid" || form.values(of: "scope").contains(token)
      }
      return try approve(open.request, scope: scope, as: user, in: &surroundings)
    case "deny":
      pending[transaction] = nil
      let refusal = Refusal(.accessDenied, "the user has denied the request")
      return decline(refusal, to: open.request.returnAddress)
    default: return ask(again: open.request, transaction: transaction)
    }
  }

  /// A typed name wins over a picked one.
  private static func user(_ form: FormParameters) -> String? {
    let name = form.value(of: "user") ?? form.value(of: "person")
    return name.flatMap { UserName.isValid($0) ? $0 : nil }
  }

  private func ask(again request: CheckedAuthorizationRequest, transaction: String) -> Reply {
    let page = SignInPage(
      request: request, transaction: transaction, action: settings.address(of: .signIn),
      complaint: UserName.rule)
    return .page(page.page, status: 400, error: .invalidRequest)
  }
}
