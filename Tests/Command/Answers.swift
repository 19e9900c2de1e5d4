import Attributes
import Testing

@testable import Command

/// Hands a block with these lines to `body`.
func withBlock<R>(_ lines: String, _ body: (AttributeBlock) throws -> R) throws -> R {
  try Array(lines.utf8).withUnsafeBytes { try body(AttributeBlock($0)) }
}

/// What `format` makes of an answer.
func written(
  _ format: TokenFormat, _ lines: String, apiVersion: StaticString = TokenFormat.currentAPIVersion
) throws -> String {
  try withBlock(lines) { block in
    var buffer = WipedBuffer()
    try format.write(block, apiVersion: apiVersion, to: &buffer)
    return String(decoding: buffer.bytes, as: UTF8.self)
  }
}

/// The whole of a buffer as text.
func text(_ json: borrowing JSONText) -> String {
  String(decoding: json.buffer.bytes, as: UTF8.self)
}
