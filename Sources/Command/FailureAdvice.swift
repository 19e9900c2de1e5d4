import Attributes
import Configuration
import Platform

/// What the configuration of this user adds to a failure of the agent.
struct FailureAdvice {
  /// Accounts that are listed where none is near; more fit no line.
  private static let mostNames = 8

  let accounts: [AccountSettings]
  /// Where the configuration is, for people.
  let path: String?

  /// The advice of the configuration file; none when it cannot be read.
  static func load() -> FailureAdvice {
    let configured = try? Configured.load()
    return FailureAdvice(accounts: configured?.file.accounts ?? [], path: configured?.path)
  }

  /// Whether `failure` is one that the configuration can say more about.
  static func isWanted(for failure: Failure) -> Bool {
    unknownAccount(failure) != nil || accountWithoutClient(failure) != nil
      || lacksUnlocking(failure) || isAboutUse(failure)
  }

  /// The failure with a way out.
  func applied(to failure: Failure, of verb: String) -> Failure {
    if let name = Self.unknownAccount(failure) {
      return unknown(name, failure, verb: verb)
    }
    if Self.lacksUnlocking(failure) {
      return Failure(failure.code, failure.description, hint: "sallyport unlock")
    }
    if Self.isAboutUse(failure) {
      return Failure(failure.code, failure.description, hint: "sallyport doctor")
    }
    if failure.hint == nil, let name = Self.accountWithoutClient(failure) {
      return Failure(failure.code, failure.description, hint: clientHint(name))
    }
    return failure
  }

  /// The configured name that was probably meant; nil when none is near.
  func nearest(to name: String) -> String? {
    guard let nearest = nearestWord(to: name, in: accounts.map(\.name.text)) else { return nil }
    return editDistance(name, nearest) <= max(1, nearest.utf8.count / 3) ? nearest : nil
  }

  private func unknown(_ name: String, _ failure: Failure, verb: String) -> Failure {
    if let nearest = nearest(to: name) {
      return Failure(
        failure.code, "\(failure.description); did you mean \(nearest)?",
        hint: "sallyport \(verb) \(nearest)")
    }
    guard !accounts.isEmpty else {
      return Failure(failure.code, failure.description, hint: addressHint(name) ?? failure.hint)
    }
    let names = accounts.prefix(Self.mostNames).map(\.name.text).joined(separator: ", ")
    let more = accounts.count > Self.mostNames ? " …" : ""
    let isAre = accounts.count == 1 ? "is" : "are"
    // Who wants to sign out, say, wants no new account.
    let makesAccounts = verb == "login" || verb == "token"
    return Failure(
      failure.code, "\(failure.description); there \(isAre) \(names)\(more)",
      hint: makesAccounts ? addressHint(name) ?? failure.hint : nil)
  }

  /// A name that looks like a host was probably meant as the address of a resource.
  private func addressHint(_ name: String) -> String? {
    let labels = name.split(separator: ".", omittingEmptySubsequences: false)
    guard labels.count > 1, let last = labels.last, last.count > 1, !name.contains("@"),
      labels.allSatisfy({ !$0.isEmpty }),
      last.utf8.allSatisfy({ (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20) })
    else { return nil }
    return "sallyport login https://\(name)"
  }

  private func clientHint(_ name: String) -> String {
    guard accounts.contains(where: { $0.name.text == name }) else {
      return "sallyport login \(name) --issuer URL --client-id ID"
    }
    return "add client_id = ID below [\(name)] in \(path ?? "the configuration")"
  }

  private static func lacksUnlocking(_ failure: Failure) -> Bool {
    // What a later version has written no passphrase helps with.
    failure.code == .locked && failure.hint == nil
      && !failure.description.contains(" a later version of ")
  }

  /// Whether another process has the vault: which one, `doctor` finds out.
  private static func isAboutUse(_ failure: Failure) -> Bool {
    failure.hint == nil && failure.description.hasSuffix(" is in use by another process")
  }

  private static func unknownAccount(_ failure: Failure) -> String? {
    name(in: failure.description, between: "no account ", " is configured")
  }

  private static func accountWithoutClient(_ failure: Failure) -> String? {
    name(in: failure.description, between: "", " has no client_id")
  }

  /// The account's name between two texts that are the whole sentence with it.
  private static func name(in text: String, between start: String, _ end: String) -> String? {
    guard text.hasPrefix(start), text.hasSuffix(end) else { return nil }
    return AccountName(String(text.dropFirst(start.count).dropLast(end.count)))?.text
  }
}
