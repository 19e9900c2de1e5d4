import OAuth
import Testing

@testable import Courier

/// Which registrations are deleted after a sign-in, and where (RFC 7592 §2.3).
@Suite struct RegistrationEndTests {
  @Test func formerClientStaysWhereNothingIsKept() throws {
    let fixture = try ResourceFixture()
    let run = try fixture.login(fixture.kept(["scope": "write"]) + ["once=yes"])
    let (block, status) = try fixture.complete(run)
    #expect(status == 0)
    #expect(block["registration.client_id"] == "registered")
    #expect(fixture.server.requests("/register/former").isEmpty)
  }

  @Test func clientIsNotDeletedWhereTheServerAloneSaysItIs() throws {
    let other = try FakeServer { _ in .status(204) }
    let fixture = try ResourceFixture([
      "/register": { _, _ in
        .json(
          #"{"client_id":"c","registration_access_token":"T","registration_client_uri":"#
            + #""\#(other.base)/index"}"#, status: 201)
      },
      "/token": { _, _ in .status(400) },
    ])
    let (_, status) = try fixture.complete(fixture.login())
    #expect(status != 0)
    #expect(other.requests.isEmpty)
  }

  @Test func clientOfASignInThatCannotBeginIsDeleted() throws {
    let fixture = try ResourceFixture([
      "/.well-known/openid-configuration": { _, base in
        .json(
          ResourceFixture.metadata(
            base,
            #""registration_endpoint":"BASE/register","dpop_signing_alg_values_supported":["X"]"#))
      }
    ])
    let (_, status) = try fixture.login(["dpop_bound_access_tokens=yes"]).end()
    #expect(status == 1)
    #expect(fixture.server.requests("/register").count == 1)
    #expect(fixture.server.requests("/register/registered").map(\.method) == ["DELETE"])
  }
}
