import Attributes
import OAuth
import Platform
import TLS
import Vault

extension VaultJob {
  /// Seals the records that come in, each as soon as it is there: `job=seal`.
  mutating func seal(_ keys: VaultKeySource) throws(CourierFailure) {
    guard job["vault.header"] == nil else {
      let (sealer, first) = try sealer(keys)
      return try seal(by: sealer, from: first)
    }
    guard let source = job["vault.create"] else {
      throw CourierFailure(.invalidRequest, "a seal job needs vault.header or vault.create")
    }
    let new = try keys.make(source)
    do throws(CourierFailure) {
      let sealer = try telling { () throws(VaultFault) in
        try Sealer(
          newFileOf: new.vault, key: new.key, source: source, scrypt: new.scrypt, OpenSSLVault())
      }
      try answer.send(key: new.key, header: sealer.header)
      try seal(by: sealer, from: 1)
    } catch {
      // The agent makes no file of records that are not all there.
      keys.discard(new, of: source)
      throw error
    }
  }

  private mutating func seal(
    by sealer: Sealer, from first: UInt64
  ) throws(CourierFailure) {
    var sequence = first
    while let record = try input.heading() {
      let (payload, trace) = try content(of: record)
      let frame = try telling { () throws(VaultFault) in
        try sealer.seal(payload, as: record.kind, of: record.name, at: sequence)
      }
      try answer.send(sealed: frame, trace: trace)
      sequence += 1
    }
    try answer.finish { (block) throws(AttributeFault) in
      block.append("event", constant: "done")
    }
  }

  /// What seals under the key there is, and the number of the first record; tells the header of a file
  /// that is written anew.
  private func sealer(
    _ keys: VaultKeySource
  ) throws(CourierFailure) -> (Sealer, first: UInt64) {
    guard let header = try header() else {
      throw CourierFailure(.invalidRequest, "vault.header is missing")
    }
    let (key, present) = try keys.open(header, path: path)
    guard job.flag("vault.rewrite") else { return (present, try firstSequence()) }
    let plan = header.plan
    let sealer = try telling { () throws(VaultFault) in
      try Sealer(
        newFileOf: plan.vault, key: key, source: plan.keySource, scrypt: plan.scrypt,
        OpenSSLVault())
    }
    try answer.send(key: key, header: sealer.header)
    return (sealer, 1)
  }

  private func firstSequence() throws(CourierFailure) -> UInt64 {
    guard let sequence = job["vault.sequence"].flatMap({ UInt64($0) }), sequence > 0,
      // More records than a file of the longest kind can have; no sum of the two is too large.
      sequence <= UInt64(VaultLimits.fileLength)
    else { throw CourierFailure(.invalidRequest, "vault.sequence is not the number of a record") }
    return sequence
  }

  /// What is to be sealed of what came in.
  private mutating func content(
    of record: RecordInput.Heading
  ) throws(CourierFailure) -> ([UInt8], RefreshTrace?) {
    let payload = try input.payload()
    switch record.kind {
    case .session, .removal, .refreshEnded: return (payload, nil)
    case .refreshStarted:
      // One that is written anew has its digest already.
      let trace =
        if let known = RefreshTrace(payload: payload) { known } else {
          try trace(of: payload)
        }
      return (trace.payload, trace)
    case .answer:
      throw CourierFailure(.invalidRequest, "an answer is sealed by the courier that has got it")
    }
  }

  /// The beginning of a refresh, with a key of its own for the answer.
  private func trace(of payload: [UInt8]) throws(CourierFailure) -> RefreshTrace {
    let token: [UInt8]? = payload.withUnsafeBytes { bytes in
      (try? AttributeBlock(bytes))?["refresh_token"].map { Array($0) }
    }
    guard let token, !token.isEmpty else {
      throw CourierFailure(.invalidRequest, "the beginning of a refresh has no refresh_token=")
    }
    guard let digest = try? Digest.sha256(token),
      let key = try? RandomBytes.generate(RefreshTrace.answerKeyLength),
      let trace = RefreshTrace(
        tokenDigest: digest, startedAt: wallClockSeconds(), answerKey: key)
    else { throw CourierFailure(.failed, "the system gives no random bytes") }
    return trace
  }
}
