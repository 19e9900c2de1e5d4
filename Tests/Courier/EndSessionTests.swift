import Glibc
import HTTP1
import OAuth
import Platform
import Testing

@testable import Courier

/// The doors a browser passes at a sign-out.
@Suite struct EndSessionTests {
  private func judge(
    _ path: String, method: String = "GET", query: String? = nil, host: String = "127.0.0.1:3000",
    by rules: VisitRules
  ) -> String {
    let request = Request(
      method: method, target: path, path: path, query: query, host: host, fields: [:], body: [],
      keepsAlive: true)
    switch rules.judge(request) {
    case .refused(let refusal): return "\(refusal.status)"
    case .resultPage: return "page"
    case .answer: return "visit"
    }
  }

  @Test func onlyTheAddressItselfIsAVisit() throws {
    let rules = VisitRules(place: try RedirectURI("http://127.0.0.1:3000/end-session/secret"))
    #expect(judge("/end-session/secret", by: rules) == "visit")
    #expect(judge("/end-session/secre", by: rules) == "404")
    #expect(judge("/end-session/SECRET", by: rules) == "404")
    #expect(judge("/end-session/secret", method: "POST", by: rules) == "405")
    #expect(judge("/end-session/secret", method: "HEAD", by: rules) == "405")
    #expect(judge("/end-session/secret", host: "evil.example:3000", by: rules) == "421")
    #expect(rules.postPath == nil)
  }

  @Test func returnHasToBringTheState() throws {
    let state = State(try Entropy.fresh())
    let rules = VisitRules(
      place: try RedirectURI("http://127.0.0.1:3000/out"), state: state, resultPath: "/page")
    #expect(judge("/out", query: "state=\(state.text)", by: rules) == "visit")
    #expect(judge("/out", query: "state=other", by: rules) == "400")
    #expect(judge("/out", query: "state=\(state.text)&state=\(state.text)", by: rules) == "400")
    #expect(judge("/out", by: rules) == "400")
    #expect(judge("/page", by: rules) == "page")
  }

  @Test func oneBrowserIsLedOnAndTheNextFindsNothing() throws {
    let server = try FakeServer { _ in .status(404) }
    let run = try CourierRun([
      "job=end-session", "account=work", "client_id=client", "timeout=20",
      "session.client_id=client", "session.token_endpoint=\(server.base)/token",
      "session.end_session_endpoint=\(server.base)/end?a=b", "secret.id_token=header.claims.mac",
    ])
    let url = try #require(try run.next("end-session")["url"])
    #expect(!url.contains("header.claims.mac"))
    let place = try RedirectURI(url)
    guard case .loopbackAddress(.v4, let port?, let path) = place.kind else {
      throw TestFault("nothing is listened to: \(url)")
    }
    let browser = Browser(port: port)
    let answer = try browser.get(path, host: "127.0.0.1:\(port)")
    #expect(answer?.status == 303)
    #expect(answer?.fields["Cache-Control"] == "no-store")
    #expect(answer?.fields["Referrer-Policy"] == "no-referrer")
    let location = try #require(answer?.fields["Location"])
    #expect(
      location == "\(server.base)/end?a=b&id_token_hint=header.claims.mac&client_id=client")
    #expect(try run.end().status == 0)
  }

  @Test func serverWithoutTheEndpointIsNamed() throws {
    let run = try CourierRun([
      "job=end-session", "account=work", "client_id=client", "session.client_id=client",
      "session.token_endpoint=http://127.0.0.1:1/token",
    ])
    let (block, status) = try run.end()
    #expect(status == 1)
    #expect(block["error_description"]?.contains("end_session_endpoint") == true)
  }

  /// Every user can read the browser's command line, and would be given an ID token.
  @Test func nobodyIsLedOnWhereUsersCannotBeToldApart() throws {
    let job = try ClientFixture.job([
      "client_id=client", "timeout=20", "session.client_id=client",
      "session.token_endpoint=http://127.0.0.1:1/token", "secret.id_token=header.claims.mac",
      "session.end_session_endpoint=http://127.0.0.1:1/end",
    ])
    let (own, other) = try DescriptorPair.sockets().take()
    let reader = Descriptor(owning: own)
    let background = try Background { () -> String? in
      defer { close(other) }
      let endSession = EndSessionJob(
        job: job, answer: Answer(descriptor: other), output: other, environment: Environment([:]),
        peers: PeerRule(source: .tables(ProcSockets(folder: "/nonexistent"))))
      do throws(CourierFailure) {
        try endSession.run()
        return nil
      } catch { return error.failure.description }
    }
    let block = CourierRun.Block(Sockets.read(reader.number))
    let place = try RedirectURI(try #require(block["url"]))
    guard case .loopbackAddress(.v4, let port?, let path) = place.kind else {
      throw TestFault("nothing is listened to: \(place)")
    }
    let answer = try? Browser(port: port).get(path, host: "127.0.0.1:\(port)")
    #expect(answer?.fields["Location"] == nil)
    let failure = try #require(background.value(by: BootInstant.now.adding(seconds: 20)))
    #expect(failure?.contains("it cannot be told which user has come") == true)
  }
}
