// modules: Attributes
import Attributes

/// The first verdict on `bytes` that come in pieces of `size`.
private func verdict(
  on bytes: UnsafeRawBufferPointer, inPiecesOf size: Int
) -> BlockScanner.Result {
  var scanner = BlockScanner()
  var end = 0
  while end < bytes.count {
    end = min(end + size, bytes.count)
    let verdict = scanner.scan(UnsafeRawBufferPointer(rebasing: bytes[..<end]))
    if verdict != .incomplete { return verdict }
  }
  return .incomplete
}

/// The lines of a block, written anew; nil when the bytes are no block.
private func rewritten(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
  guard let block = try? AttributeBlock(bytes) else { return nil }
  var copy: [UInt8] = []
  block.visit { key, isList, value in
    precondition(!value.contains(0) && !value.contains(UInt8(ascii: "\n")))
    // A line that was read can be written, but for a key that writing would turn into a list.
    try! copy.append(key: key, isList: isList, value: value)
  }
  copy.endBlock()
  return copy
}

/// However the bytes are cut, the block ends at the same place; what was read is written back the
/// same; and what stands behind a block changes nothing of it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzAttributes(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = UnsafeRawBufferPointer(start: start, count: count)
  guard let first = bytes.first else { return 0 }
  let whole = verdict(on: bytes, inPiecesOf: count)
  precondition(whole == verdict(on: bytes, inPiecesOf: 1 + Int(first) % 16))
  let copy = rewritten(bytes)
  if let copy {
    copy.withUnsafeBytes { again in
      precondition(rewritten(again) == copy)
      precondition(verdict(on: again, inPiecesOf: again.count) == .complete(length: copy.count))
    }
  }
  if case .complete(let length) = whole {
    precondition(copy == rewritten(UnsafeRawBufferPointer(rebasing: bytes[..<length])))
    if let copy { precondition(bytes[..<length].elementsEqual(copy)) }
  }
  return 0
}
