import HTTP1
import OAuth
import Testing

@testable import Courier

/// What a request to the listener means in each response mode.
@Suite struct AnswerRuleTests {
  private let state: State
  private let redirectURI: RedirectURI

  init() throws {
    state = State(try Entropy.fresh())
    redirectURI = try RedirectURI("http://localhost:3000/callback")
  }

  private func rules(isPosted: Bool, proof: AnswerRule.Proof = .plain(.unknown)) -> CallbackRules {
    CallbackRules(
      redirectURI: redirectURI,
      answer: AnswerRule(state: state, isPosted: isPosted, proof: proof), resultPath: "/finished/1")
  }

  private func request(
    _ method: String, query: String? = nil, body: String = "", type: String? = nil
  ) -> Request {
    var fields = HeaderFields()
    if let type { fields.append("Content-Type", type) }
    return Request(
      method: method, target: "/callback", path: "/callback", query: query, host: "localhost:3000",
      fields: fields, body: Array(body.utf8), keepsAlive: true)
  }

  private var form: String { "code=C&state=\(state.text)" }
  private let formType = "application/x-www-form-urlencoded"

  private func refusal(_ verdict: ListenerVerdict<JudgedAnswer>) -> ListenerRefusal? {
    if case .refused(let refusal) = verdict { refusal } else { nil }
  }

  private func code(_ verdict: ListenerVerdict<JudgedAnswer>) -> String? {
    guard case .answer(let judged) = verdict, case .authorized(let response) = judged.outcome else {
      return nil
    }
    return response.code
  }

  @Test func formIsTheAnswerWhereOneIsAskedFor() {
    let verdict = rules(isPosted: true).judge(request("POST", body: form, type: formType))
    #expect(code(verdict) == "C")
  }

  @Test func addressIsNoAnswerThen() {
    let rules = rules(isPosted: true)
    let refusal = refusal(rules.judge(request("GET", query: form)))
    #expect(refusal?.status == 405)
    #expect(refusal?.allowedMethod == "POST")
    #expect(self.refusal(rules.judge(request("POST", query: form, type: formType)))?.status == 400)
  }

  @Test func formIsNoAnswerOtherwise() {
    let rules = rules(isPosted: false)
    let refusal = refusal(rules.judge(request("POST", body: form, type: formType)))
    #expect(refusal?.status == 405)
    #expect(refusal?.allowedMethod == "GET")
    #expect(code(rules.judge(request("GET", query: form))) == "C")
    #expect(rules.postPath == nil)
  }

  @Test(
    "is not taken for a form", arguments: [nil, "text/plain", "multipart/form-data; boundary=x"])
  func contentType(_ type: String?) {
    let verdict = rules(isPosted: true).judge(request("POST", body: form, type: type))
    #expect(refusal(verdict)?.status == 400)
  }

  @Test func resultPageIsFetchedByGetInEveryMode() {
    for isPosted in [false, true] {
      var request = request("GET")
      request.path = "/finished/1"
      guard case .resultPage = rules(isPosted: isPosted).judge(request) else {
        Issue.record("the page was not given")
        continue
      }
      request.method = "POST"
      #expect(refusal(rules(isPosted: isPosted).judge(request))?.allowedMethod == "GET")
    }
  }

  @Test func formCannotBePasted() {
    let url = "http://localhost:3000/callback?\(form)"
    #expect(refusal(rules(isPosted: true).judge(pasted: url)) != nil)
    #expect(code(rules(isPosted: false).judge(pasted: url)) == "C")
  }

  @Test func plainAnswerIsFinalWhereASignedOneWasAskedFor() throws {
    let expectation = SignedTokenExpectation(
      issuer: try Issuer("https://server.example"), clientID: "client")
    let rules = rules(isPosted: false, proof: .signed(expectation, .none))
    guard case .answer(let judged) = rules.judge(request("GET", query: form)),
      case .faulty(.notSigned) = judged.outcome
    else { throw TestFault("it was taken") }
    #expect(!judged.isCuredByFreshKeys)
    let foreign = rules.judge(request("GET", query: "code=C&state=other"))
    #expect(refusal(foreign)?.status == 400)
  }

  @Test func signedAnswerByAnUnknownKeyMayBeCured() throws {
    let expectation = SignedTokenExpectation(
      issuer: try Issuer("https://server.example"), clientID: "client")
    let rules = rules(isPosted: false, proof: .signed(expectation, .none))
    let token = JWS.compact(
      header: ["alg": "ES256", "kid": "new"], payload: ["state": .string(state.text)]
    ) { _ in [UInt8](repeating: 1, count: 64) }
    guard case .answer(let judged) = rules.judge(request("GET", query: "response=\(token)")) else {
      throw TestFault("it was refused")
    }
    #expect(judged.isCuredByFreshKeys)
  }
}
