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
    #expect(queue.next(in: .network)?.id == 1)
    #expect(queue.next(in: .network)?.id == 3)
    #expect(queue.next(in: .network) == nil)
    #expect(!queue.isEmpty)
    #expect(queue.next(in: .browser)?.id == 2)
    #expect(queue.isEmpty)
  }

  @Test func whatNobodyWantsIsTakenOut() throws {
    var queue = JobQueue()
    let (a, b) = (try account("a"), try account("b"))
    queue.add(try refresh(a), id: 1)
    queue.add(try refresh(b), id: 2)
    queue.remove { $0.isRefresh(of: a) }
    #expect(queue.next(in: .network)?.id == 2)
    queue.add(try refresh(a), id: 3)
    queue.remove { _ in true }
    #expect(queue.isEmpty)
  }

  @Test func aJobWithoutNetworkTakesNoPlaceOfThoseWithOne() throws {
    let account = try account("a")
    #expect(try refresh(account).lane == .network)
    #expect(CourierJob.unregister(Departure(account)).lane == .network)
    #expect(CourierJob.endSession(Departure(account)).lane == .browser)
    #expect(CourierJob.signIn(account: account).lane == .signIn)
  }
}
