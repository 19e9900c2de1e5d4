/// One thing `doctor` has looked at.
struct Finding: Equatable {
  enum Weight: String {
    case fine = "ok"
    case warning
    case problem
  }

  let weight: Weight
  /// Lower case, no full stop, no secret.
  let sentence: String
  /// A command that mends it.
  let hint: String?

  static func fine(_ sentence: String) -> Finding {
    Finding(weight: .fine, sentence: sentence, hint: nil)
  }

  static func warning(_ sentence: String, hint: String? = nil) -> Finding {
    Finding(weight: .warning, sentence: sentence, hint: hint)
  }

  static func problem(_ sentence: String, hint: String? = nil) -> Finding {
    Finding(weight: .problem, sentence: sentence, hint: hint)
  }

  /// The finding as one or two lines.
  var text: String {
    let name = weight.rawValue
    let line = name + String(repeating: " ", count: 8 - name.utf8.count) + " \(sentence)\n"
    return hint.map { line + "         try: \($0)\n" } ?? line
  }
}
