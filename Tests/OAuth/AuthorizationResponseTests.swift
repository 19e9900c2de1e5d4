import Testing

@testable import OAuth

/// A shape of `AuthorizationOutcome` that can be compared.
private enum Shape: Equatable {
  case notOurs(NotOurs)
  case refused(String, String?)
  case faulty(AuthorizationResponseFault)
  case code(String)
}

@Suite struct AuthorizationResponseTests {
  private let state: State
  private let issuer: Issuer

  init() throws {
    state = try anyState()
    issuer = try Issuer("https://as.example/as")
  }

  /// Judges a query in which `STATE` stands for the right state.
  private func judge(_ query: String, _ rule: IssuerRule? = nil) -> Shape {
    let query = query.split(separator: "STATE", omittingEmptySubsequences: false)
      .joined(separator: state.text)
    let rule = rule ?? .compared(issuer)
    return switch AuthorizationResponse.validate(query: query, state: state, issuer: rule) {
    case .notOurs(let reason): .notOurs(reason)
    case .refused(let error): .refused(error.code, error.errorDescription?.text)
    case .faulty(let fault): .faulty(fault)
    case .authorized(let response): .code(response.code)
    }
  }

  @Test(arguments: [
    "code=abc&state=STATE", "state=STATE&code=abc", "code=abc&state=STATE&session_state=1&foo[]=2",
    "code=abc&state=STATE&foo=1&foo=2", "code=abc&state=STATE&iss=https%3A%2F%2Fas.example%2Fas",
    "code=abc&state=STATE&iss=", "code=abc&state=STATE&error=", "&&code=a%62c&state=STATE&",
  ])
  func `an answer with the right state gives its code`(query: String) {
    #expect(judge(query) == .code("abc"))
  }

  @Test func `a code is decoded once`() {
    #expect(judge("code=a%2Bb+c%2525%26d%3D&state=STATE") == .code("a+b c%25&d="))
  }

  @Test(arguments: [
    ("code=abc", NotOurs.stateMissing), ("", .stateMissing), ("code=abc&state=", .stateMissing),
    ("code=abc&state=wrong", .stateWrong), ("code=abc&state=STATEx", .stateWrong),
    ("code=abc&state=%00STATE", .stateWrong), ("code=abc&state=+STATE", .stateWrong),
    ("code=abc&STATE=STATE", .stateMissing), ("code=abc&State=STATE", .stateMissing),
    ("error=access_denied", .stateMissing), ("error=access_denied&state=wrong", .stateWrong),
    ("error=access_denied&iss=https://evil.example&state=wrong", .stateWrong),
    ("code=a&code=b&state=wrong", .stateWrong),
    ("code=abc&state=STATE&state=STATE", .repeated("state")),
    ("code=abc&state=wrong&state=STATE", .repeated("state")),
    ("code=abc&state=&state=STATE", .repeated("state")),
    ("code=abc&state=STATE&st%61te=x", .repeated("state")),
    ("code=abc&code=abc&state=STATE", .repeated("code")),
    ("code=abc&code=&state=STATE", .repeated("code")),
    ("error=a&error=b&state=STATE", .repeated("error")),
    ("code=abc&iss=a&iss=b&state=STATE", .repeated("iss")),
    ("error=a&error_description=1&error_description=2&state=STATE", .repeated("error_description")),
    ("code=abc&state=%ff", .unreadable(.badEncoding)),
    ("code=%zz&state=STATE", .unreadable(.badEncoding)),
  ])
  func `a request that is not ours changes nothing`(query: String, reason: NotOurs) {
    #expect(judge(query) == .notOurs(reason))
  }

  @Test func `the server's error is believed once the state matches`() {
    #expect(
      judge("error=access_denied&error_description=no%1B[31m%0Away&state=STATE")
        == .refused("access_denied", "no way"))
    #expect(judge("error=server_error&state=STATE") == .refused("server_error", nil))
  }

  @Test(arguments: [
    ("code=abc&state=STATE&iss=https://evil.example", AuthorizationResponseFault.issuerWrong),
    ("code=abc&state=STATE&iss=https://as.example/as/", .issuerWrong),
    ("code=abc&state=STATE&iss=https://AS.example/as", .issuerWrong),
    ("error=access_denied&state=STATE&iss=https://evil.example", .issuerWrong),
    ("state=STATE", .codeMissing), ("code=&state=STATE", .codeMissing),
    ("code=abc&error=access_denied&state=STATE", .codeWithError),
    ("code=a%0Ab&state=STATE", .codeMalformed), ("code=a%00b&state=STATE", .codeMalformed),
    ("code=a%C3%A9&state=STATE", .codeMalformed), ("code=a%7F&state=STATE", .codeMalformed),
  ])
  func `an answer of ours that cannot be trusted ends the sign-in`(
    query: String, fault: AuthorizationResponseFault
  ) {
    #expect(judge(query) == .faulty(fault))
  }

  @Test func `a missing issuer counts where it is announced`() {
    #expect(judge("code=abc&state=STATE", .demanded(issuer)) == .faulty(.issuerMissing))
    #expect(judge("code=abc&state=STATE&iss=", .demanded(issuer)) == .faulty(.issuerMissing))
    #expect(judge("error=x&state=STATE", .demanded(issuer)) == .faulty(.issuerMissing))
    #expect(
      judge("code=abc&state=STATE&iss=https://as.example/as", .demanded(issuer)) == .code("abc"))
    #expect(
      judge("code=abc&state=STATE&iss=https://evil.example", .demanded(issuer))
        == .faulty(.issuerWrong))
    #expect(judge("code=abc&state=STATE&iss=https://any.example", .unknown) == .code("abc"))
  }
}
