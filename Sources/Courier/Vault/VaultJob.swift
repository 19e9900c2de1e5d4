import Attributes
import OAuth
import Platform
import Vault

/// The jobs that have the vault's key, and ask no network: sealing, opening, and the files for other
/// machines.
struct VaultJob: BoundedJob {
  /// Seconds for the whole job: a keyring may ask the person for its own password.
  static let limit: Int64 = 180

  let job: Job
  let answer: Answer
  let environment: Environment
  var input: RecordInput

  mutating func run() throws(CourierFailure) {
    let deadline = BootInstant.now.adding(seconds: try Self.timeout(of: job))
    let keys = VaultKeySource(job: job, environment: environment, deadline: deadline)
    switch job.kind {
    case .seal: try seal(keys)
    case .unseal: try unseal(keys)
    case .export: try export(keys)
    default: try importFile(keys)
    }
  }

  /// What the sentences of a job without a path call the vault.
  static let inMemory = "the sessions in memory"

  /// Where the vault lies, for sentences, and for those jobs that open files themselves.
  var path: String { job["vault.path"].map { shown($0, limit: 4096) } ?? Self.inMemory }

  /// Does `body`, and tells a fault of the vault as one of the job.
  func telling<R>(_ body: () throws(VaultFault) -> R) throws(CourierFailure) -> R {
    do throws(VaultFault) { return try body() } catch { throw CourierFailure(error, path: path) }
  }

  /// The header that the job names; nil where it names none.
  func header() throws(CourierFailure) -> VaultHeader? {
    guard let text = job["vault.header"] else { return nil }
    guard let bytes = fromHexadecimal(text) else {
      throw CourierFailure(.invalidRequest, "vault.header is not hexadecimal")
    }
    return try telling { () throws(VaultFault) in try VaultHeader.read(bytes).0 }
  }
}
