import Attributes
import Configuration
import Platform

extension Invocation {
  /// The account the command line or SALLYPORT_ACCOUNT names; nil leaves the choice to the agent,
  /// which takes the only one there is.
  func account(
    environment: (String) -> String? = environmentVariable
  ) throws(Failure) -> String? {
    if let operand {
      if operand.contains("://") { return try account(ofResource: operand) }
      guard let name = AccountName(operand) else {
        throw mistake("\(shellQuoted(operand)) is no account's name: \(AccountName.rule)")
      }
      return name.text
    }
    guard let text = environment("SALLYPORT_ACCOUNT") else { return nil }
    guard let name = AccountName(text) else {
      throw mistake("SALLYPORT_ACCOUNT holds no account's name: \(AccountName.rule)")
    }
    return name.text
  }

  /// The configured account whose `resource` is the address or covers it.
  private func account(ofResource operand: String) throws(Failure) -> String {
    guard let address = ResourceAccount(operand) else {
      let fault = KnownKey.named("resource")?.fault(in: operand) ?? "is not an http or https one"
      throw mistake("the address \(fault)")
    }
    let accounts = try Configured.load().file.accounts
    guard let account = address.configured(among: accounts) else {
      throw Failure(
        .failed, "no account with a resource that covers this address is configured",
        hint: "sallyport login \(shellQuoted(operand))")
    }
    return account.name.text
  }
}
