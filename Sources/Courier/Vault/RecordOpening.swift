import Attributes
import TLS
import Vault

/// The log of a vault on its way to who may read it.
///
/// Each record is opened when it comes, so that nobody without the key ends a session or begins a
/// refresh; what is in force is known at the end, and opened once more then. In between there are
/// only sealed records.
struct RecordOpening {
  private let sealer: Sealer
  private var replay = Replay()
  private var latest: UInt64 = 0

  init(_ sealer: Sealer) { self.sealer = sealer }

  mutating func take(_ frame: RecordFrame) throws(VaultFault) {
    guard frame.sequence > latest else { throw .outOfTurn(expected: latest + 1) }
    latest = frame.sequence
    guard frame.kind == .answer else {
      _ = try sealer.open(frame)
      replay.take(frame)
      return
    }
    // Who has the key of an answer does not have the vault's: what does not open is left out, and
    // says nothing of the rest.
    guard try answer(frame) != nil else { return }
    replay.take(frame)
  }

  /// How many sessions are in force.
  var count: Int { replay.sessions.count }

  /// Shows each session in force, in the order in which they were written.
  func visitSessions(
    _ body: (_ name: String, _ payload: [UInt8]) throws(CourierFailure) -> Void, path: String
  ) throws(CourierFailure) {
    for frame in replay.sessions.values.sorted(by: { $0.sequence < $1.sequence }) {
      try body(frame.name, try payload(of: frame, path: path))
    }
  }

  /// Writes each refresh that had begun and not ended: what the server has answered, or that nobody
  /// knows.
  func sendUnfinished(to answer: Answer, path: String) throws(CourierFailure) {
    let traces = replay.unfinishedRefreshes.values.sorted { $0.sequence < $1.sequence }
    for frame in traces {
      guard let session = replay.sessions[frame.name] else { continue }
      if let said = replay.answers[frame.name].flatMap({ try? self.answer($0) }) {
        try answer.send(opened: said, as: .answer, of: frame.name)
        continue
      }
      let payload = try payload(of: frame, path: path)
      let isInterrupted = Self.isInterrupted(
        session: try self.payload(of: session, path: path), RefreshTrace(payload: payload))
      try answer.send(
        opened: payload, as: .refreshStarted, of: frame.name, isInterrupted: isInterrupted)
    }
  }

  /// The payload of an answer, by the key that the beginning of its refresh holds; nil for one that
  /// belongs to no refresh, or to another.
  private func answer(_ frame: RecordFrame) throws(VaultFault) -> [UInt8]? {
    guard let beginning = replay.unfinishedRefreshes[frame.name],
      let trace = RefreshTrace(payload: try sealer.open(beginning))
    else { return nil }
    let opener = AnswerSealer(sealer.header, key: trace.answerKey, OpenSSLVault())
    return opener.open(frame).flatMap { Self.isBlock($0) ? $0 : nil }
  }

  private func payload(
    of frame: RecordFrame, path: String
  ) throws(CourierFailure) -> [UInt8] {
    do throws(VaultFault) {
      let payload = try sealer.open(frame)
      guard Self.isBlock(payload) else {
        throw .recordRefused(sequence: frame.sequence, name: frame.name)
      }
      return payload
    } catch { throw CourierFailure(error, path: path) }
  }

  /// Whether these are the lines of one block: what comes after them is another one.
  private static func isBlock(_ payload: [UInt8]) -> Bool {
    let block = payload + [UInt8(ascii: "\n")]
    return block.withUnsafeBytes { bytes in
      var scanner = BlockScanner()
      return scanner.scan(bytes) == .complete(length: bytes.count)
        && (try? AttributeBlock(bytes)) != nil
    }
  }

  private static func isInterrupted(session: [UInt8], _ trace: RefreshTrace?) -> Bool {
    let token: [UInt8]? = session.withUnsafeBytes { bytes in
      (try? AttributeBlock(bytes))?[StoredSession.Key.refreshToken].map { Array($0) }
    }
    let digest = token.flatMap { try? Digest.sha256($0) }
    return trace?.meaning(forTokenWithDigest: digest) != .finished
  }
}
