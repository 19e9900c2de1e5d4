// modules: OAuth
import OAuth

private let resource = try? Endpoint("https://mcp.example/api")

/// What a resource at the address says: its challenge, then its metadata.
private func checkMetadata(_ body: [UInt8]) {
  guard let resource else { return }
  let asked = ProtectedResource(resource)
  let strict = try? ProtectedResourceMetadata(validating: body, of: asked)
  if let strict { precondition(strict.resource.text == resource.text) }
  guard let found = try? ProtectedResourceMetadata(validating: body, of: asked, rule: .covering)
  else { return precondition(strict == nil) }
  precondition(asked.isCovered(by: found.resource.text) || strict != nil)
  precondition((1...16).contains(found.authorizationServers.count))
  for server in found.authorizationServers {
    precondition(server.endpoint.scheme == .https || server.endpoint.isLoopback)
  }
}

/// The lines are `WWW-Authenticate` fields, and what stands behind an empty one is the metadata:
/// fields are read one by one, and nothing is taken from them that could not be sent or shown.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzChallenge(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let lines = UnsafeBufferPointer(start: start, count: count).split(
    separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
  let fields = lines.prefix { !$0.isEmpty }.map { String(decoding: $0, as: UTF8.self) }
  checkMetadata(Array(lines.dropFirst(fields.count + 1).joined(separator: [UInt8(ascii: "\n")])))

  if let all = try? AuthenticationChallenge.parse(fields) {
    let singly = fields.compactMap { try? AuthenticationChallenge.parse([$0]) }
    precondition(singly.count == fields.count && Array(singly.joined()) == all)
    precondition(all.count <= 32)
    for challenge in all {
      precondition(challenge.parameters.count <= 32)
      precondition(challenge.parameters.keys.allSatisfy { $0 == $0.lowercased() })
    }
  }
  if let challenge = try? ResourceChallenge(fields: fields) {
    if let address = challenge.resourceMetadata {
      precondition(address.scheme == .https || address.isLoopback)
      precondition(address.text.utf8.allSatisfy { (0x21...0x7E).contains($0) })
    }
    precondition(challenge.scope?.text.utf8.allSatisfy { (0x20...0x7E).contains($0) } ?? true)
    if case .authentication(let stepUp) = challenge.demand {
      precondition((stepUp.maximumAge ?? 0) >= 0)
    }
  }
  return 0
}
