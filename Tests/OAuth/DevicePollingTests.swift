import Testing

@testable import OAuth

@Suite struct DevicePollingTests {
  private func polling(_ members: String = "") throws -> DevicePolling {
    DevicePolling(try deviceResponse(members), now: 1000)
  }

  private func error(_ code: String, status: Int = 400) -> EndpointFailure {
    .refused(OAuthError(code: code, status: status))
  }

  @Test func `the first poll is one interval after the answer`() throws {
    let polling = try polling()
    #expect(polling.step(now: 1000) == .wait(until: 1005))
    #expect(polling.step(now: 1004) == .wait(until: 1005))
    #expect(polling.step(now: 1005) == .poll)
  }

  @Test func `pending waits one interval from the answer on`() throws {
    var polling = try polling(#""interval": 7"#)
    try polling.receive(error("authorization_pending"), now: 1010)
    #expect(polling.step(now: 1016) == .wait(until: 1017))
    #expect(polling.step(now: 1017) == .poll)
    #expect(polling.interval == 7)
  }

  @Test func `slow_down adds five seconds for good`() throws {
    var polling = try polling()
    try polling.receive(error("slow_down"), now: 1005)
    #expect(polling.step(now: 1014) == .wait(until: 1015))
    try polling.receive(error("authorization_pending"), now: 1015)
    #expect(polling.step(now: 1024) == .wait(until: 1025))
    try polling.receive(error("slow_down", status: 429), now: 1025)
    #expect(polling.interval == 15)
    #expect(polling.step(now: 1039) == .wait(until: 1040))
  }

  @Test func `the end comes with the lifetime, and nobody waits beyond it`() throws {
    var polling = try polling()
    try polling.receive(error("authorization_pending"), now: 1597)
    #expect(polling.step(now: 1598) == .wait(until: 1600))
    #expect(polling.step(now: 1600) == .expired)
    #expect(polling.step(now: 1599) == .wait(until: 1600))
    #expect(polling.step(now: .max) == .expired)
  }

  @Test func `a server that always says slow_down does not outlast the lifetime`() throws {
    var polling = try polling()
    var now: Int64 = 1000
    var polls = 0
    while case .wait(let until) = polling.step(now: now) {
      now = until
      guard case .poll = polling.step(now: now) else { break }
      polls += 1
      try polling.receive(error("slow_down"), now: now)
    }
    #expect(now == 1600)
    #expect(polls == 14)
  }

  @Test func `a refusal by the person and a dead code are the end`() throws {
    var polling = try polling()
    #expect(throws: DevicePollingEnd.denied(OAuthError(code: "access_denied", status: 400))) {
      try polling.receive(error("access_denied"), now: 1005)
    }
    #expect(throws: DevicePollingEnd.expired) {
      try polling.receive(error("expired_token"), now: 1005)
    }
  }

  @Test(arguments: [
    EndpointFailure.refused(OAuthError(code: "invalid_grant", status: 400)),
    .refused(OAuthError(code: "invalid_client", status: 401)),
    .refused(OAuthError(code: "authorization_pendingx", status: 400)),
    .refusedWithoutReason(status: 400), .faulty(.redirect(status: 302)),
    .faulty(.missing("access_token")),
  ])
  func `every other refusal is the end and keeps its reason`(failure: EndpointFailure) throws {
    var polling = try polling()
    #expect(throws: DevicePollingEnd.failed(failure)) { try polling.receive(failure, now: 1005) }
  }

  @Test func `network errors double the wait up to a minute, and an answer ends that`() throws {
    var polling = try polling()
    for wait in [10, 20, 40, 60, 60, 60, 60, 60] as [Int64] {
      polling.lostConnection(now: 1000)
      #expect(polling.step(now: 1000) == .wait(until: 1000 + wait))
    }
    try polling.receive(error("authorization_pending"), now: 1100)
    #expect(polling.step(now: 1100) == .wait(until: 1105))
    polling.lostConnection(now: 1105)
    #expect(polling.step(now: 1105) == .wait(until: 1115))
  }

  @Test func `a long interval is not shortened by the bound of the back-off`() throws {
    var polling = try polling(#""interval": 60"#)
    try polling.receive(error("slow_down"), now: 1060)
    polling.lostConnection(now: 1200)
    #expect(polling.step(now: 1200) == .wait(until: 1265))
  }

  @Test func `trouble of the server is no end, and its wish to wait is heard`() throws {
    var polling = try polling()
    try polling.receive(.unavailable(status: 503, retryAfter: nil), now: 1005)
    #expect(polling.step(now: 1005) == .wait(until: 1015))
    try polling.receive(.unavailable(status: 429, retryAfter: 90), now: 1020)
    #expect(polling.step(now: 1020) == .wait(until: 1110))
    try polling.receive(error("temporarily_unavailable"), now: 1110)
    #expect(polling.step(now: 1110) == .wait(until: 1150))
    #expect(polling.interval == 5)
  }

  @Test func `pending with the status of a trouble is pending`() throws {
    var polling = try polling()
    try polling.receive(error("authorization_pending", status: 503), now: 1005)
    #expect(polling.step(now: 1005) == .wait(until: 1010))
  }
}
