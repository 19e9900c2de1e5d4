import Attributes
import TLS
import Testing

@testable import Vault

@Suite struct ReplayTests {
  /// Frames of these kinds and names, one after the other.
  private func replay(_ records: [(RecordKind, String)]) throws -> Replay {
    var replay = Replay()
    for (index, record) in records.enumerated() {
      let sealed = [UInt8](repeating: UInt8(index), count: RecordFrame.sealOverhead)
      replay.take(
        try #require(
          RecordFrame(
            sequence: UInt64(index) + 1, kind: record.0, name: record.1, sealed: sealed)))
    }
    return replay
  }

  @Test func aRefreshIsUnfinishedUntilASessionOrItsEndFollows() throws {
    let start: [(RecordKind, String)] = [(.session, "work"), (.refreshStarted, "work")]
    #expect(try replay(start).unfinishedRefreshes.keys.sorted() == ["work"])
    for end in [RecordKind.session, .refreshEnded, .removal] {
      #expect(try replay(start + [(end, "work")]).unfinishedRefreshes.isEmpty)
      #expect(try !replay(start + [(end, "home")]).unfinishedRefreshes.isEmpty)
    }
  }

  @Test func whatIsInForceStaysInItsOrder() throws {
    let replay = try replay([
      (.session, "b"), (.session, "a"), (.refreshStarted, "b"), (.refreshEnded, "b"),
      (.session, "c"), (.refreshStarted, "a"), (.session, "b"), (.removal, "c"),
      (.refreshStarted, "gone"),
    ])
    #expect(replay.inForce.map(\.sequence) == [2, 6, 7])
    #expect(replay.sessions.keys.sorted() == ["a", "b"])
  }

  /// Nobody here can tell which of them opens: the last one may be of another refresh.
  @Test func everyAnswerToARefreshStaysUntilItsEnd() throws {
    let start: [(RecordKind, String)] = [
      (.session, "work"), (.session, "home"), (.refreshStarted, "work"), (.answer, "work"),
      (.answer, "home"), (.answer, "work"), (.answer, "work"),
    ]
    #expect(try replay(start).inForce.map(\.sequence) == [1, 2, 3, 4, 6, 7])
    for end in [RecordKind.session, .refreshEnded, .refreshStarted] {
      let replay = try replay(start + [(end, "work"), (.refreshStarted, "work")])
      #expect(replay.inForce.allSatisfy { $0.kind != .answer })
    }
  }

  @Test func theLengthsAreThoseOfTheRecordsInForce() throws {
    let kinds: [(RecordKind, String)] = [
      (.session, "b"), (.session, "aa"), (.refreshStarted, "b"), (.session, "b"),
      (.refreshStarted, "aa"), (.answer, "aa"), (.answer, "aa"), (.removal, "b"),
      (.session, "ccc"), (.refreshEnded, "aa"),
    ]
    for count in 0...kinds.count {
      let replay = try replay(Array(kinds.prefix(count)))
      var lengths = LiveLengths()
      for (index, record) in kinds.prefix(count).enumerated() {
        let sealed = [UInt8](repeating: UInt8(index), count: RecordFrame.sealOverhead)
        lengths.take(
          try #require(
            RecordFrame(
              sequence: UInt64(index) + 1, kind: record.0, name: record.1, sealed: sealed)))
      }
      #expect(lengths.total == replay.inForce.reduce(0) { $0 + $1.length })
    }
  }
}

@Suite struct RefreshTraceTests {
  private let digest = [UInt8](repeating: 0xAB, count: 32)
  private let key = [UInt8](repeating: 0xCD, count: 32)

  @Test func whatIsWrittenIsRead() throws {
    let trace = try #require(
      RefreshTrace(tokenDigest: digest, startedAt: 1_800_000_000, answerKey: key))
    #expect(RefreshTrace(payload: trace.payload) == trace)
    #expect(RefreshTrace(tokenDigest: [1], startedAt: 1, answerKey: key) == nil)
    #expect(RefreshTrace(tokenDigest: digest, startedAt: 1, answerKey: [1]) == nil)
  }

  @Test func theMeaningAtTheStart() throws {
    let trace = try #require(RefreshTrace(tokenDigest: digest, startedAt: 5, answerKey: key))
    #expect(trace.meaning(forTokenWithDigest: digest) == .interrupted(startedAt: 5))
    var other = digest
    other[31] ^= 1
    #expect(trace.meaning(forTokenWithDigest: other) == .finished)
    #expect(trace.meaning(forTokenWithDigest: nil) == .finished)
    #expect(trace.meaning(forTokenWithDigest: []) == .finished)
    #expect(RefreshTrace.Meaning.finished.sentence(of: "work") == nil)
    let sentence = RefreshTrace.Meaning.interrupted(startedAt: 5).sentence(of: "work")
    #expect(sentence?.contains("work") == true)
  }

  @Test(
    arguments: [
      "", "started_at=5\n", "refresh_token_sha256=\nstarted_at=5\n",
      "refresh_token_sha256=abcd\nstarted_at=5\n",
      "refresh_token_sha256=" + String(repeating: "a", count: 64) + "\n",
      "refresh_token_sha256=" + String(repeating: "A", count: 64) + "\nstarted_at=5\n",
      "refresh_token_sha256=" + String(repeating: "a", count: 66) + "\nstarted_at=5\n",
      "refresh_token_sha256=" + String(repeating: "a", count: 64) + "\nstarted_at=x\n", "\u{0}",
    ])
  func payloadsThatAreNoTrace(_ text: String) {
    let key = "answer_key=" + String(repeating: "b", count: 64) + "\n"
    #expect(RefreshTrace(payload: Array((key + text).utf8)) == nil)
  }

  @Test(
    arguments: [
      "", "answer_key=\n", "answer_key=ab\n", "answer_key=\(String(repeating: "B", count: 64))\n",
    ])
  func aTraceWithoutAKeyForTheAnswer(_ key: String) {
    let digest = "refresh_token_sha256=\(String(repeating: "a", count: 64))\nstarted_at=5\n"
    #expect(RefreshTrace(payload: Array((digest + key).utf8)) == nil)
  }
}

@Suite struct StoredSessionTests {
  /// What `body` makes of a payload's session.
  private func read<R>(
    _ text: String, _ body: (StoredSession) -> R
  ) -> Result<R, StoredSession.Fault>? {
    Array(text.utf8).withUnsafeBytes { bytes -> Result<R, StoredSession.Fault>? in
      guard let block = try? AttributeBlock(bytes) else { return nil }
      do throws(StoredSession.Fault) { return .success(body(try StoredSession(block))) } catch {
        return .failure(error)
      }
    }
  }

  private func fault(_ text: String) -> StoredSession.Fault? {
    if case .failure(let fault) = read(text, { _ in () }) { fault } else { nil }
  }

  @Test func whatAWriterPutsInIsRead() throws {
    var payload: [UInt8] = []
    try payload.append(StoredSession.Key.accessToken, "access")
    try payload.append(StoredSession.Key.refreshToken, "refresh")
    try payload.append(StoredSession.Key.tokenType, "Bearer")
    payload.append(StoredSession.Key.obtainedAt, 1000)
    payload.append(StoredSession.Key.expiresAt, 4600)
    try payload.append(key: "secret.dpop_key", value: "key")
    let left = read(String(decoding: payload, as: UTF8.self)) { session in
      [
        AttributeBlock.text(session.accessToken ?? .init(start: nil, count: 0)),
        AttributeBlock.text(session.refreshToken ?? .init(start: nil, count: 0)),
        session.block.string("secret.dpop_key"), session.idToken.map { _ in "" },
        String(session.obtainedAt), session.expiresAt.map { String($0) },
      ]
    }
    #expect(try left?.get() == ["access", "refresh", "key", nil, "1000", "4600"])
  }

  @Test func aRegistrationAloneIsLegal() throws {
    let text = "state=registered\nregistration.client_id=abc\n"
    #expect(try read(text) { $0.isRegistrationAlone }?.get() == true)
    #expect(
      try read("access_token=a\nobtained_at=1\n") { $0.isRegistrationAlone }?.get() == false)
    // Nothing is registered, or it says two things at once.
    #expect(fault("state=registered\n") == .noToken)
    #expect(fault("registration.client_id=abc\n") == .noToken)
    #expect(fault("state=other\nregistration.client_id=abc\n") == .noToken)
    #expect(fault(text + "refresh_token=r\nobtained_at=1\n") == .noToken)
    #expect(fault(text + "obtained_at=x\n") == .timesMalformed)
  }

  @Test func whatIsNoSessionIsRefused() {
    #expect(fault("obtained_at=1\n") == .noToken)
    #expect(fault("access_token=\nrefresh_token=\nobtained_at=1\n") == .noToken)
    for times in [
      "", "obtained_at=\n", "obtained_at=-1\n", "obtained_at=1e3\n",
      "obtained_at=9\nexpires_at=8\n",
      "obtained_at=9\nexpires_at=never\n", "obtained_at=9\nrefreshed_at=-9223372036854775808\n",
      "obtained_at=9223372036854775808\n",
    ] {
      #expect(fault("access_token=a\n" + times) == .timesMalformed)
    }
  }
}
