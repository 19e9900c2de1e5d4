/// Takes a command line apart into words, as a shell would and without one.
///
/// Single quotes keep everything, double quotes everything but `\"` and `\\`, and a backslash keeps
/// the next character. Nothing is ever expanded: no `$`, no backtick, no `*`, no `;` (threat A11).
///
/// - Returns: nil when a quote is not closed.
func splitWords(_ text: some StringProtocol) -> [String]? {
  var words: [String] = []
  var word: String?
  var quote: Character?
  var isEscaped = false
  for character in text {
    if isEscaped {
      if quote == "\"", character != "\"", character != "\\" { word = (word ?? "") + "\\" }
      word = (word ?? "") + String(character)
      isEscaped = false
    } else if character == "\\", quote != "'" {
      isEscaped = true
    } else if let open = quote {
      if character == open { quote = nil } else { word = (word ?? "") + String(character) }
    } else if character == "'" || character == "\"" {
      quote = character
      word = word ?? ""
    } else if character == " " || character == "\t" || character == "\n" {
      if let complete = word { words.append(complete) }
      word = nil
    } else {
      word = (word ?? "") + String(character)
    }
  }
  guard quote == nil, !isEscaped else { return nil }
  if let complete = word { words.append(complete) }
  return words
}
