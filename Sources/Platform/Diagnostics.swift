/// The one place that makes lines for people on standard error.
package enum Diagnostics {
  /// `sallyport: what is wrong: why`, and `  try: COMMAND` where one would mend it.
  package static func report(_ sentence: String, hint: String? = nil, program: String = "sallyport")
  {
    var text = "\(program): \(printable(sentence, limit: 4000))\n"
    if let hint { text += "  try: \(printable(hint, limit: 4000))\n" }
    // Nobody is left to tell when standard error itself is gone.
    try? writeAll(2, text)
  }

  /// A line of progress, without the program's name.
  package static func tell(_ line: String) {
    try? writeAll(2, printable(line, limit: 16_000) + "\n")
  }
}
