import Attributes
import Glibc
import Platform
import Testing

@testable import Courier

/// Where the client's secret may come from, and where it may not.
@Suite struct ClientSecretTests {
  private func secret(
    _ lines: String..., home: String = "/nonexistent", milliseconds: Int64 = 20_000
  ) throws -> String? {
    let block = Array((["job=refresh"] + lines).joined(separator: "\n").utf8)
    let job = try block.withUnsafeBytes { try Job(AttributeBlock($0)) }
    let environment = Environment(["HOME": home, "PATH": "/usr/bin:/bin", "SECRET": "from env"])
    return try ClientSecret.read(
      from: job, environment: environment,
      deadline: BootInstant.now.adding(milliseconds: milliseconds))
  }

  @Test func publicClientHasNone() throws { #expect(try secret() == nil) }

  @Test func settingIsTakenAsItIs() throws { #expect(try secret("client_secret= a=b ") == " a=b ") }

  @Test(
    "the line end of a file is not part of it", arguments: ["s3cret", "s3cret\n", "s3cret\r\n"])
  func file(contents: String) throws {
    let folder = try ScratchFolder()
    let file = try folder.file("secret", contents)
    #expect(try secret("client_secret_file=\(file)") == "s3cret")
    #expect(try secret("client_secret_file=~/secret", home: folder.path) == "s3cret")
  }

  @Test(
    "a file that others can read is refused with the command that mends it",
    arguments: [
      0o640, 0o604, 0o644, 0o660,
    ])
  func openFile(mode: mode_t) throws {
    let folder = try ScratchFolder()
    let file = try folder.file("secret", "s3cret", mode: mode)
    let fault = #expect(throws: CourierFailure.self) {
      try secret("client_secret_file=\(file)")
    }
    #expect(fault?.failure.hint == "chmod 600 \(file)")
    #expect(fault?.failure.description.contains("s3cret") == false)
  }

  @Test("what is no file is refused", arguments: ["/dev/null", "/tmp", "/nonexistent/secret"])
  func noFile(path: String) {
    #expect(throws: CourierFailure.self) { try secret("client_secret_file=\(path)") }
  }

  @Test func pipeInTheFilesPlaceIsNotWaitedFor() throws {
    let folder = try ScratchFolder()
    let path = "\(folder.path)/pipe"
    mkfifo(path, 0o600)
    defer { unlink(path) }
    #expect(throws: CourierFailure.self) { try secret("client_secret_file=\(path)") }
  }

  @Test func commandIsRunByAShell() throws {
    #expect(try secret("client_secret_command=echo $SECRET | tr ' ' -; echo more") == "from-env")
  }

  @Test(
    "a command that fails is refused",
    arguments: [
      "exit 3", "kill -9 $$", "true", "printf 'caf\\303\\251'",
    ])
  func commandFails(command: String) {
    #expect(throws: CourierFailure.self) { try secret("client_secret_command=\(command)") }
  }

  @Test func commandThatWritesWithoutEndIsEnded() {
    #expect(throws: CourierFailure.self) { try secret("client_secret_command=yes") }
  }

  /// Nobody waits for it for ever.
  @Test func commandThatClosesItsOutputAndLivesOnIsEnded() {
    #expect(throws: CourierFailure.self) {
      try secret(
        "client_secret_command=echo s3cret; exec sleep 600 >&- 2>&-", milliseconds: 300)
    }
  }

  /// Whoever ends the courier's process group ends the command with it.
  @Test func commandStaysInTheProcessGroup() throws {
    let group = try secret("client_secret_command=cut -d' ' -f5 /proc/self/stat")
    #expect(group == String(getpgrp()))
  }

  @Test func twoSourcesAreRefused() {
    #expect(throws: CourierFailure.self) {
      try secret("client_secret=a", "client_secret_command=echo b")
    }
  }
}
