package import Attributes

/// What a courier is asked to do, with the account's settings as the configuration spells them.
package struct Job: Sendable {
  package enum Kind: String, Sendable, CaseIterable {
    case login, device, refresh, exchange, prove, userinfo, revoke, unregister
    case endSession = "end-session"
    case seal, unseal, export
    case importing = "import"
  }

  package let kind: Kind
  private let values: [String: String]
  private let lists: [String: [String]]

  /// Reads a job block; an unknown job and a value that is not UTF-8 are refused.
  package init(_ block: AttributeBlock) throws(CourierFailure) {
    var values: [String: String] = [:]
    var lists: [String: [String]] = [:]
    try block.visit { (key, isList, value) throws(CourierFailure) in
      guard let key = AttributeBlock.text(key) else { return }
      guard let value = AttributeBlock.text(value) else {
        throw CourierFailure(.invalidRequest, "the value of \(key) is not utf-8")
      }
      if isList { lists[key, default: []].append(value) } else { values[key] = value }
    }
    guard let name = values["job"] else {
      throw CourierFailure(.invalidRequest, "the job block has no job=")
    }
    guard let kind = Kind(rawValue: name) else {
      throw CourierFailure(.invalidRequest, "no job is called \(shown(name))")
    }
    self.kind = kind
    self.values = values
    self.lists = lists
  }

  /// The value of a key given at most once; nil when absent or empty.
  package subscript(_ key: String) -> String? {
    guard let value = values[key], !value.isEmpty else { return nil }
    return value
  }

  /// Whether the key stands there at all, even with nothing behind it.
  package func has(_ key: String) -> Bool { values[key] != nil }

  /// The values of a key that may stand several times, in order, however it was written.
  package func all(_ key: String) -> [String] {
    (self[key].map { [$0] } ?? []) + (lists[key] ?? []).filter { !$0.isEmpty }
  }

  /// Whether the key says yes.
  package func flag(_ key: String) -> Bool {
    ["yes", "true", "1"].contains(values[key] ?? "")
  }

  /// A number of seconds within `range`; `fallback` when the key is absent.
  package func seconds(
    _ key: String, default fallback: Int64, within range: ClosedRange<Int64>
  ) throws(CourierFailure) -> Int64 {
    guard let text = self[key] else { return fallback }
    guard let seconds = Int64(text), seconds > 0 else {
      throw CourierFailure(.invalidRequest, "\(key) is not a number of seconds")
    }
    return min(max(seconds, range.lowerBound), range.upperBound)
  }

  /// The settings whose keys begin with `prefix`, without it, sorted by name.
  package func settings(under prefix: String) -> [(name: String, value: String)] {
    values.filter { $0.key.hasPrefix(prefix) && $0.key.utf8.count > prefix.utf8.count }
      .map { (name: String($0.key.dropFirst(prefix.count)), value: $0.value) }
      .sorted { $0.name < $1.name }
  }

  /// What the account is called in texts for people.
  package var account: String { self["account"] ?? "this account" }

  /// The command that signs in again.
  package var loginCommand: String {
    self["account"].map { "sallyport login \($0)" } ?? "sallyport login"
  }
}
