import Attributes
import Configuration
import Glibc
import Platform

/// What the vault's file tells without its key, and without an agent.
struct VaultFileFacts {
  /// Bytes of the beginning that are read; the header has some 400.
  private static let longestHeader = 4096

  let path: String
  let owner: uid_t
  let mode: mode_t
  let size: Int64
  let isRegular: Bool
  /// Where its key comes from; nil when the header cannot be read.
  let source: String?

  /// The file of this user; nil when there is none.
  init?() {
    guard let folder = Folders().stateFolder else { return nil }
    self.init(path: "\(folder)/vault")
  }

  init?(path: String) {
    var facts = stat()
    guard lstat(path, &facts) == 0 else { return nil }
    self.path = path
    owner = facts.st_uid
    mode = facts.st_mode & 0o7777
    size = Int64(facts.st_size)
    isRegular = facts.st_mode & S_IFMT == S_IFREG
    source = isRegular ? Self.source(path) : nil
  }

  /// The report where no agent is running.
  static func report() -> VaultReport {
    var report = VaultReport()
    // A configuration that cannot be read is another command's matter.
    report.configured = (try? Configured.load())?.file.vault?.setting
    report.path = Folders().stateFolder.map { "\($0)/vault" }
    guard let facts = VaultFileFacts() else {
      report.state = "absent"
      return report
    }
    // Under this setting an agent does not look at the file.
    report.state = report.configured == "memory" ? "memory" : "closed"
    report.source = facts.source
    report.bytes = facts.size
    return report
  }

  /// The `key_source` of the header, which stands in clear.
  private static func source(_ path: String) -> String? {
    guard let file = try? Descriptor.open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW) else {
      return nil
    }
    var start = WipedBuffer()
    while start.count < longestHeader {
      guard case .bytes(let count) = readOnce(file.number, into: start.room(for: longestHeader))
      else { break }
      start.extend(by: count)
    }
    var scanner = BlockScanner()
    guard case .complete(let length) = scanner.scan(start.bytes),
      let block = try? AttributeBlock(UnsafeRawBufferPointer(rebasing: start.bytes[..<length])),
      block["sallyport-vault"] != nil
    else { return nil }
    return block.string("key_source")
  }
}
