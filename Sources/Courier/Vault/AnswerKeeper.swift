import Attributes
import CPlatform
import Glibc
import OAuth
import Platform
import TLS
import Vault

/// What a refresh does for an agent that ends before it has saved what the server answered: the old
/// refresh token is used up, and nobody else has the new one.
///
/// It waits until the agent says that the answer is saved. When the agent has ended instead, it writes
/// the answer into the vault itself, sealed under a key that is good for nothing else.
struct AnswerKeeper {
  /// Seconds until the agent has saved the answer, or has said that it cannot.
  private static let longestSaving: Int64 = 60
  /// Seconds from the end of the agent's side of the socket to the end of its process.
  private static let longestEnding: Int64 = 10
  /// Seconds until others with an answer have written theirs.
  private static let longestTurns: Int64 = 20
  /// Seconds a courier may live longer for all of it.
  static let longest = longestSaving + longestEnding + longestTurns
  /// Milliseconds between two looks at what nothing tells of.
  private static let pause: Int32 = 20

  private let account: String
  private let folder: String
  private let key: [UInt8]
  private let isNarrower: Bool
  private let reader: JobReader
  private let input: Int32
  private let lock: Int32

  /// - Parameters:
  ///   - reader: of the blocks that come behind the job's.
  ///   - input: the socket the agent holds the other end of.
  ///   - lock: the vault's lock, inherited.
  /// - Returns: nil for a job whose answer is not to be kept.
  init?(
    of job: Job, reader: JobReader, input: Int32, lock: Int32
  ) throws(CourierFailure) {
    guard let digits = job["vault.answer_key"] else { return nil }
    guard let key = fromHexadecimal(digits), key.count == RefreshTrace.answerKeyLength else {
      throw CourierFailure(.invalidRequest, "vault.answer_key is not a key in hexadecimal")
    }
    guard let folder = job["vault.folder"], let account = job["account"] else {
      throw CourierFailure(
        .invalidRequest, "vault.answer_key needs vault.folder and account beside it")
    }
    self.account = account
    self.folder = folder
    self.key = key
    isNarrower = job["narrow.scope"] != nil || !job.all("narrow.resource").isEmpty
    self.reader = reader
    self.input = input
    self.lock = lock
  }

  static func isWanted(by job: Job) -> Bool { job["vault.answer_key"] != nil }

  /// Goes on when the service manager or a terminal ends everything the agent has started: the watchdog
  /// ends this process soon enough.
  static func outliveTheService() {
    for number in [SIGTERM, SIGINT, SIGHUP] { signal(number, SIG_IGN) }
  }

  /// Returns when `lines`, the last block of the job, are in good hands, or nobody can help.
  func keep(_ lines: [UInt8]?) {
    guard let lines, isLeftToThis() else { return }
    // Nobody is left to be told what goes wrong; the next agent says that the refresh was interrupted.
    try? append(lines)
  }

  /// Waits for the agent's word, or for its end.
  ///
  /// An agent that has let go of the vault, and lives on, says so: `kept=no`.
  private func isLeftToThis() -> Bool {
    var reader = reader
    let deadline = BootInstant.now.adding(seconds: Self.longestSaving)
    while true {
      switch try? reader.next(until: deadline) {
      case .block(let block):
        let word = try? reader.parse(block) { (block) throws(CourierFailure) in
          block.string("kept")
        }
        if let word { return word == "no" }
      case .end: return hasAgentEnded()
      case .late, nil: return false
      }
    }
  }

  /// Whether the agent's process is gone: as long as it is there, nobody else writes to the vault.
  ///
  /// Its side of the socket closes a moment before its children get another parent.
  private func hasAgentEnded() -> Bool {
    var agent: Int32 = 0
    var (user, group): (UInt32, UInt32) = (0, 0)
    guard sp_peer_credentials(input, &agent, &user, &group) == 0 else { return false }
    let deadline = BootInstant.now.adding(seconds: Self.longestEnding)
    while getppid() == agent {
      guard BootInstant.now < deadline else { return false }
      poll(nil, 0, Self.pause)
    }
    return true
  }

  private func append(_ lines: [UInt8]) throws(VaultFault) {
    let deadline = BootInstant.now.adding(seconds: Self.longestTurns)
    while true {
      do { return try appendInTurn(lines) } catch .inUse where BootInstant.now < deadline {
        // Another orphan is writing: some milliseconds.
        poll(nil, 0, Self.pause)
      }
    }
  }

  private func appendInTurn(_ lines: [UInt8]) throws(VaultFault) {
    let disk: DiskFolder
    do { disk = try DiskFolder(folder) } catch { throw .system(subject: "", error) }
    let names = VaultFile.Names("vault")
    var replay = Replay()
    let vault = try VaultFile.open(
      names, in: disk, owner: geteuid(), lock: .inherited(try inheritedLock(names, disk))
    ) { frame in
      if frame.name == account { replay.take(frame) }
    }
    // The agent may have saved the answer, and have ended before it could say so.
    guard let header = vault.header, replay.unfinishedRefreshes[account] != nil else { return }
    let sealer = AnswerSealer(header, key: key, OpenSSLVault())
    try vault.append([try sealer.seal(payload(lines), of: account, at: vault.nextSequence)])
  }

  /// The lock, as a descriptor of its own: opening takes it over, and may be tried again.
  private func inheritedLock(
    _ names: VaultFile.Names, _ disk: DiskFolder
  ) throws(VaultFault) -> FileHandle {
    do throws(SystemError) {
      // Whoever is started by hand may have anything there.
      guard let file = try disk.facts(named: names.lock),
        try disk.facts(of: lock).isSameFile(as: file)
      else { throw SystemError(EBADF, in: "fstat") }
      let own = fcntl(lock, F_DUPFD_CLOEXEC, lock)
      guard own >= 0 else { throw .last("fcntl") }
      return own
    } catch { throw .system(subject: names.lock, error) }
  }

  private func payload(_ lines: [UInt8]) -> [UInt8] {
    var payload = lines
    payload.append("answered_at", wallClockSeconds())
    if isNarrower { payload.append("narrowed", constant: "yes") }
    return payload
  }
}
