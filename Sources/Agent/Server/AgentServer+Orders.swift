import Attributes
import Configuration
import Platform
import Secrets

/// What each job is told: no more of an account than it needs.
extension AgentServer {
  func order(for job: CourierJob, timeout: Int64) throws(Failure) -> SecretBuffer {
    switch job {
    case .signIn(let account): return try signInOrder(account, timeout: timeout)
    case .refresh(let account, let session, let use, _):
      var order = try order("refresh", of: account, session, timeout: timeout)
      if let trace = vault.traces[account.name.text], let folder = vault.folder {
        try order.add("vault.folder", folder)
        try order.add("vault.answer_key", trace.answerKey)
      }
      if case .narrowed(let narrowing) = use { try order.add(narrowing) }
      // Last: an order that is cut off must not use the token up without a way to keep what comes.
      try order.add("refresh_token", session.refreshToken)
      return order.finished()
    case .exchange(let account, let session, let narrowing, _):
      var order = try order("exchange", of: account, session, timeout: timeout)
      try order.add("access_token", session.accessToken)
      try order.add(narrowing)
      return order.finished()
    case .prove(let service): return try proofOrder(service, timeout: timeout)
    case .userInfo(let service):
      var order = try order(
        "userinfo", of: service.account, service.session, isAuthenticated: false, timeout: timeout)
      try order.add("access_token", service.token.secret)
      return order.finished()
    case .revoke(let departure):
      guard let session = departure.session else { break }
      return try revocation(departure.account, session, timeout: timeout).finished()
    case .revokeFormer(let account, let former, let successor):
      var order = try revocation(account, former, timeout: timeout)
      if let idToken = successor?.idToken {
        try order.add("successor.id_token", idToken)
      } else if successor != nil {
        // The line itself says that there is a successor.
        try order.add("successor.id_token", "")
      }
      return order.finished()
    case .endSession(let departure):
      guard let session = departure.session else { break }
      guard hasBrowser(departure) else { throw Self.noBrowser }
      var order = try JobOrder(
        job: "end-session", account: departure.account.name.text, timeout: timeout, pool: pool)
      try add(session, to: &order, isAuthenticated: false)
      return order.finished()
    case .unregister(let departure):
      guard let registration = departure.account.registration else { break }
      var order = try JobOrder(
        job: "unregister", account: departure.account.name.text, timeout: timeout, pool: pool)
      try order.add(registration.settings, path: nil)
      try order.add(registration.lines)
      return order.finished()
    case .seal(let batch): return try sealing(batch, timeout: timeout)
    case .unseal(let opening): return try unsealing(opening, timeout: timeout)
    case .exporting(let export):
      var order = try vaultOrder("export", path: export.path, timeout: timeout)
      try order.add("passphrase", export.passphrase)
      return order.finished()
    case .importing(let task):
      var order = try vaultOrder("import", path: task.path, timeout: timeout)
      try order.add("passphrase", task.passphrase)
      return order.finished()
    }
    throw Failure(.failed, "the session has ended")
  }

  private func signInOrder(_ account: Account, timeout: Int64) throws(Failure) -> SecretBuffer {
    guard let signIn = account.signIn else { throw Failure(.failed, "the sign-in has ended") }
    let settings = signIn.settings
    var order = try JobOrder(
      job: signIn.method.job, account: account.name.text, timeout: timeout, pool: pool)
    try order.add(settings, path: configuration.path)
    if let url = settings.resourceURL { try order.add("resource_url", url) }
    try order.add(account.registration?.lines ?? [])
    // A client that is registered for nothing but a token takes nobody's place.
    if !signIn.isForKeeping { try order.add("once", "yes") }
    if let session = account.session, misfit(of: account) == nil,
      settings.fitsSession(madeWith: session.settings)
    {
      try order.add("former.scope", session.scope)
      // A token is shown to nobody but the resource it is for.
      if settings.asksOnly(session.resources) {
        try order.add("former.access_token", session.accessToken)
        // Where the token is bound to a key, that one has to prove it.
        try order.add(session.carried)
      }
    }
    return order.finished()
  }

  private func proofOrder(
    _ service: CourierJob.Service, timeout: Int64
  ) throws(Failure) -> SecretBuffer {
    guard let target = service.request.proof else {
      throw Failure(.failed, "there is nothing to prove")
    }
    var order = try order(
      "prove", of: service.account, service.session, isAuthenticated: false, timeout: timeout)
    try order.add("access_token", service.token.secret)
    try order.add("method", target.method)
    try order.add("url", target.url)
    if let nonce = target.nonce { try order.add("dpop_nonce", nonce) }
    return order.finished()
  }

  /// The order of a job that goes on with a session, refused when that is no longer the account's.
  private func order(
    _ job: StaticString, of account: Account, _ session: Session, isAuthenticated: Bool = true,
    timeout: Int64
  ) throws(Failure) -> JobOrder {
    guard account.session === session else { throw Failure(.failed, "the session has ended") }
    if let misfit = misfit(of: account) { throw misfit }
    var order = try JobOrder(job: job, account: account.name.text, timeout: timeout, pool: pool)
    try add(session, to: &order, isAuthenticated: isAuthenticated)
    return order
  }

  private func revocation(
    _ account: Account, _ session: Session, timeout: Int64
  ) throws(Failure) -> JobOrder {
    var order = try JobOrder(
      job: "revoke", account: account.name.text, timeout: timeout, pool: pool)
    try add(session, to: &order, isAuthenticated: true)
    try order.add("refresh_token", session.refreshToken)
    try order.add("access_token", session.accessToken)
    try order.add("narrowed_token", list: session.narrowed.all.compactMap(\.secret))
    return order
  }

  /// - Parameter isAuthenticated: whether the job shows the server which client it is; one that does
  ///   not has no need of a client secret.
  private func add(
    _ session: Session, to order: inout JobOrder, isAuthenticated: Bool
  ) throws(Failure) {
    // Where the configuration has turned to another server since, that one must not see a token of
    // the former (RFC 6749 §10.4), nor the former the new secret.
    let section = configuration.account(session.settings.effective.name.text)
    if session.difference(from: configuration) == nil {
      try order.add(
        session.settings.renewed(by: section), path: isAuthenticated ? configuration.path : nil)
    } else {
      try order.add(
        session.settings, path: nil, withholding: session.settings.secrets(sharedWith: section))
    }
    try order.add(session.carried)
    try order.add(session.registration?.lines ?? [])
  }
}
