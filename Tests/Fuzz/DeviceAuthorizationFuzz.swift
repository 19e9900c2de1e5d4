// modules: OAuth
import OAuth

private func request() -> DeviceAuthorizationRequest? {
  guard let endpoint = try? Endpoint("https://as.example/device") else { return nil }
  return try? DeviceAuthorizationRequest(
    scope: nil, client: Client(id: "client", authentication: .none), endpoint: endpoint)
}

/// What a person is shown and a program waits for stays within what can be shown and waited for.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzDeviceAuthorization(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let request = request() else { preconditionFailure("the fixture is broken") }
  let body = Array(UnsafeBufferPointer(start: start, count: count))
  for status in [200, 400] {
    let answer = EndpointAnswer(status: status, contentType: "application/json", body: body)
    let response = try? DeviceAuthorizationResponse(validating: answer, to: request, now: 0)
    guard let response else { continue }
    precondition(status == 200)
    precondition((1...64).contains(response.userCode.utf8.count))
    for text in [response.userCode, response.deviceCode] {
      precondition(text.utf8.allSatisfy { (0x20...0x7E).contains($0) })
    }
    let address = response.verificationURI
    precondition(address.scheme == .https || address.isLoopback)
    if let complete = response.verificationURIComplete {
      precondition(complete.isSameOrigin(as: address))
      precondition(complete.text.utf8.allSatisfy { (0x21...0x7E).contains($0) })
    }
    precondition((1...3600).contains(response.expiresIn))
    precondition((1...60).contains(response.interval))
  }
  return 0
}
