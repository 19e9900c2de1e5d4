/// Text of unknown origin as it may reach a terminal: one line, no control, no bidi character.
///
/// A server's error text must not move the cursor, forge a line or turn the reading direction
/// (CWE-150, CVE-2024-52005).
package func printable(_ text: String, limit: Int = 500) -> String {
  var result = ""
  var count = 0
  for scalar in text.unicodeScalars {
    if count == limit { return result + "…" }
    result.unicodeScalars.append(isPrintable(scalar) ? scalar : " ")
    count += 1
  }
  return result
}

private func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0x20...0x7E: true
  case 0x7F...0x9F: false  // DEL and the C1 controls, CSI among them
  // Zero width, bidi, line separators.
  case 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F: false
  case 0x061C, 0xFEFF, 0xFFF9...0xFFFB, 0xE0000...0xE0FFF: false
  default: scalar.value > 0x9F
  }
}
