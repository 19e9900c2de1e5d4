import Attributes
import Configuration
import Testing

@testable import Command

@Suite struct FailureAdviceTests {
  private func advice(_ names: String...) -> FailureAdvice {
    FailureAdvice(
      accounts: names.compactMap { AccountName($0).map { AccountSettings(name: $0) } }, path: "/c")
  }

  private func unknown(_ name: String) -> Failure {
    Failure(.failed, "no account \(name) is configured", hint: "sallyport login \(name) …")
  }

  @Test func aMistypedNameIsNoInvitationToANewAccount() {
    #expect(FailureAdvice.isWanted(for: unknown("wrok")))
    #expect(
      advice("home", "work").applied(to: unknown("wrok"), of: "token")
        == Failure(
          .failed, "no account wrok is configured; did you mean work?", hint: "sallyport token work"
        ))
  }

  @Test func whereNoneIsNearTheAccountsAreListed() {
    let failure = advice("home", "work").applied(to: unknown("elsewhere"), of: "token")
    #expect(failure.description == "no account elsewhere is configured; there are home, work")
    #expect(failure.hint == unknown("elsewhere").hint)
    #expect(advice().applied(to: unknown("a"), of: "token") == unknown("a"))
  }

  @Test func whoWantsToSignOutWantsNoNewAccount() {
    let failure = advice("home", "work").applied(to: unknown("elsewhere"), of: "logout")
    #expect(failure.description == "no account elsewhere is configured; there are home, work")
    #expect(failure.hint == nil)
  }

  @Test func aNameThatIsAHostWasMeantAsAnAddress() {
    for advice in [advice(), advice("home")] {
      #expect(
        advice.applied(to: unknown("mcp.example.com"), of: "login").hint
          == "sallyport login https://mcp.example.com")
      for name in ["work", "v1.2", "a.b", "me@example.com", "a..com", "127.0.0.1", "a.b_c"] {
        #expect(advice.applied(to: unknown(name), of: "login").hint == unknown(name).hint)
      }
    }
  }

  @Test func aMissingClientHasAWayOut() {
    let failure = Failure(.failed, "work has no client_id")
    #expect(
      advice().applied(to: failure, of: "login").hint
        == "sallyport login work --issuer URL --client-id ID")
    #expect(
      advice("work").applied(to: failure, of: "login").hint
        == "add client_id = ID below [work] in /c")
  }

  @Test(arguments: [
    "nobody is signed in to work", "no account a b is configured", "x y has no client_id",
  ])
  func otherFailuresStayAsTheyAre(_ sentence: String) {
    let failure = Failure(.failed, sentence)
    #expect(!FailureAdvice.isWanted(for: failure))
    #expect(advice("work").applied(to: failure, of: "token") == failure)
  }
}
