import Attributes
import Secrets
import Testing

@testable import Agent

@Suite("An account on its way out, as pure state")
struct DepartureTests {
  private let pool = SecretPool()
  private let account: Account

  init() throws {
    account = Account(name: try accountName("work"))
    _ = account.signedIn(try makeSession(pool: pool))
  }

  private func register() throws {
    account.registration = ClientRegistration(
      lines: [], settings: SignInSettings(name: account.name, section: nil, overrides: []))
  }

  private func departure(browser: Bool = false, all: Bool = false) -> Departure {
    let departure = Departure(account)
    departure.add(Logout(connection: 1, hasBrowser: browser, endsRegistration: all))
    return departure
  }

  private func steps(_ departure: Departure) -> [Departure.Step] {
    var steps: [Departure.Step] = []
    while let step = departure.next() { steps.append(step) }
    return steps
  }

  @Test func theServerIsToldInOneOrder() throws {
    try register()
    #expect(steps(departure()) == [.revoke])
    #expect(steps(departure(browser: true)) == [.revoke, .endSession])
    #expect(steps(departure(all: true)) == [.revoke, .unregister])
    #expect(steps(departure(browser: true, all: true)) == [.revoke, .endSession, .unregister])
  }

  @Test func whereThereIsNothingThereIsNothingToTell() throws {
    #expect(steps(departure(all: true)) == [.revoke], "no client was registered")
    _ = account.forget()
    #expect(steps(departure(browser: true, all: true)) == [])
    try register()
    #expect(steps(departure(browser: true, all: true)) == [.unregister])
  }

  @Test func whoComesLaterAddsWhatHeWants() throws {
    try register()
    let departure = departure()
    #expect(departure.next() == .revoke)
    departure.add(Logout(connection: 2, hasBrowser: true, endsRegistration: true))
    #expect(steps(departure) == [.endSession, .unregister])
  }

  @Test func aSessionTheServerHasEndedIsNotRevoked() throws {
    let departure = departure()
    departure.sessionHasEnded()
    #expect(steps(departure) == [])
    #expect(departure.session == nil)
  }

  @Test(arguments: [
    (FailureCode.temporarilyUnavailable, true), (.failed, false), (.accessDenied, false),
  ])
  func onlyForWantOfANetworkTheRegistrationStays(code: FailureCode, stays: Bool) throws {
    let departure = departure(all: true)
    departure.ended(.unregister, .refused(CourierRefusal(Failure(code, "no"))))
    #expect(departure.keepsRegistration == stays)
    #expect(!departure.isDeleted)
    #expect(departure.warnings.count == 1)
    #expect(departure.warnings[0].hasPrefix("the server has not deleted the client's registration"))
  }

  @Test func whatHasWorkedIsTold() throws {
    let departure = departure(all: true)
    #expect(departure.keepsRegistration)
    try withBlock("event=done\nrevoked=yes\n") { departure.ended(.revoke, .done($0)) }
    try withBlock("event=done\ndeleted=yes\nwarning[]=mind\n") {
      departure.ended(.unregister, .done($0))
    }
    #expect(departure.isRevoked && departure.isDeleted && !departure.keepsRegistration)
    #expect(departure.warnings == ["mind"])
  }
}
