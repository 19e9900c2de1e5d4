/// Comparison whose time tells nothing about where two values differ (RFC 9700 §4.7.1).
package enum ConstantTime {
  /// Whether both hold the same bytes; only their lengths may show in the time taken.
  @inline(never)
  package static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    var difference: UInt8 = 0
    for index in left.indices { difference |= left[index] ^ right[index] }
    return difference == 0
  }

  /// Whether both are spelled with the same UTF-8 bytes.
  package static func equal(_ left: String, _ right: String) -> Bool {
    equal(Array(left.utf8), Array(right.utf8))
  }
}

extension String {
  /// Whether both texts have the same bytes, as "simple string comparison" wants it.
  ///
  /// Swift's `==` takes canonically equivalent texts for one, so U+212A would pass for `K`.
  func isIdentical(to other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
