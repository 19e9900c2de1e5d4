import Attributes
import Configuration

/// What the agent says of one account; what it does not know is nil.
struct AccountStatus: Equatable {
  let account: String
  /// `signed-in`, `refreshing`, `signing-in`, `expired`, `signed-out` or `locked`; `closed`
  /// where no agent is running and a vault may have a session.
  let state: String
  var issuer: String?
  var clientID: String?
  var subject: String?
  var username: String?
  var scope: String?
  var expiresAt: Int64?
  var expiresIn: Int64?
  var isRefreshable: Bool?
  var obtainedAt: Int64?
  var lastRefreshAt: Int64?
  var nextRefreshAt: Int64?
  /// When the session ends whatever is done, and when it does if nobody uses it.
  var lifetimeEndsAt: Int64?
  var idleEndsAt: Int64?
  /// What a person should know of a session that works.
  var warning: String?
  var lastError: String?
  var lastErrorAt: Int64?
  var credentialURLs: [String] = []
  /// The programs that get its tokens, as they are configured; empty for all of the user.
  var allowed: [String] = []
  /// How often a person is asked: `never`, `first` or `always`.
  var confirm: String?
  /// `Bearer` or `DPoP`.
  var tokenType: String?
  var resources: [String] = []
  /// The client was registered by a sign-in (RFC 7591).
  var isRegistered = false
  /// The token is bound to a key of the agent (RFC 9449).
  var isBound = false
  /// Narrower tokens of the session that are kept.
  var narrowed: Int64?
  var hint: String?

  /// Reads a block of the answer to `action=status`.
  init(_ block: AttributeBlock) {
    account = block.string("account") ?? ""
    state = block.string("state") ?? "unknown"
    issuer = block.text("issuer")
    clientID = block.text("client_id")
    subject = block.text("sub")
    username = block.text("username")
    scope = block.text("scope")
    expiresAt = block.integer("expires_at")
    expiresIn = block.integer("expires_in")
    isRefreshable = block["refreshable"] == nil ? nil : block.flag("refreshable")
    obtainedAt = block.integer("obtained_at")
    lastRefreshAt = block.integer("last_refresh_at")
    nextRefreshAt = block.integer("next_refresh_at")
    lifetimeEndsAt = block.integer("lifetime_ends_at")
    idleEndsAt = block.integer("idle_ends_at")
    warning = block.text("warning")
    lastError = block.text("last_error")
    lastErrorAt = block.integer("last_error_at")
    credentialURLs = block.strings("credential_url")
    allowed = block.strings("allow")
    confirm = block.text("confirm")
    tokenType = block.text("token_type")
    resources = block.strings("resource")
    isRegistered = block.flag("registered")
    isBound = block.flag("dpop_bound") || tokenType?.lowercased() == "dpop"
    narrowed = block.integer("narrowed")
    hint = block.text("hint")
  }

  /// An account as it is when no agent is running: nobody is signed in, or only a vault knows.
  init(withoutAgent settings: AccountSettings, hasVault: Bool) {
    account = settings.name.text
    state = hasVault ? "closed" : "signed-out"
    issuer = settings["issuer"]
    clientID = settings["client_id"]
    scope = settings["scope"]
    credentialURLs = settings.all("credential_url")
    allowed = settings.all(KnownKey.allow)
    confirm = settings[KnownKey.confirm]
    resources = settings.all("resource")
    hint = hasVault ? nil : "sallyport login \(settings.name)"
  }
}

/// What the agent says of itself.
struct AgentStatus: Equatable {
  let version: String
  let processID: Int64?
  let socket: String?
  /// Where the sessions are kept, and whether they are open.
  let vault: VaultReport
  /// `memfd_secret`, `mlock` or `plain`.
  let memoryGuard: String?
  let configuration: String?
  /// What is wrong with the configuration file.
  let configurationError: String?
  /// Where it is written down who has got what.
  let log: String?
  /// Why that cannot be written.
  let logError: String?
  let logHint: String?

  init(_ block: AttributeBlock) {
    version = block.string("version") ?? "unknown"
    processID = block.integer("pid")
    socket = block.text("socket")
    vault = VaultReport(ofStatus: block)
    memoryGuard = block.text("memory_guard")
    configuration = block.text("config")
    configurationError = block.text("config_error")
    log = block.text("log")
    logError = block.text("log_error")
    logHint = block.text("log_hint")
  }
}

extension AttributeBlock {
  /// The value as text; nil when it is absent or empty.
  fileprivate func text(_ key: StaticString) -> String? {
    string(key).flatMap { $0.isEmpty ? nil : $0 }
  }
}
