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
      open.expiresAt > surroundings.now, let asked = scope(of: open.purpose)
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
        return ask(again: open.purpose, transaction: transaction)
      }
      pending[transaction] = nil
      let scope = asked.filter { token in
        // Without `openid` the request would have been another protocol's.
        token == "openid" || form.values(of: "scope").contains(token)
      }
      return try allow(open.purpose, scope: scope, as: user, in: &surroundings)
    case "deny":
      pending[transaction] = nil
      return try deny(open.purpose, at: surroundings.now)
    default: return ask(again: open.purpose, transaction: transaction)
    }
  }

  /// What was asked for; `nil` where nobody waits any more.
  private func scope(of purpose: PendingAuthorization.Purpose) -> [String]? {
    switch purpose {
    case .request(let checked): checked.scope
    case .device(let code): devices[code]?.scope
    }
  }

  private mutating func allow(
    _ purpose: PendingAuthorization.Purpose, scope: [String], as user: String,
    in surroundings: inout Surroundings
  ) throws(Refusal) -> Reply {
    switch purpose {
    case .request(let checked):
      return try approve(checked, scope: scope, as: user, in: &surroundings)
    case .device(let code):
      devices[code]?.state = .approved(user: user, scope: scope)
      return .page(.notice("Signed in", "Go on at your device. You can close this window."))
    }
  }

  private mutating func deny(
    _ purpose: PendingAuthorization.Purpose, at now: Int64
  ) throws(Refusal) -> Reply {
    switch purpose {
    case .request(let checked):
      let refusal = Refusal(.accessDenied, "the user has denied the request")
      return try decline(refusal, to: checked.returnAddress, at: now)
    case .device(let code):
      devices[code]?.state = .denied
      return .page(.notice("Denied", "Your device will be told. You can close this window."))
    }
  }

  /// A typed name wins over a picked one.
  private static func user(_ form: FormParameters) -> String? {
    let name = form.value(of: "user") ?? form.value(of: "person")
    return name.flatMap { UserName.isValid($0) ? $0 : nil }
  }

  private func ask(
    again purpose: PendingAuthorization.Purpose, transaction: String
  ) -> Reply {
    guard var page = signInPage(for: purpose, transaction: transaction) else {
      return Self.nothingHere
    }
    page.complaint = UserName.rule
    return .page(page.page, status: 400, error: .invalidRequest)
  }

  /// The page that asks the person; `nil` where nobody waits for the answer any more.
  func signInPage(
    for purpose: PendingAuthorization.Purpose, transaction: String
  ) -> SignInPage? {
    let action = settings.address(of: .signIn)
    switch purpose {
    case .request(let checked):
      return SignInPage(checked, transaction: transaction, action: action)
    case .device(let code):
      guard let device = devices[code] else { return nil }
      return SignInPage(device, transaction: transaction, action: action)
    }
  }
}
