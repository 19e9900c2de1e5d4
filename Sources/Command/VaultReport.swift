import Attributes
import Configuration
import Glibc
import Platform

/// Where the sessions are kept, and whether they are open.
struct VaultReport: Equatable {
  /// `memory`, `absent`, `sealed`, `opening`, `open`, `locking`, `locked` or `faulty`; `closed` where
  /// no agent is running, and nil from an agent that does not tell.
  var state: String?
  /// Where its key comes from, in the words of the setting.
  var source: String?
  /// The setting, where the configuration has one.
  var configured: String?
  var path: String?
  var accounts: Int64?
  var bytes: Int64?
  /// Why it cannot be written, or opened.
  var error: String?
  /// A command that mends that.
  var hint: String?

  init() {}

  /// Reads the answer to `action=vault`.
  init(_ block: AttributeBlock) {
    state = block.string("vault_state")
    source = block.string("vault")
    configured = block.string("configured")
    path = block.string("vault_path")
    accounts = block.integer("accounts")
    bytes = block.integer("bytes")
    error = block.string("vault_error")
    hint = block.string("vault_hint")
  }

  /// Reads the last block of the answer to `action=status`.
  init(ofStatus block: AttributeBlock) {
    state = block.string("vault_state")
    source = block.string("vault")
    path = block.string("vault_path")
    error = block.string("vault_error")
    hint = block.string("vault_hint")
  }

  /// Asks the agent; where none is running, the file tells what it can.
  static func load() throws(Failure) -> VaultReport {
    guard var connection = try Agent.connect(whenAbsent: .tolerate) else {
      return VaultFileFacts.report()
    }
    try Request("vault").send(on: connection)
    return try connection.next { VaultReport($0) }
  }

  /// Whether somebody has to unlock before sessions can be used.
  var isLocked: Bool { state == "locked" || state == "sealed" }

  /// Whether the setting names another source than the one that is in use.
  var isOfAnotherSource: Bool {
    // A lock of what is in memory alone has a passphrase, whatever the setting is.
    guard state != "locked", let source, let configured = configured.flatMap(VaultSource.init)
    else { return false }
    return configured.name != source
  }
}
