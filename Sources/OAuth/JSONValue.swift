/// One JSON value (RFC 8259), with numbers kept as they were written.
package enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case number(JSONNumber)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  package var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }
  package var numberValue: JSONNumber? { if case .number(let value) = self { value } else { nil } }
  package var stringValue: String? { if case .string(let value) = self { value } else { nil } }
  package var arrayValue: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
  package var objectValue: [String: JSONValue]? {
    if case .object(let value) = self { value } else { nil }
  }

  /// The strings of an array of nothing but strings; `nil` for every other value.
  package var stringsValue: [String]? {
    guard let values = arrayValue else { return nil }
    let strings = values.compactMap(\.stringValue)
    return strings.count == values.count ? strings : nil
  }
}

/// A JSON number as its text, so that no digit is lost and no conversion can trap.
package struct JSONNumber: Sendable, Hashable {
  /// The number as the grammar of RFC 8259 §6 spells it.
  package let text: String

  /// Takes text that the reader has already held against the grammar.
  init(checked text: String) { self.text = text }

  package init(_ value: Int64) { text = String(value) }

  /// The nearest Double: infinite for 1e400, zero for 1e-400, never NaN.
  package var double: Double {
    if let value = Double(text) { return value }
    return text.hasPrefix("-") ? -.infinity : .infinity
  }

  /// The value where it is whole and fits; `nil` for a fraction or a number too large.
  package var integer: Int64? { Int64(text) ?? Int64(exactly: double) }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral,
  ExpressibleByNilLiteral
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(integerLiteral value: Int64) { self = .number(JSONNumber(value)) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  package init(nilLiteral: ()) { self = .null }

  /// A name given twice keeps its last value.
  package init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(Dictionary(elements) { $1 })
  }
}
