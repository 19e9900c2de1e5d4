/// Changes the text of a configuration file in place: comments, order and spelling stay.
package enum ConfigurationEditor {
  /// The text with a new section at its end.
  ///
  /// - Throws: when the text is not a configuration, the section is there already, or a setting is
  ///   one the file could not be read with afterwards.
  package static func adding(
    _ account: AccountSettings, to text: UnsafeRawBufferPointer
  ) throws(ConfigurationFault) -> [UInt8] {
    let file = try ConfigurationFile(parsing: text)
    guard file.account(account.name.text) == nil else {
      throw ConfigurationFault("there is a section [\(account.name)] already")
    }
    var result = Array(text)
    if let last = result.last, last != UInt8(ascii: "\n") { result.append(UInt8(ascii: "\n")) }
    if !result.isEmpty { result.append(UInt8(ascii: "\n")) }
    result.append(contentsOf: "[\(account.name)]\n".utf8)
    let width = account.settings.map(\.key.utf8.count).max() ?? 0
    for setting in account.settings {
      result.append(contentsOf: try line(setting, width: width).utf8)
    }
    try verify(result, holds: account)
    return result
  }

  /// The text without a section: from its `[NAME]` line up to the next one, or the end.
  ///
  /// Comments right above the next section belong to that one and stay.
  package static func removing(
    _ name: AccountName, from text: UnsafeRawBufferPointer
  ) throws(ConfigurationFault) -> [UInt8] {
    guard let section = try range(of: name, in: text) else {
      throw ConfigurationFault("there is no section [\(name)]")
    }
    return Array(text[..<section.lowerBound]) + Array(text[section.upperBound...])
  }

  /// `key = value` with the equals signs of a section in one column.
  private static func line(
    _ setting: Setting, width: Int
  ) throws(ConfigurationFault) -> String {
    let padding = String(repeating: " ", count: width - setting.key.utf8.count)
    return "\(setting.key)\(padding) = \(try spelled(setting.value, key: setting.key))\n"
  }

  /// A value as it has to be written to be read back the same.
  ///
  /// - Throws: when it holds both a quote and what only quotes keep.
  package static func spelled(
    _ value: String, key: String
  ) throws(ConfigurationFault) -> String {
    var afterSpace = true
    var needsQuotes = value.hasPrefix("\"") || value.hasPrefix(" ") || value.hasSuffix(" ")
    for byte in value.utf8 {
      if afterSpace, byte == UInt8(ascii: ";") || byte == UInt8(ascii: "#") { needsQuotes = true }
      afterSpace = byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }
    guard needsQuotes else { return value }
    guard !value.utf8.contains(UInt8(ascii: "\"")) else {
      throw ConfigurationFault("\(key) holds a quote and white space that no line can hold both")
    }
    return "\"\(value)\""
  }

  /// Reads the new text back: what was written is what will be read.
  private static func verify(
    _ text: [UInt8], holds account: AccountSettings
  ) throws(ConfigurationFault) {
    let result: Result<ConfigurationFile, ConfigurationFault> = text.withUnsafeBytes { bytes in
      do throws(ConfigurationFault) { return .success(try ConfigurationFile(parsing: bytes)) } catch
      {
        return .failure(error)
      }
    }
    let read: [Setting]
    do throws(ConfigurationFault) {
      read = try result.get().account(account.name.text)?.settings ?? []
    } catch {
      throw ConfigurationFault(error.sentence)
    }
    let same = read.elementsEqual(account.settings) { $0.key == $1.key && $0.value == $1.value }
    guard same else { throw ConfigurationFault("a setting cannot be written on one line") }
  }

  private static func range(
    of name: AccountName, in text: UnsafeRawBufferPointer
  ) throws(ConfigurationFault) -> Range<Int>? {
    var lines = LineReader(text)
    var start: Int?
    var end = 0
    while let line = lines.next() {
      switch try ConfigurationLine(text, line) {
      case .section(let found):
        if let start { return start..<end }
        if found == name { start = line.range.lowerBound }
        end = line.end
      case .setting: end = line.end
      case .empty: continue
      }
    }
    return start.map { $0..<text.count }
  }
}
