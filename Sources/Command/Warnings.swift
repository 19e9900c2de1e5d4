import Attributes

extension AttributeBlock {
  /// What a person is to be told beside a success, in however many lines.
  var warnings: [String] { strings("warning") + [string("warning")].compactMap(\.self) }
}
