import Attributes
import Platform

/// A line of the agent's log: fields `key=value` with a tab between two.
struct LogEntry: Equatable {
  let fields: [(key: String, value: String)]

  /// Reads a line; nil for one that is none, such as half of one from a day the disk was full.
  init?(_ line: Substring) {
    var fields: [(key: String, value: String)] = []
    for field in line.split(separator: "\t", omittingEmptySubsequences: false) {
      guard let equals = field.firstIndex(of: "="), equals > field.startIndex else { return nil }
      fields.append((String(field[..<equals]), String(field[field.index(after: equals)...])))
    }
    self.fields = fields
    guard self["time"].flatMap({ Int64($0) }) != nil, self["account"] != nil,
      self["verdict"] != nil
    else { return nil }
  }

  /// The value of a field; nil where the line has none.
  subscript(_ key: String) -> String? { fields.first { $0.key == key }?.value }

  static func == (a: LogEntry, b: LogEntry) -> Bool {
    a.fields.elementsEqual(b.fields) { $0.key == $1.key && $0.value == $1.value }
  }

  /// One line for a person.
  var text: String {
    let time = Timestamp.text(self["time"].flatMap { Int64($0) } ?? 0)
    var words = [time, self["account"] ?? "", self["action"] ?? "any", self["verdict"] ?? ""]
    if let count = self["count"] {
      words.append(count == "1" ? "once more" : "\(count) more times")
    }
    words.append(program)
    if let scope = self["scope"] { words.append("scope \(scope)") }
    return words.map { printable($0) }.joined(separator: "  ")
  }

  private var program: String {
    let name =
      self["flatpak"].map { "the Flatpak \($0)" } ?? self["snap"].map { "the snap \($0)" }
      ?? self["program"] ?? self["unknown"] ?? "programs that were not looked at"
    let more = [self["pid"].map { "process \($0)" }, self["unit"]].compactMap(\.self)
    return more.isEmpty ? name : "\(name) (\(more.joined(separator: ", ")))"
  }

  /// Fields that are numbers.
  private static let numbers: [(key: String, name: StaticString)] = [
    ("time", "time"), ("pid", "pid"), ("count", "count"),
  ]
  private static let words: [(key: String, name: StaticString)] = [
    ("account", "account"), ("action", "action"), ("verdict", "verdict"), ("program", "program"),
    ("unit", "unit"), ("flatpak", "flatpak"), ("snap", "snap"), ("unknown", "unknown"),
    ("scope", "scope"),
  ]

  /// The same as a JSON object, on a line of its own.
  func write(to json: inout JSONText) {
    json.beginObject()
    for (key, name) in Self.numbers {
      if let number = self[key].flatMap({ Int64($0) }) { json.add(name, number) }
    }
    for (key, name) in Self.words {
      if let value = self[key] { json.add(name, value) }
    }
    json.endObject()
  }
}
