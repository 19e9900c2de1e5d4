import Attributes
import Testing

@Suite("Failures on the wire")
struct FailureTests {
  private func roundTrip(_ failure: Failure) throws -> Failure? {
    var bytes: [UInt8] = []
    bytes.append(failure)
    bytes.endBlock()
    return try reading(bytes) { Failure($0) }
  }

  @Test(arguments: FailureCode.allCases) func everyCodeIsReadBack(code: FailureCode) throws {
    let failure = Failure(code, "cannot: because", hint: "sallyport login work")
    #expect(try roundTrip(failure) == failure)
    #expect(try roundTrip(Failure(code, "cannot")) == Failure(code, "cannot"))
  }

  @Test(arguments: ["passphrase", "new-passphrase"])
  func whatAPersonHasToGiveCrossesTheWire(_ word: String) throws {
    let needs = try #require(Need(rawValue: word))
    let failure = Failure(.locked, "locked", hint: "sallyport unlock", needs: needs)
    #expect(try roundTrip(failure) == failure)
    #expect(try reading("error=locked\nneeds=\(word)\n") { Failure($0) }?.needs == needs)
    #expect(try reading("error=locked\nneeds=blood\n") { Failure($0) }?.needs == nil)
  }

  /// The exit statuses are a promise to scripts.
  @Test(
    arguments: [
      ("failed", 1), ("invalid_request", 2), ("login_required", 3), ("access_denied", 4),
      ("temporarily_unavailable", 5), ("locked", 6),
    ] as [(String, Int32)])
  func everyCodeHasItsExitStatus(word: String, status: Int32) {
    #expect(FailureCode(rawValue: word)?.exitStatus == status)
    #expect(FailureCode.allCases.count == 6)
  }

  @Test func anUnknownCodeIsAPlainFailure() throws {
    let failure = try reading("error=teapot\nerror_description=short and stout\n") { Failure($0) }
    #expect(failure == Failure(.failed, "short and stout"))
  }

  @Test func anErrorWithoutDescriptionStillSaysSomething() throws {
    let failure = try reading("error=locked\n") { Failure($0) }
    #expect(failure?.code == .locked)
    #expect(failure?.description == "the agent answered locked")
  }

  @Test func aReplyWithoutErrorIsNoFailure() throws {
    #expect(try reading("error_description=x\naccess_token=t\n") { Failure($0) } == nil)
    #expect(try reading("\n") { Failure($0) } == nil)
  }

  @Test func anErrorThatIsNotUTF8IsAFailureAllTheSame() throws {
    let bytes: [UInt8] = Array("error=".utf8) + [0xFF, 10]
    #expect(try reading(bytes) { Failure($0) }?.code == .failed)
  }

  @Test func newlinesInADescriptionMakeNoSecondLine() throws {
    let failure = try roundTrip(Failure(.failed, "a\naccess_token=b", hint: "c\u{0}d"))
    #expect(failure == Failure(.failed, "a access_token=b", hint: "c d"))
  }
}
