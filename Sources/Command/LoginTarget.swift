import Attributes
import Configuration
import Platform

/// What a sign-in is for, as the command line has it: an account by its name, or by the address of
/// the resource its token is to be used at.
struct LoginTarget {
  /// Nil leaves the choice to the agent, which takes the only account there is.
  let name: String?
  /// The settings of the command line, with the resource where that was given as an address.
  let settings: [Setting]
  /// The address to ask which server it trusts (RFC 9728); nil where the server is known.
  let resourceURL: String?
  /// Whether the name was made from the address, and so has to be told.
  let isNameDerived: Bool

  /// What `login [NAME|URL]` with these settings means.
  static func of(
    _ invocation: Invocation, _ settings: [Setting], _ configuration: Configured, once: Bool
  ) throws(Failure) -> LoginTarget {
    if let operand = invocation.operand, let address = try address(operand, invocation) {
      return try resource(address, settings, configuration.file.accounts, invocation)
    }
    let name = try name(invocation, settings, configuration, once: once)
    return LoginTarget(
      name: name, settings: settings,
      resourceURL: resourceToAsk(settings, configuration.account(name)), isNameDerived: false)
  }

  /// `sallyport login URL`.
  private static func resource(
    _ address: ResourceAccount, _ settings: [Setting], _ accounts: [AccountSettings],
    _ invocation: Invocation
  ) throws(Failure) -> LoginTarget {
    guard !invocation.has("resource") else {
      throw invocation.mistake("the address is the resource already: leave --resource out")
    }
    if let account = address.configured(among: accounts) {
      return LoginTarget(
        name: account.name.text, settings: settings, resourceURL: address.address,
        isNameDerived: false)
    }
    guard let name = address.newName(among: accounts) else {
      throw Failure(
        .invalidRequest, "no name can be made from that address: choose one",
        hint: "sallyport login NAME --resource \(shellQuoted(address.address))")
    }
    return LoginTarget(
      name: name.text,
      settings: [Setting(key: "resource", value: address.address)] + settings,
      resourceURL: address.address, isNameDerived: true)
  }

  /// The operand as an address; nil when it is the name of an account.
  private static func address(
    _ operand: String, _ invocation: Invocation
  ) throws(Failure) -> ResourceAccount? {
    guard operand.contains("://") else {
      guard let better = nearAddress(operand) else { return nil }
      throw Failure(
        .invalidRequest, "an address is given with its scheme",
        hint: "sallyport login \(shellQuoted(better))")
    }
    guard let fault = KnownKey.named("resource")?.fault(in: operand) else {
      if let address = ResourceAccount(operand) { return address }
      throw invocation.mistake("the address is not an http or https one")
    }
    throw invocation.mistake("the address \(fault)")
  }

  /// `mcp.example.com/mcp` or `localhost:8080`, which no name of an account can be, as an address.
  private static func nearAddress(_ operand: String) -> String? {
    guard AccountName(operand) == nil, let url = WebURL("https://\(operand)"),
      url.host.contains(".") || url.isLoopback, !url.hasUserInformation
    else { return nil }
    let better = (url.isLoopback ? "http://" : "https://") + operand
    return ResourceAccount(better)?.address
  }

  /// The account to sign in to.
  ///
  /// Settings without a name belong to the only configured account. Where there is none, a name is
  /// needed to keep them under, unless nothing is kept.
  private static func name(
    _ invocation: Invocation, _ settings: [Setting], _ configuration: Configured, once: Bool
  ) throws(Failure) -> String? {
    if let name = try invocation.account() { return name }
    let names = configuration.file.accounts.map(\.name.text)
    if names.count > 1, !settings.isEmpty, !once {
      // Whose settings they are, nothing tells; a new account is what they look like most.
      let several = Failure(
        .invalidRequest, "the account needs a name: a new one of your choice, or one that is there",
        hint: "sallyport login NAME")
      throw LoginAdvice.applied(to: several, of: invocation, derivedName: nil)
    }
    guard configuration.file.accounts.isEmpty, !once else { return nil }
    let resource = settings.first { $0.key == "resource" }?.value
    let example =
      resource.map { "sallyport login \(shellQuoted($0))" }
      ?? "sallyport login NAME --issuer URL --client-id ID"
    throw Failure(
      .invalidRequest,
      settings.isEmpty
        ? "no account is configured" : "the account needs a name of your choice", hint: example)
  }

  /// The resource that has to say at which server to sign in; nil where something else says it.
  ///
  /// An account that is configured so asks its own resource, and the agent knows that one.
  private static func resourceToAsk(
    _ settings: [Setting], _ account: AccountSettings?
  ) -> String? {
    guard let given = settings.first(where: { $0.key == "resource" })?.value,
      let anyName = AccountName("any")
    else { return nil }
    let base = account ?? AccountSettings(name: anyName)
    guard base.overridden(by: settings).findsServerByResource else { return nil }
    return ResourceAccount(given)?.address
  }
}
