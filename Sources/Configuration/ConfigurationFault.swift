package import Attributes

/// What is wrong with the configuration file.
///
/// It names the line and never the value that stands there: it may be a secret (CWE-209).
package struct ConfigurationFault: Error, Equatable, Sendable {
  /// The line, counted from 1; nil when the fault is with the file as a whole.
  package let line: Int?
  /// What is wrong and why, without the file's path; lower case, no full stop.
  package let sentence: String
  /// A command that mends it.
  package let hint: String?

  package init(line: Int? = nil, _ sentence: String, hint: String? = nil) {
    self.line = line
    self.sentence = sentence
    self.hint = hint
  }

  /// The fault with the file and the line it is about.
  package func sentence(path: String) -> String {
    guard let line else { return "\(path): \(sentence)" }
    return "\(path), line \(line): \(sentence)"
  }

  /// The fault as a failed command or request reports it.
  package func failure(path: String) -> Failure {
    Failure(.failed, sentence(path: path), hint: hint)
  }
}
