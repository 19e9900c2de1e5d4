// modules: HTTP1 OAuth
import HTTP1
import OAuth

private let path = "/callback"
// Bytes, small enough that the fuzzer meets the limit.
private let maximumBodyLength = 256

/// The requests in `bytes` cut into pieces of `size`, and how reading them ended.
private func verdicts(
  on bytes: UnsafeBufferPointer<UInt8>, inPiecesOf size: Int
) -> [RequestParser.Progress] {
  var parser = RequestParser(body: .readPosts(path: path, limit: maximumBodyLength))
  var verdicts: [RequestParser.Progress] = []
  for start in stride(from: 0, to: bytes.count, by: size) {
    var verdict = parser.feed(bytes[start..<min(start + size, bytes.count)])
    while case .request(let request) = verdict {
      verdicts.append(verdict)
      // Content that was left unread may come next: the connection ends here.
      guard request.keepsAlive else { return verdicts }
      verdict = parser.feed([])
    }
    if case .reject = verdict { return verdicts + [verdict] }
  }
  return verdicts
}

private func check(_ request: Request, _ state: State, _ issuer: Issuer) {
  let isMeant = request.method == "POST" && request.path == path
  precondition(isMeant || request.body.isEmpty)
  precondition(request.body.count <= maximumBodyLength)
  let outcome = AuthorizationResponse.validate(
    form: request.body, contentType: request.fields["Content-Type"], state: state,
    issuer: .demanded(issuer))
  guard case .authorized(let response) = outcome else { return }
  precondition(isMeant)
  precondition(response.code.utf8.allSatisfy { (0x20...0x7E).contains($0) })
  guard let form = try? FormParameters(decoding: request.body) else {
    preconditionFailure("a form was taken that cannot be read")
  }
  precondition(form.values(of: "state") == [state.text])
  precondition(form.values(of: "iss") == [issuer.text])
  precondition(form.values(of: "code") == [response.code])
}

/// Content is read of a form to the one path alone, however the bytes are cut; and an answer is
/// taken only with the one state, issuer and code that it says.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPostedAnswer(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = UnsafeBufferPointer(start: start, count: count)
  guard let first = bytes.first else { return 0 }
  guard let entropy = Entropy([UInt8](repeating: 0, count: Entropy.length)),
    let issuer = try? Issuer("https://as.example")
  else { preconditionFailure("the fixture is broken") }
  let state = State(entropy)
  let whole = verdicts(on: bytes, inPiecesOf: count)
  precondition(whole == verdicts(on: bytes, inPiecesOf: 1 + Int(first) % 16))
  for case .request(let request) in whole { check(request, state, issuer) }
  return 0
}
