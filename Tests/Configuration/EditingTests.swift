import Glibc
import Testing

@testable import Configuration

@Suite struct ConfigurationEditorTests {
  private func adding(_ settings: [Setting], _ name: String = "new", to text: String) throws
    -> String
  {
    let name = try #require(AccountName(name))
    let account = AccountSettings(name: name, settings: settings)
    let bytes = try Array(text.utf8).withUnsafeBytes {
      try ConfigurationEditor.adding(account, to: $0)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func whatIsThereStaysAsItIs() throws {
    let text = "; mine\nvault = memory ; here\n\n[work]\n  client_id=x   # odd\n"
    let new = try adding([Setting(key: "issuer", value: "https://a.example")], to: text)
    #expect(new == text + "\n[new]\nissuer = https://a.example\n")
  }

  @Test func aMissingLineEndIsAdded() throws {
    let new = try adding([Setting(key: "scope", value: "openid")], to: "[work]")
    #expect(new == "[work]\n\n[new]\nscope = openid\n")
    #expect(try adding([Setting(key: "scope", value: "a")], to: "") == "[new]\nscope = a\n")
  }

  @Test(arguments: ["a ;b", "#x", " x", "x ", "a\t#b", "\"x"])
  func whatIsWrittenIsReadBackTheSame(_ value: String) throws {
    let settings = [Setting(key: "client_secret_command", value: value)]
    if value.hasPrefix("\"") {
      #expect(throws: ConfigurationFault.self) { try adding(settings, to: "") }
      return
    }
    let read = try read(try adding(settings, to: ""))
    #expect(read.account("new")?["client_secret_command"] == value)
  }

  @Test(arguments: ["a\nclient_id = y", "a\u{0}b", "\u{1b}[2J", ""])
  func aValueThatNoLineCanHoldIsRefused(_ value: String) {
    #expect(throws: ConfigurationFault.self) {
      try adding([Setting(key: "username", value: value)], to: "")
    }
  }

  @Test func aSectionIsAddedOnceAndOnlyToAConfiguration() {
    let settings = [Setting(key: "scope", value: "a")]
    #expect(throws: ConfigurationFault.self) { try adding(settings, to: "[new]\n") }
    #expect(throws: ConfigurationFault.self) { try adding(settings, to: "nonsense\n") }
  }

  @Test func aSectionIsTakenOutAndItsNeighboursStay() throws {
    let text = "vault = memory\n[a]\nscope = x\n\n; about b\n[b]\nscope = y\n[c]\n"
    func removing(_ name: String) throws -> String {
      let name = try #require(AccountName(name))
      return String(
        decoding: try Array(text.utf8).withUnsafeBytes {
          try ConfigurationEditor.removing(name, from: $0)
        }, as: UTF8.self)
    }
    #expect(try removing("a") == "vault = memory\n\n; about b\n[b]\nscope = y\n[c]\n")
    #expect(try removing("b") == "vault = memory\n[a]\nscope = x\n\n; about b\n[c]\n")
    #expect(try removing("c") == "vault = memory\n[a]\nscope = x\n\n; about b\n[b]\nscope = y\n")
    #expect(throws: ConfigurationFault.self) { try removing("d") }
  }
}

/// A folder of its own for each test.
final class Scratch {
  let path: String

  init() {
    var template = Array("/tmp/sallyport-test-XXXXXX".utf8CString)
    path = template.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) } ?? "/nowhere"
    }
  }

  deinit { remove(path) }

  func write(_ text: String, to name: String, mode: mode_t = 0o600) {
    let file = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    _ = Glibc.write(file, text, text.utf8.count)
    fchmod(file, mode)
    close(file)
  }

  func text(of name: String) -> String? {
    let file = open("\(path)/\(name)", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(file, &bytes, bytes.count)
    return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
  }

  func mode(of name: String) -> mode_t {
    var facts = stat()
    return lstat("\(path)/\(name)", &facts) == 0 ? facts.st_mode & 0o7777 : 0
  }

  var names: [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  private func remove(_ folder: String) {
    guard let stream = opendir(folder) else { return }
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard name != ".", name != ".." else { continue }
      if unlink("\(folder)/\(name)") != 0 { remove("\(folder)/\(name)") }
    }
    closedir(stream)
    rmdir(folder)
  }
}

@Suite struct ConfigurationReaderTests {
  @Test func aMissingFileIsNoFault() throws {
    let scratch = Scratch()
    #expect(try ConfigurationReader.load(path: "\(scratch.path)/config") == nil)
    #expect(try ConfigurationReader.load(path: "\(scratch.path)/no/config") == nil)
  }

  @Test func aFileIsRead() throws {
    let scratch = Scratch()
    scratch.write("[work]\nscope = a\n", to: "config", mode: 0o644)
    #expect(
      try ConfigurationReader.load(path: "\(scratch.path)/config")?.account("work")?["scope"] == "a"
    )
    scratch.write("", to: "empty")
    #expect(try ConfigurationReader.load(path: "\(scratch.path)/empty") == ConfigurationFile())
  }

  @Test(arguments: [0o640, 0o604, 0o644] as [mode_t])
  func aSecretThatOthersCanReadIsRefusedWithTheCommandThatMendsIt(_ mode: mode_t) throws {
    let scratch = Scratch()
    let path = "\(scratch.path)/config"
    scratch.write("[work]\nclient_secret = hunter2\n", to: "config", mode: mode)
    let fault = try #require(throws: ConfigurationFault.self) {
      try ConfigurationReader.load(path: path)
    }
    #expect(fault.hint == "chmod 600 \(path)")
    chmod(path, 0o600)
    #expect(try ConfigurationReader.load(path: path)?.holdsSecret == true)
  }

  @Test(arguments: [0o620, 0o602, 0o666] as [mode_t])
  func aFileThatOthersCanChangeIsRefused(_ mode: mode_t) throws {
    let scratch = Scratch()
    scratch.write("[work]\n", to: "config", mode: mode)
    let fault = try #require(throws: ConfigurationFault.self) {
      try ConfigurationReader.load(path: "\(scratch.path)/config")
    }
    #expect(fault.hint?.hasPrefix("chmod go-w ") == true)
  }

  @Test func whatIsNoFileIsRefusedAndNotWaitedFor() throws {
    let scratch = Scratch()
    mkdir("\(scratch.path)/folder", 0o700)
    mkfifo("\(scratch.path)/fifo", 0o600)
    for name in ["folder", "fifo"] {
      #expect(throws: ConfigurationFault.self) {
        try ConfigurationReader.load(path: "\(scratch.path)/\(name)")
      }
    }
  }
}

@Suite struct ConfigurationStoreTests {
  private func append(_ text: String, at path: String) throws(ConfigurationFault) {
    try ConfigurationStore.replace(path: path) { (old) throws(ConfigurationFault) in
      Array(old) + Array(text.utf8)
    }
  }

  @Test func aNewFileAndItsFoldersArePrivate() throws {
    let scratch = Scratch()
    try append("[a]\n", at: "\(scratch.path)/x/sallyport/config")
    #expect(scratch.mode(of: "x/sallyport/config") == 0o600)
    #expect(scratch.mode(of: "x/sallyport") == 0o700)
    #expect(scratch.text(of: "x/sallyport/config") == "[a]\n")
  }

  @Test func aFileKeepsItsModeAndNothingIsLeftBesideIt() throws {
    let scratch = Scratch()
    scratch.write("[a]\n", to: "config", mode: 0o644)
    try append("[b]\n", at: "\(scratch.path)/config")
    #expect(scratch.text(of: "config") == "[a]\n[b]\n")
    #expect(scratch.mode(of: "config") == 0o644)
    #expect(scratch.names == ["config"])
  }

  @Test func aSymbolicLinkStaysOne() throws {
    let scratch = Scratch()
    scratch.write("[a]\n", to: "real")
    symlink("real", "\(scratch.path)/config")
    try append("[b]\n", at: "\(scratch.path)/config")
    #expect(scratch.text(of: "real") == "[a]\n[b]\n")
    #expect(scratch.names == ["config", "real"])
    var facts = stat()
    lstat("\(scratch.path)/config", &facts)
    #expect(facts.st_mode & S_IFMT == S_IFLNK)
  }

  @Test func aRefusedEditChangesNothing() throws {
    let scratch = Scratch()
    scratch.write("[a]\n", to: "config")
    #expect(throws: ConfigurationFault("no")) {
      try ConfigurationStore.replace(path: "\(scratch.path)/config") {
        (_) throws(ConfigurationFault) in throw ConfigurationFault("no")
      }
    }
    #expect(scratch.text(of: "config") == "[a]\n")
    #expect(scratch.names == ["config"])
  }

  /// An editor that truncates and writes has no lock, and what it writes must not get lost.
  @Test(arguments: ["", "[b]\nclient_id = longer\n", "[c]\n"])
  func whatAnEditorWritesMeanwhileStays(theirs: String) {
    let scratch = Scratch()
    scratch.write("[a]\n", to: "config")
    #expect(throws: ConfigurationFault.self) {
      try ConfigurationStore.replace(path: "\(scratch.path)/config") {
        (old) throws(ConfigurationFault) in
        scratch.write(theirs, to: "config")
        return Array(old) + Array("[ours]\n".utf8)
      }
    }
    #expect(scratch.text(of: "config") == theirs)
    #expect(scratch.names == ["config"])
    #expect(throws: ConfigurationFault.self) {
      try ConfigurationStore.replace(path: "\(scratch.path)/new") {
        (_) throws(ConfigurationFault) in
        scratch.write(theirs, to: "new")
        return Array("[ours]\n".utf8)
      }
    }
    #expect(scratch.text(of: "new") == theirs)
  }

  @Test func aPlaceThatCannotBeWrittenIsAFaultInWords() {
    #expect(throws: ConfigurationFault.self) {
      try append("x", at: "/proc/nowhere/sallyport/config")
    }
    let scratch = Scratch()
    symlink("missing/target", "\(scratch.path)/config")
    #expect(throws: ConfigurationFault.self) { try append("x", at: "\(scratch.path)/config") }
  }
}
