// modules: HTTP1
import HTTP1

// Bytes limits, small enough that the fuzzer meets them.
private let maximumHeadLength = 512
private let maximumBodyLength = 64

/// The verdicts on `bytes` cut into pieces of `size`, request after request.
private func verdicts(
  on bytes: UnsafeBufferPointer<UInt8>, inPiecesOf size: Int
) -> [RequestParser.Progress] {
  var parser = RequestParser(
    body: .read(limit: maximumBodyLength), maximumHeadLength: maximumHeadLength)
  var verdicts: [RequestParser.Progress] = []
  for start in stride(from: 0, to: bytes.count, by: size) {
    var verdict = parser.feed(bytes[start..<min(start + size, bytes.count)])
    while case .request = verdict {
      verdicts.append(verdict)
      verdict = parser.feed([])
    }
    if case .reject = verdict { return verdicts + [verdict] }
  }
  return verdicts
}

/// However the bytes are cut, the verdicts are the same, and what is accepted keeps the limits.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzRequestParser(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = UnsafeBufferPointer(start: start, count: count)
  guard let first = bytes.first else { return 0 }
  let whole = verdicts(on: bytes, inPiecesOf: count)
  precondition(whole == verdicts(on: bytes, inPiecesOf: 1 + Int(first) % 16))
  for case .request(let request) in whole {
    precondition(request.body.count <= maximumBodyLength)
    precondition(!request.host.isEmpty && !request.method.isEmpty && !request.target.isEmpty)
    for field in request.fields.fields {
      precondition(!(field.name + field.value).utf8.contains { $0 == 10 || $0 == 13 || $0 == 0 })
    }
  }
  return 0
}
