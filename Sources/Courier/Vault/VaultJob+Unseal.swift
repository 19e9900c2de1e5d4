import Attributes
import OAuth
import Vault

extension VaultJob {
  /// Gets the key, and opens what is in force of the records that come in: `job=unseal`.
  mutating func unseal(_ keys: VaultKeySource) throws(CourierFailure) {
    guard let header = try header() else {
      throw CourierFailure(.invalidRequest, "an unseal job needs vault.header")
    }
    let (key, sealer) = try keys.open(header, path: path)
    try answer.send(key: key)
    var opening = RecordOpening(sealer)
    while let frame = try input.frame() {
      try telling { () throws(VaultFault) in try opening.take(frame) }
    }
    try tell(opening)
    try opening.sendUnfinished(to: answer, path: path)
    try finish(accounts: opening.count)
  }

  /// Writes the sessions that are in force.
  func tell(_ opening: RecordOpening) throws(CourierFailure) {
    try opening.visitSessions(
      { (name, payload) throws(CourierFailure) in
        try answer.send(opened: payload, as: .session, of: name)
      }, path: path)
  }

  func finish(accounts: Int) throws(CourierFailure) {
    try answer.finish { (block) throws(AttributeFault) in
      block.append("event", constant: "done")
      block.append("accounts", Int64(accounts))
    }
  }
}
