import Secrets
import Testing

@testable import Agent

@Suite("Jobs that wait for a place")
struct JobQueueTests {
  private let pool = SecretPool()

  private func account(_ name: String) throws -> Account {
    let account = Account(name: try accountName(name))
    _ = account.signedIn(try makeSession(pool: pool))
    return account
  }

  private func refresh(_ account: Account) throws -> CourierJob {
    .refresh(account, try #require(account.session), .session, generation: 1)
  }

  @Test func eachLaneKeepsItsOrder() throws {
    var queue = JobQueue()
    let (a, b) = (try account("a"), try account("b"))
    queue.add(try refresh(a), id: 1)
    queue.add(.endSession(Departure(a)), id: 2)
    queue.add(try refresh(b), id: 3)
    #expect(queue.next(in: .proof) == nil)
    #expect(queue.next(in: .refresh)?.id == 1)
    #expect(queue.next(in: .refresh)?.id == 3)
    #expect(queue.next(in: .refresh) == nil)
    #expect(!queue.isEmpty)
    #expect(queue.next(in: .browser)?.id == 2)
    #expect(queue.isEmpty)
  }

  @Test func whatNobodyWantsIsTakenOut() throws {
    var queue = JobQueue()
    let (a, b) = (try account("a"), try account("b"))
    queue.add(try refresh(a), id: 1)
    queue.add(try refresh(b), id: 2)
    #expect(queue.count == 2)
    queue.remove { $0.account === a }
    #expect(queue.next(in: .refresh)?.id == 2)
    queue.add(try refresh(a), id: 3)
    queue.remove { _ in true }
    #expect(queue.isEmpty)
    queue.add(try refresh(a), id: 4)
    queue.add(.endSession(Departure(b)), id: 5)
    #expect(queue.removeAll().count == 2)
    #expect(queue.isEmpty)
  }

  @Test func whoeverMayNotBeginYetIsPassedBy() throws {
    var queue = JobQueue()
    let (a, b) = (try account("a"), try account("b"))
    queue.add(.unregister(Departure(a)), id: 1)
    queue.add(.unregister(Departure(b)), id: 2)
    #expect(queue.next(in: .network, where: { $0.account === b })?.id == 2)
    #expect(queue.next(in: .network, where: { $0.account === b }) == nil)
    #expect(queue.next(in: .network)?.id == 1)
  }

  @Test func aJobWithoutNetworkTakesNoPlaceOfThoseWithOne() throws {
    let account = try account("a")
    #expect(try refresh(account).lane == .refresh)
    #expect(CourierJob.unregister(Departure(account)).lane == .network)
    #expect(CourierJob.endSession(Departure(account)).lane == .browser)
    #expect(CourierJob.signIn(account: account).lane == .signIn)
  }
}
