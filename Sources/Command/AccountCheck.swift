import Configuration
import Glibc
import Platform

/// What `doctor` finds about one account.
enum AccountCheck {
  private static let defaultRedirectURI = "http://localhost:3000/callback"

  static func findings(_ settings: AccountSettings, _ reports: [AccountStatus]) -> [Finding] {
    let report = reports.first { $0.account == settings.name.text }
    return ClientCheck.findings(settings) + FileCheck.findings(settings)
      + PolicyCheck.findings(settings) + state(settings, report) + ports(settings, report)
  }

  private static func state(_ settings: AccountSettings, _ report: AccountStatus?) -> [Finding] {
    let name = settings.name
    guard report != nil || VaultFileFacts() == nil else { return [] }
    guard let report, report.state != "signed-out" else {
      return [.warning("\(name) is signed out", hint: "sallyport login \(name)")]
    }
    if report.state == "locked" { return [.warning("\(name) is locked", hint: "sallyport unlock")] }
    guard let error = report.lastError else { return [.fine("\(name) is \(words(report.state))")] }
    return [.warning("\(name) is \(words(report.state)), but: \(error)", hint: report.hint)]
  }

  private static func words(_ state: String) -> String {
    state.split(separator: "-").joined(separator: " ")
  }

  // MARK: Ports

  private static func ports(_ settings: AccountSettings, _ report: AccountStatus?) -> [Finding] {
    // Now the port is ours, and taken for a good reason.
    if report?.state == "signing-in" { return [] }
    let configured = settings.all("redirect_uri")
    let uris = configured.isEmpty ? [defaultRedirectURI] : configured
    // Without a certificate nothing listens at an https address: it is pasted.
    let hasCertificate = settings["redirect_certificate"] != nil
    let findings = uris.filter { hasCertificate || !$0.hasPrefix("https:") }
      .compactMap { port($0, of: settings.name) }
    // One free port is enough: they are tried in order.
    let hasFree = findings.contains { $0.weight == .fine }
    return hasFree ? findings.filter { $0.weight == .fine } : findings
  }

  private static func port(_ uri: String, of name: AccountName) -> Finding? {
    guard let text = SignInMessages.loopbackPort(uri), let port = UInt16(text), port != 0 else {
      return nil
    }
    let addresses = [TCPAddress(127, 0, 0, 1, port: port), .loopbackV6(port: port)]
    switch ProcSockets().listener(at: port, addresses) {
    case .none: return .fine("port \(port) is free for the sign-in of \(name)")
    case .some(let holder):
      return .problem("port \(port), which \(name) needs, is taken by \(holder)")
    }
  }
}

extension ProcSockets {
  /// Who listens on a port, in words; nil when nobody does.
  fileprivate func listener(at port: UInt16, _ addresses: [TCPAddress]) -> String? {
    guard !Self.canBind(port) else { return nil }
    switch holder(ofPort: port, at: addresses) {
    case .process(let name, let id): return "\(name) (process \(id))"
    case .anotherUser(let user): return "a program of user \(user)"
    case .hidden: return "a program of yours that cannot be looked at"
    case .unknown: return "another program"
    }
  }

  /// Whether both loopback addresses can be bound; IPv6 may be missing.
  private static func canBind(_ port: UInt16) -> Bool {
    var four = sockaddr_in()
    four.sin_family = sa_family_t(AF_INET)
    four.sin_port = port.bigEndian
    four.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var six = sockaddr_in6()
    six.sin6_family = sa_family_t(AF_INET6)
    six.sin6_port = port.bigEndian
    six.sin6_addr = in6addr_loopback
    return binds(AF_INET, &four) && binds(AF_INET6, &six)
  }

  private static func binds<Address>(_ family: Int32, _ address: inout Address) -> Bool {
    let number = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard number >= 0 else { return errno == EAFNOSUPPORT }
    defer { close(number) }
    // A port that was used a minute ago is free, as it is for the listener of a sign-in.
    var yes: Int32 = 1
    _ = setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    let length = socklen_t(MemoryLayout<Address>.size)
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(number, $0, length) }
    }
    return result == 0 || errno == EADDRNOTAVAIL
  }
}
