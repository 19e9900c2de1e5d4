import Configuration

/// What the accounts of one vault say alike, held once: there may be ten thousand of one server, and
/// its keys and addresses are most of what is known of each.
struct SharedParts {
  private var lines: Set<[UInt8]> = []
  private var settings: Set<[Setting]> = []

  /// The same lines, in the storage of those that came first.
  mutating func shared(_ lines: [UInt8]) -> [UInt8] { self.lines.insert(lines).memberAfterInsert }

  /// The same settings, in the storage of those that came first.
  mutating func shared(_ settings: [Setting]) -> [Setting] {
    self.settings.insert(settings).memberAfterInsert
  }
}
