import Attributes
import Glibc

/// A passphrase a person has given: bytes that fit a line of the wire, wiped at the end.
struct Passphrase: ~Copyable {
  /// Bytes of a passphrase: a page of a book is shorter, and a terminal hands on four times as much.
  static let longest = 1024

  /// Bytes below which a passphrase can be tried out by whoever has a copy of the file.
  static let shortest = 8

  private let buffer: WipedBuffer

  /// What is wrong with a passphrase; nothing of it is repeated.
  enum Fault: Error, Equatable {
    case empty
    case tooLong
    case newline
    case nul
    /// The same passphrase of a terminal with another encoding would be another one.
    case notUTF8

    /// Lower case, no full stop.
    var sentence: String {
      switch self {
      case .empty: "the passphrase is empty"
      case .tooLong: "the passphrase is longer than \(Passphrase.longest) bytes"
      case .newline: "the passphrase has more than one line"
      case .nul: "the passphrase holds a NUL byte"
      case .notUTF8: "the passphrase is not UTF-8"
      }
    }
  }

  /// Takes what was typed or printed, without the line end that only ends it.
  init(_ line: consuming WipedBuffer) throws(Fault) {
    var line = line
    if line.bytes.last == UInt8(ascii: "\n") { line.truncate(to: line.count - 1) }
    if line.bytes.last == UInt8(ascii: "\r") { line.truncate(to: line.count - 1) }
    let bytes = line.bytes
    guard !bytes.isEmpty else { throw .empty }
    guard bytes.count <= Self.longest else { throw .tooLong }
    guard !bytes.contains(where: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) else {
      throw .newline
    }
    guard !bytes.contains(0) else { throw .nul }
    guard Self.isUTF8(bytes) else { throw .notUTF8 }
    buffer = line
  }

  /// Found without making a String, of which a copy would stay in memory.
  private static func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    while true {
      switch decoder.decode(&iterator) {
      case .scalarValue: continue
      case .emptyInput: return true
      case .error: return false
      }
    }
  }

  /// Valid as long as the passphrase is.
  var bytes: UnsafeRawBufferPointer { buffer.bytes }

  var isShort: Bool { bytes.count < Self.shortest }

  func isSame(as other: borrowing Passphrase) -> Bool {
    bytes.count == other.bytes.count && bytes.elementsEqual(other.bytes)
  }
}

extension Request {
  /// Adds `passphrase=`.
  mutating func add(_ passphrase: borrowing Passphrase) throws(Failure) {
    try add("passphrase", secret: passphrase.bytes)
  }
}
