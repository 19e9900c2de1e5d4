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
}
