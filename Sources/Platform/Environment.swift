import CPlatform
import Glibc

/// The environment as a value: what a rule reads of it is handed to the rule.
package struct Environment: Sendable {
  private let variables: [String: String]

  /// An environment made of these variables.
  package init(_ variables: [String: String]) { self.variables = variables }

  /// The environment of this process.
  package static var current: Environment {
    var variables: [String: String] = [:]
    var entry = sp_environment()
    while let pointer = entry?.pointee {
      let text = String(cString: pointer)
      if let equals = text.firstIndex(of: "="), equals > text.startIndex {
        variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
      }
      entry = entry?.advanced(by: 1)
    }
    return Environment(variables)
  }

  /// The value of a variable; nil when it is not set or empty.
  package subscript(_ name: String) -> String? {
    guard let value = variables[name], !value.isEmpty else { return nil }
    return value
  }

  /// `NAME=value` for each variable, for a child process.
  package var entries: [String] { variables.map { "\($0.key)=\($0.value)" } }
}

/// One variable of this process's environment, without reading the others; nil when unset or empty.
package func environmentVariable(_ name: String) -> String? {
  guard let value = getenv(name), value.pointee != 0 else { return nil }
  return String(cString: value)
}
