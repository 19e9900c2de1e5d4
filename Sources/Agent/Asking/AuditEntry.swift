import Platform

/// One thing the log tells: who has got, or has not got, what.
struct AuditEntry {
  /// What was asked for.
  enum Action: String {
    case token, get, userinfo, login, expose, export
  }

  enum Verdict: String {
    case given
    /// No word of `allow` is for the program.
    case notAllowed = "not-allowed"
    /// A person has said no.
    case denied
    /// A person was asked and has not answered in time.
    case unanswered
    /// A person was to be asked, and could not be.
    case unasked
  }

  /// Characters of one value.
  private static let longestValue = 500

  let account: String
  let action: Action
  let verdict: Verdict
  /// Of the token that was given; nil where none was.
  let scope: String?
  /// Nil where nobody has looked.
  let asker: Asker?

  /// The fields that are the same when the same program does the same again.
  var fields: String {
    var text = "account=\(account)\taction=\(action.rawValue)\tverdict=\(verdict.rawValue)"
    func add(_ key: String, _ value: String?) {
      guard let value, !value.isEmpty else { return }
      text += "\t\(key)=\(printable(value, limit: Self.longestValue))"
    }
    switch asker {
    case nil: break
    case .unknown(let fault): add("unknown", fault.sentence)
    case .known(let peer):
      add("program", peer.executable?.path)
      add("unit", peer.unit?.name)
      switch peer.sandbox {
      case .flatpak(let id): add("flatpak", id)
      case .snap(let name): add("snap", name)
      case .none, .unknown: break
      }
    }
    add("scope", scope)
    return text
  }

  /// The process; nil where it is not known.
  var process: Int64? {
    guard case .known(let peer) = asker else { return nil }
    return Int64(peer.process)
  }
}

/// What the log has of an account in the present minute: what comes again is counted.
struct AuditWindow {
  /// Seconds.
  static let length: Int64 = 60
  /// Programs that are looked at for the log alone; more are counted without. A look costs more than
  /// all the rest of an answer, and a program that asks a thousand times a second needs no more lines.
  static let mostLooks = 30
  /// Kinds of lines that are told apart: a program can have any number of names.
  static let mostKinds = 100

  let ends: BootInstant
  /// By the fields that were the same: how often they have come again.
  private(set) var repeated: [String: Int64] = [:]
  /// Tokens that were given to programs nobody has looked at.
  private(set) var unseen: Int64 = 0
  /// What came beyond ``mostKinds``.
  private var others: [AuditEntry.Verdict: Int64] = [:]
  private var looks = 0

  init(began now: BootInstant) { ends = now.adding(seconds: Self.length) }

  /// Whether one more program may be looked at.
  mutating func takeLook() -> Bool {
    guard looks < Self.mostLooks else { return false }
    looks += 1
    return true
  }

  mutating func addUnseen() { unseen += 1 }

  /// Counts an entry; true for the first of its kind, which has a line of its own.
  mutating func isNew(_ fields: String, _ verdict: AuditEntry.Verdict) -> Bool {
    if let count = repeated[fields] {
      repeated[fields] = count + 1
      return false
    }
    guard repeated.count < Self.mostKinds else {
      others[verdict, default: 0] += 1
      return false
    }
    repeated[fields] = 0
    return true
  }

  /// What has come again, as lines without a time: the number first.
  func counts(account: String) -> [String] {
    var lines = repeated.filter { $0.value > 0 }.map { "count=\($0.value)\t\($0.key)" }.sorted()
    var others = others
    if unseen > 0 { others[.given, default: 0] += unseen }
    for (verdict, count) in others.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      lines.append("count=\(count)\taccount=\(account)\tverdict=\(verdict.rawValue)")
    }
    return lines
  }
}
