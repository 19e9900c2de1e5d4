import Configuration

/// What the accounts of one vault say alike, held once: there may be ten thousand of one server, and
/// its keys and addresses are most of what is known of each.
struct SharedParts {
  private var lines: Set<[UInt8]> = []
  /// By their bytes: strings are equal to others that are written in another way, and a path is not.
  private var settings: [[UInt8]: [Setting]] = [:]

  /// The same lines, in the storage of those that came first.
  mutating func shared(_ lines: [UInt8]) -> [UInt8] { self.lines.insert(lines).memberAfterInsert }

  /// The same settings, in the storage of those that came first.
  mutating func shared(_ settings: [Setting]) -> [Setting] {
    var bytes: [UInt8] = []
    for setting in settings {
      bytes += setting.key.utf8
      bytes.append(0)
      bytes += setting.value.utf8
      bytes.append(0)
    }
    if let first = self.settings[bytes] { return first }
    self.settings[bytes] = settings
    return settings
  }
}
