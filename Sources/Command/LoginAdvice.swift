import Attributes
import Platform

/// What the command line of a sign-in adds to a failure of it: a command that can be pasted.
enum LoginAdvice {
  /// What the agent puts in front of a name, whose settings it takes for configured.
  private static let command = "sallyport login "

  /// The failure with a command that has the options of this sign-in as well.
  ///
  /// The agent suggests `sallyport login NAME`, but where the settings came with the command line
  /// nothing has saved them.
  ///
  /// - Parameter derivedName: the name that was made from an address; it is no account yet.
  static func applied(
    to failure: Failure, of invocation: Invocation, derivedName: String?
  ) -> Failure {
    guard let hint = failure.hint, hint.hasPrefix(command), !hint.contains("&&") else {
      return failure
    }
    var words = hint.split(separator: " ").map(String.init)
    guard words.count > 2 else { return failure }
    // With a resource of its own the command says what the name is for.
    if let derivedName, let address = invocation.operand, words[2] == derivedName,
      !words.contains("--resource")
    {
      words[2] = shellQuoted(address)
    }
    // A time that was too short is the last thing to repeat.
    for (option, value) in invocation.options where option.name != "timeout" {
      let isSuggested = words.contains("--\(option.name)") && !option.isRepeatable
      guard !isSuggested, !hint.contains(" --\(option.name) ") else { continue }
      words.append("--\(option.name)")
      if option.value != nil { words.append(shellQuoted(value)) }
    }
    return Failure(failure.code, failure.description, hint: words.joined(separator: " "))
  }
}
