/// The words of a command line, taken one by one: `--name VALUE` and `--name=VALUE` are the same.
struct ArgumentReader {
  private var words: ArraySlice<String>
  /// What stood behind the equals sign of the option last read.
  private var attached: String?

  init(_ words: some Collection<String>) { self.words = Array(words)[...] }

  /// The next word, an option without its value; `nil` at the end.
  mutating func next() throws(UsageFault) -> String? {
    guard attached == nil else { throw .valueUnexpected("the option before it") }
    guard let word = words.popFirst() else { return nil }
    guard word.hasPrefix("--"), let equals = word.firstIndex(of: "=") else { return word }
    attached = String(word[word.index(after: equals)...])
    return String(word[..<equals])
  }

  /// The value of the option `name`, which was just read.
  mutating func value(of name: String) throws(UsageFault) -> String {
    defer { attached = nil }
    guard let value = attached ?? words.popFirst() else { throw .valueMissing(name) }
    return value
  }

  /// Makes sure that the option `name`, which was just read, has no value.
  func flag(_ name: String) throws(UsageFault) {
    guard attached == nil else { throw .valueUnexpected(name) }
  }

  /// A path that fits on a line of the start block.
  mutating func path(of name: String) throws(UsageFault) -> String {
    let path = try value(of: name)
    guard !path.isEmpty, !path.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
      throw .badPath(name)
    }
    return path
  }

  /// A number of seconds.
  mutating func seconds(of name: String) throws(UsageFault) -> Int64 {
    guard let number = Int64(try value(of: name)), (0...1_000_000_000).contains(number) else {
      throw .badSeconds(name)
    }
    return number
  }

  /// The name of a user.
  mutating func user(of name: String) throws(UsageFault) -> String {
    let user = try value(of: name)
    guard UserName.isValid(user) else { throw .badUser }
    return user
  }
}
