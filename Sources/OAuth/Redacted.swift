/// A value that shows nothing of itself when it is printed, interpolated or dumped.
///
/// Codes, verifiers, tokens and secrets reach logs by accident, not by intent (CWE-532).
package protocol Redacted: CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{}

extension Redacted {
  package var description: String { "\(Self.self) (redacted)" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
