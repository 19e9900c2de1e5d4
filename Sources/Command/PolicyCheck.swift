import Configuration
import Glibc
import Platform

/// What `doctor` finds about `allow` and `confirm`.
enum PolicyCheck {
  static func findings(
    _ settings: AccountSettings, variable: (String) -> String? = environmentVariable
  ) -> [Finding] {
    let name = settings.name
    let peers = settings.all(KnownKey.allow).flatMap { AllowedPeer.list($0) ?? [] }
    var findings = peers.compactMap { peer in
      if case .executable(let path) = peer { return program(path, name) }
      return nil
    }
    if let confirm = settings[KnownKey.confirm], confirm != "never" {
      findings.append(asking(name, variable))
    }
    return findings
  }

  /// What keeps a path from ever being that of a program that asks.
  private static func program(_ path: String, _ name: AccountName) -> Finding? {
    guard let resolved = realpath(path, nil) else {
      return .warning("\(name) is for \(path), and nothing can be found there")
    }
    defer { free(resolved) }
    let real = String(cString: resolved)
    guard real == path else {
      return .warning(
        "\(name) is for \(path), a link: the program that runs is called \(real)",
        hint: "write allow = \(real) below [\(name)]")
    }
    if path == ownPath {
      return .warning(
        "\(name) is for sallyport itself, which asks for whoever has started it: name that program")
    }
    guard isScript(path) else { return nil }
    return .warning(
      "\(name) is for \(path), a script: the program that runs is its interpreter;"
        + " give it a unit of its own, and allow = unit:NAME.service",
      hint: "systemd-run --user --wait --pipe --unit=NAME \(shellQuoted(path))")
  }

  private static var ownPath: String? {
    guard let resolved = realpath("/proc/self/exe", nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  private static func isScript(_ path: String) -> Bool {
    // O_NONBLOCK: it may be a pipe.
    guard let file = try? Descriptor.open(path, O_RDONLY | O_NONBLOCK) else { return false }
    var start: (UInt8, UInt8) = (0, 0)
    let transfer = withUnsafeMutableBytes(of: &start) { readOnce(file.number, into: $0) }
    return transfer == .bytes(2) && start == (UInt8(ascii: "#"), UInt8(ascii: "!"))
  }

  /// By what a person would be asked; the agent may have been started with other variables.
  private static func asking(_ name: AccountName, _ variable: (String) -> String?) -> Finding {
    let searchPath = variable("PATH")
    var ways: [String] = []
    if ChildProcess.find("notify-send", searchPath: searchPath) != nil { ways = ["notify-send"] }
    if let askpass = variable("SALLYPORT_ASKPASS") ?? variable("SSH_ASKPASS") {
      guard ChildProcess.find(askpass, searchPath: searchPath) != nil else {
        return .warning("\(printable(askpass)), which is to ask about \(name), is not there")
      }
      ways.append(askpass)
    }
    guard ways.isEmpty else {
      return .fine("a person is asked about \(name) by \(ways.joined(separator: ", else by "))")
    }
    return .problem(
      "nobody can be asked about \(name): there is neither notify-send nor an askpass program"
        + " in SALLYPORT_ASKPASS or SSH_ASKPASS", hint: "apt install libnotify-bin")
  }
}
