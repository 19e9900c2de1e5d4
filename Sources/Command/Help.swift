import Attributes
import Platform

/// `sallyport help` and `sallyport version`.
enum Help {
  static let verb = Verb(
    "help", .optional("VERB", .verb), summary: "shows how a verb is used",
    details: "Without VERB it lists all verbs."
  ) { (invocation) throws(Failure) in
    guard let name = invocation.operand else {
      try Output.write(overview)
      return 0
    }
    try Output.write(text(of: try Verbs.named(name)))
    return 0
  }

  static let versionVerb = Verb("version", summary: "prints the version", details: "") {
    (_) throws(Failure) in
    try Output.write("sallyport \(sallyportVersion)\n")
    return 0
  }

  /// The list of all verbs.
  static var overview: String {
    var text = """
      usage: sallyport VERB [OPTION…] [NAME]

      Signs in at OAuth 2.0 and OpenID Connect servers with the browser, keeps the
      tokens in an agent, and hands them to programs.


      """
    for verb in Verbs.all { text += row(verb.name, verb.summary, width: 11) }
    text += """

      NAME is an account: a section of ~/.config/sallyport/config. Without it the only
      one is meant, or the one SALLYPORT_ACCOUNT names.

      exit status: 0 done, 1 failed, 2 usage, 3 a sign-in is needed, 4 refused,
      5 try again later, 6 locked

      sallyport help VERB tells more; so do sallyport(1) and sallyport.conf(5).

      """
    return text
  }

  /// The text of one verb.
  static func text(of verb: Verb) -> String {
    var text = "usage: \(usage(of: verb))\n\n\(verb.name) \(verb.summary).\n"
    if !verb.details.isEmpty { text += "\n\(verb.details)\n" }
    guard !verb.options.isEmpty else { return text }
    text += "\noptions:\n"
    let common = verb.options.filter { !$0.isRare }
    let width = min(28, common.map(\.usage.utf8.count).max() ?? 0)
    for option in common { text += row(option.usage, option.help, width: width) }
    return text + rare(verb.options.filter(\.isRare))
  }

  /// Options that stand for keys, by name alone: the manual has a paragraph for each.
  private static func rare(_ options: [Option]) -> String {
    guard !options.isEmpty else { return "" }
    let usages = options.map { option in
      option.usage.split(separator: " ").joined(separator: "\u{A0}")
    }
    let list = row("", usages.joined(separator: ", "), width: 0)
    return "\nand these, which sallyport.conf(5) explains:\n"
      + list.split(separator: "\u{A0}", omittingEmptySubsequences: false).joined(separator: " ")
  }

  static func usage(of verb: Verb) -> String {
    (["sallyport", verb.name] + (verb.options.isEmpty ? [] : ["[OPTION…]"])
      + [verb.operand.usage].compactMap { $0 }).joined(separator: " ")
  }

  /// Two columns, the right one wrapped to a terminal's 80 columns.
  private static func row(_ left: String, _ right: String, width: Int) -> String {
    let margin = "  " + String(repeating: " ", count: width) + "  "
    var lines = [left.utf8.count <= width ? pad("  " + left, to: width + 4) : "  \(left)"]
    if left.utf8.count > width { lines.append(margin) }
    for word in right.split(separator: " ") {
      let last = lines[lines.count - 1]
      let isFresh = last.utf8.count == margin.utf8.count
      if !isFresh, last.count + 1 + word.count > 80 {
        lines.append(margin + word)
      } else {
        lines[lines.count - 1] = last + (isFresh ? "" : " ") + word
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func pad(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.utf8.count))
  }
}
