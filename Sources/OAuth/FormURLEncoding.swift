/// One name and value of a form.
package struct FormParameter: Sendable, Hashable {
  package var name: String
  package var value: String

  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// Why a form could not be read.
package enum FormFault: Error, Equatable, CustomStringConvertible {
  case tooLong
  case tooManyParameters
  case badEncoding

  package var description: String {
    switch self {
    case .tooLong: "the form is longer than 1 MiB"
    case .tooManyParameters: "the form has more than 256 parameters"
    case .badEncoding: "the form has a broken percent-encoding or is not utf-8"
    }
  }
}

/// Parameters in their order, as `application/x-www-form-urlencoded` has them (RFC 6749 appendix B).
///
/// Repeated names are kept, so that whoever reads them can refuse them (RFC 6749 §3.1).
package struct FormParameters: Sendable, Hashable {
  /// The longest form that is read, in bytes: the limit of every body.
  package static let maximumLength = 1 << 20
  /// The most parameters read: each costs memory well beyond its bytes.
  package static let maximumCount = 256

  package private(set) var parameters: [FormParameter]

  package init(_ parameters: [FormParameter] = []) { self.parameters = parameters }

  /// Reads a body or the query of a URL; empty pieces between `&` are skipped.
  package init(decoding bytes: [UInt8]) throws(FormFault) {
    guard bytes.count <= Self.maximumLength else { throw .tooLong }
    let pieces = bytes.split(separator: UInt8(ascii: "&"), maxSplits: Self.maximumCount)
    guard pieces.count <= Self.maximumCount else { throw .tooManyParameters }
    parameters = []
    for piece in pieces {
      let halves = piece.split(
        separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = Self.decode(halves[0]),
        let value = Self.decode(halves.count > 1 ? halves[1] : [])
      else { throw .badEncoding }
      parameters.append(FormParameter(name, value))
    }
  }

  /// Reads a body or the query of a URL.
  package init(decoding text: String) throws(FormFault) {
    try self.init(decoding: Array(text.utf8))
  }

  package mutating func append(_ name: String, _ value: String) {
    parameters.append(FormParameter(name, value))
  }

  /// Every value the name stands with, in order.
  package func values(of name: String) -> [String] {
    parameters.compactMap { $0.name.isIdentical(to: name) ? $0.value : nil }
  }

  /// The first value of the name; `nil` when absent or empty, which mean the same (RFC 6749 §3.1).
  package func value(of name: String) -> String? {
    values(of: name).first.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Whether the name stands more than once, with whatever values.
  package func isRepeated(_ name: String) -> Bool { values(of: name).count > 1 }

  /// The names that stand more than once.
  package var repeatedNames: Set<String> {
    var seen: Set<String> = []
    return Set(parameters.map(\.name).filter { !seen.insert($0).inserted })
  }

  /// The form as one line of ASCII.
  package func encoded() -> String {
    parameters.map { "\(Self.encode($0.name))=\(Self.encode($0.value))" }.joined(separator: "&")
  }

  /// Encodes one name or value: unreserved characters stay, space is `+`, every other byte `%XX`.
  package static func encode(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var output: [UInt8] = []
    output.reserveCapacity(text.utf8.count)
    for byte in text.utf8 {
      if Grammar.isUnreserved(byte) {
        output.append(byte)
      } else if byte == UInt8(ascii: " ") {
        output.append(UInt8(ascii: "+"))
      } else {
        output += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 0x0F)]]
      }
    }
    return String(decoding: output, as: UTF8.self)
  }

  /// Decodes one name or value; `nil` for a broken percent-encoding or for bytes not UTF-8.
  package static func decode(_ text: String) -> String? { decode(Array(text.utf8)[...]) }

  private static func decode(_ bytes: ArraySlice<UInt8>) -> String? {
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count)
    var rest = bytes
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "+"): output.append(UInt8(ascii: " "))
      case UInt8(ascii: "%"):
        guard let high = rest.popFirst().flatMap(hexadecimal),
          let low = rest.popFirst().flatMap(hexadecimal)
        else { return nil }
        output.append(high << 4 | low)
      default: output.append(byte)
      }
    }
    return String(validating: output, as: UTF8.self)
  }

  /// The value of one hexadecimal digit.
  static func hexadecimal(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
  }
}

extension FormParameters: Sequence, ExpressibleByArrayLiteral {
  package init(arrayLiteral elements: FormParameter...) { self.init(elements) }

  package func makeIterator() -> IndexingIterator<[FormParameter]> { parameters.makeIterator() }
}
