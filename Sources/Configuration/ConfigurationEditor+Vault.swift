import Attributes

extension ConfigurationEditor {
  /// The text with the setting `vault`, in the place of the one that is there or above the first
  /// section.
  ///
  /// - Throws: when the text is not a configuration, or no line can hold the setting.
  package static func setting(
    vault source: VaultSource, in text: UnsafeRawBufferPointer
  ) throws(ConfigurationFault) -> [UInt8] {
    let file = try ConfigurationFile(parsing: text)
    let value = try spelled(source.setting, key: KnownKey.vault)
    let new: [UInt8]
    if let setting = file.agent.first(where: { $0.key == KnownKey.vault }) {
      let range = withQuotes(setting.valueRange, in: text)
      new = Array(text[..<range.lowerBound]) + Array(value.utf8) + Array(text[range.upperBound...])
    } else {
      new = try inserting("\(KnownKey.vault) = \(value)", in: text)
    }
    try verify(new, holds: source, beside: file)
    return new
  }

  /// A value's place with the quotes around it, where it has them.
  private static func withQuotes(
    _ range: Range<Int>, in text: UnsafeRawBufferPointer
  ) -> Range<Int> {
    let quote = UInt8(ascii: "\"")
    guard range.lowerBound > 0, text[range.lowerBound - 1] == quote,
      range.upperBound < text.count, text[range.upperBound] == quote
    else { return range }
    return (range.lowerBound - 1)..<(range.upperBound + 1)
  }

  /// The text with a line of its own above the first section, and above the comments that belong to
  /// that.
  private static func inserting(
    _ line: String, in text: UnsafeRawBufferPointer
  ) throws(ConfigurationFault) -> [UInt8] {
    let place = try placeOfAgentSetting(in: text)
    let before = Array(text[..<place])
    let after = Array(text[place...])
    let newline = UInt8(ascii: "\n")
    var new = before
    if let last = before.last, place > startOfText(text), last != newline { new.append(newline) }
    new += Array("\(line)\n".utf8)
    if !after.isEmpty, after.first != newline, after.first != UInt8(ascii: "\r") {
      new.append(newline)
    }
    return new + after
  }

  /// Behind the last line that is followed by an empty one or a section: what stands right above a
  /// section is about it.
  private static func placeOfAgentSetting(
    in text: UnsafeRawBufferPointer
  ) throws(ConfigurationFault) -> Int {
    var lines = LineReader(text)
    var place = startOfText(text)
    while let line = lines.next() {
      switch try ConfigurationLine(text, line) {
      case .section: return place
      case .setting: place = line.end
      case .empty:
        let isBlank = text[line.range].allSatisfy { $0 == 0x20 || $0 == 0x09 }
        if isBlank { place = line.end }
      }
    }
    return text.count
  }

  /// Behind the byte order mark, where there is one.
  private static func startOfText(_ text: UnsafeRawBufferPointer) -> Int {
    text.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
  }

  /// Reads the new text back: what was written is what will be read, and nothing else has changed.
  private static func verify(
    _ text: [UInt8], holds source: VaultSource, beside file: ConfigurationFile
  ) throws(ConfigurationFault) {
    let read = try text.withBytes { (bytes) throws(ConfigurationFault) in
      try ConfigurationFile(parsing: bytes)
    }
    let isSame = read.accounts.elementsEqual(file.accounts) { read, former in
      read.name == former.name
        && read.settings.elementsEqual(former.settings) { $0.key == $1.key && $0.value == $1.value }
    }
    guard read.vault == source, isSame else {
      throw ConfigurationFault("the setting vault cannot be written on one line")
    }
  }
}
