/// Why a text is not the JSON that was asked for.
package enum JSONFault: Error, Equatable, CustomStringConvertible {
  case tooLong
  case tooDeep
  case malformed
  case notUTF8
  case repeatedName(String)
  case notAnObject

  package var description: String {
    switch self {
    case .tooLong: "the json is longer than 1 MiB"
    case .tooDeep: "the json is nested more than 64 levels deep"
    case .malformed: "the text is not well-formed json"
    case .notUTF8: "the json holds text that is not valid unicode"
    case .repeatedName(let name): "the json has \"\(PrintableText(name))\" twice in one object"
    case .notAnObject: "the json is not an object"
    }
  }
}

extension JSONValue {
  /// The longest text that is read, in bytes: the limit of every body.
  package static let maximumLength = 1 << 20
  /// The deepest nesting that is read: documents of OAuth need four levels, the stack bears many.
  package static let maximumDepth = 64

  /// Reads one JSON text, strictly by RFC 8259 and with names unique in each object.
  ///
  /// Names given twice are refused because readers differ in which they take; RFC 7515 §4 and
  /// RFC 7519 §4 ask for that where signed texts are concerned.
  package init(parsing bytes: [UInt8]) throws(JSONFault) {
    guard bytes.count <= Self.maximumLength else { throw .tooLong }
    var reader = JSONReader(bytes: bytes)
    self = try reader.document()
  }

  /// Reads one JSON text whose top level must be an object.
  package static func object(parsing bytes: [UInt8]) throws(JSONFault) -> [String: JSONValue] {
    guard let object = try JSONValue(parsing: bytes).objectValue else { throw .notAnObject }
    return object
  }
}

/// A recursive descent over the bytes of one text.
private struct JSONReader {
  private let bytes: [UInt8]
  private var position = 0
  private var depth = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  mutating func document() throws(JSONFault) -> JSONValue {
    skipSpace()
    let value = try value()
    skipSpace()
    guard next == nil else { throw .malformed }
    return value
  }

  private mutating func value() throws(JSONFault) -> JSONValue {
    switch next {
    case UInt8(ascii: "{"): return try nested { reader throws(JSONFault) in try reader.object() }
    case UInt8(ascii: "["): return try nested { reader throws(JSONFault) in try reader.array() }
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return .number(try number())
    }
  }

  private mutating func nested(
    _ body: (inout JSONReader) throws(JSONFault) -> JSONValue
  ) throws(JSONFault) -> JSONValue {
    guard depth < JSONValue.maximumDepth else { throw .tooDeep }
    depth += 1
    position += 1
    let value = try body(&self)
    depth -= 1
    return value
  }

  private mutating func object() throws(JSONFault) -> JSONValue {
    var members: [String: JSONValue] = [:]
    skipSpace()
    if take(UInt8(ascii: "}")) { return .object(members) }
    repeat {
      skipSpace()
      let name = try string()
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw .malformed }
      skipSpace()
      guard members.updateValue(try value(), forKey: name) == nil else {
        throw .repeatedName(name)
      }
      skipSpace()
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "}")) else { throw .malformed }
    return .object(members)
  }

  private mutating func array() throws(JSONFault) -> JSONValue {
    var elements: [JSONValue] = []
    skipSpace()
    if take(UInt8(ascii: "]")) { return .array(elements) }
    repeat {
      skipSpace()
      elements.append(try value())
      skipSpace()
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "]")) else { throw .malformed }
    return .array(elements)
  }

  private mutating func word(_ word: String, _ value: JSONValue) throws(JSONFault) -> JSONValue {
    guard bytes[position...].starts(with: word.utf8) else { throw .malformed }
    position += word.utf8.count
    return value
  }

  private mutating func number() throws(JSONFault) -> JSONNumber {
    let start = position
    _ = take(UInt8(ascii: "-"))
    // A leading zero stands alone (RFC 8259 §6).
    if !take(UInt8(ascii: "0")) { try digits() }
    if take(UInt8(ascii: ".")) { try digits() }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      _ = take(UInt8(ascii: "+")) || take(UInt8(ascii: "-"))
      try digits()
    }
    return JSONNumber(checked: String(decoding: bytes[start..<position], as: UTF8.self))
  }

  private mutating func digits() throws(JSONFault) {
    let start = position
    while let byte = next, Grammar.isDigit(byte) { position += 1 }
    guard position > start else { throw .malformed }
  }

  private mutating func string() throws(JSONFault) -> String {
    guard take(UInt8(ascii: "\"")) else { throw .malformed }
    var text: [UInt8] = []
    while let byte = next {
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: text, as: UTF8.self) else { throw .notUTF8 }
        return text
      case UInt8(ascii: "\\"): try escape(into: &text)
      case 0x00..<0x20: throw .malformed
      default: text.append(byte)
      }
    }
    throw .malformed
  }

  private mutating func escape(into text: inout [UInt8]) throws(JSONFault) {
    guard let byte = next else { throw .malformed }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"): text += Array(String(try scalar()).utf8)
    default: throw .malformed
    }
  }

  /// The scalar behind `\u`: one unit, or a pair of surrogates; a lone surrogate is refused.
  private mutating func scalar() throws(JSONFault) -> Unicode.Scalar {
    let high = try unit()
    if let scalar = Unicode.Scalar(high) { return scalar }
    guard UTF16.isLeadSurrogate(high), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
      throw .notUTF8
    }
    let low = try unit()
    guard UTF16.isTrailSurrogate(low) else { throw .notUTF8 }
    let value = 0x10000 + (UInt32(high) - 0xD800) << 10 + (UInt32(low) - 0xDC00)
    guard let scalar = Unicode.Scalar(value) else { throw .notUTF8 }
    return scalar
  }

  private mutating func unit() throws(JSONFault) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let digit = next.flatMap(FormParameters.hexadecimal) else { throw .malformed }
      position += 1
      unit = unit << 4 | UInt16(digit)
    }
    return unit
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
  }
}
