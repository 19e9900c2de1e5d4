// modules: HTTP1
import HTTP1

// Bytes limits, small enough that the fuzzer meets them.
private let maximumHeadLength = 512
private let maximumBodyLength = 256

/// The verdict on `bytes` cut into pieces of `size`, and on the end after them.
private func verdict(
  on bytes: Slice<UnsafeBufferPointer<UInt8>>, inPiecesOf size: Int, method: String
) -> ResponseParser.Progress {
  var parser = ResponseParser(
    answering: method, maximumHeadLength: maximumHeadLength, maximumBodyLength: maximumBodyLength)
  for start in stride(from: bytes.startIndex, to: bytes.endIndex, by: size) {
    let verdict = parser.feed(bytes[start..<min(start + size, bytes.endIndex)])
    if verdict != .needMore { return verdict }
  }
  return parser.finishedByPeer()
}

/// The first byte chooses the method and the cut; the verdict does not depend on the cut.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzResponseParser(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = UnsafeBufferPointer(start: start, count: count)
  guard let first = bytes.first else { return 0 }
  let method = ["GET", "HEAD", "CONNECT", "POST"][Int(first) % 4]
  let answer = bytes.dropFirst()
  let whole = verdict(on: answer, inPiecesOf: max(answer.count, 1), method: method)
  precondition(whole == verdict(on: answer, inPiecesOf: 1 + Int(first) / 4 % 16, method: method))
  precondition(whole != .needMore)
  guard case .response(let response) = whole else { return 0 }
  precondition(response.body.count <= maximumBodyLength)
  precondition((200...599).contains(response.status))
  for field in response.fields.fields {
    precondition(!(field.name + field.value).utf8.contains { $0 == 10 || $0 == 13 || $0 == 0 })
  }
  return 0
}
