/// Seals and opens `answer` records: what a server has said to a refresh whose agent had ended.
///
/// The courier that asked the server appends it, under a key that was made for this one refresh and
/// stands sealed in its ``RefreshTrace``. Whoever takes such a courier over can forge one answer to a
/// question that it may answer in any case, and reads nothing else.
package struct AnswerSealer<Cryptography: VaultCryptography> {
  private let header: VaultHeader
  private let key: [UInt8]
  private let cryptography: Cryptography

  /// - Parameters:
  ///   - header: of the file the record stands in, or is to stand in.
  ///   - key: of ``RefreshTrace/answerKeyLength``; with another everything fails.
  package init(_ header: VaultHeader, key: [UInt8], _ cryptography: Cryptography) {
    self.header = header
    self.key = key
    self.cryptography = cryptography
  }

  /// Seals `payload` as the record `sequence` of the file.
  package func seal(
    _ payload: [UInt8], of name: String, at sequence: UInt64
  ) throws(VaultFault) -> RecordFrame {
    guard payload.count <= VaultLimits.payloadLength else { throw .tooLong }
    let context = header.context(sequence, .answer, name)
    guard key.count == RefreshTrace.answerKeyLength,
      let sealed = cryptography.seal(payload, key: key, context: context)
    else { throw .cryptography(reason: "AES-256-GCM has failed") }
    guard let frame = RecordFrame(sequence: sequence, kind: .answer, name: name, sealed: sealed)
    else { throw .cryptography(reason: "the name of a record is malformed") }
    return frame
  }

  /// The payload of an answer; nil for one that was sealed under another key or for another place.
  package func open(_ frame: RecordFrame) -> [UInt8]? {
    let context = header.context(frame.sequence, frame.kind, frame.name)
    return cryptography.open(frame.sealed, key: key, context: context)
  }
}
