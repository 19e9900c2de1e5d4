import Glibc
import Platform
import Testing
import Vault

@testable import Courier

/// Keys from the keyring and from systemd's credentials.
@Suite struct VaultKeySourceTests {
  /// A keyring of files, behind a program that is called like libsecret's.
  private final class Keyring {
    let folder: ScratchFolder

    /// - Parameter script: lines in front of what the honest one does; `$1` is the verb.
    init(_ script: String = "") throws {
      folder = try ScratchFolder()
      let text = """
        #!/bin/sh
        \(script)
        item="\(folder.path)/item"
        case "$1" in
          store) echo "$*" > "\(folder.path)/words"; cat > "$item" ;;
          lookup) [ -f "$item" ] && cat "$item" || exit 1 ;;
          clear) rm -f "$item" ;;
        esac
        """
      _ = try folder.file("secret-tool", text, mode: 0o700)
      for name in ["item", "words"] { _ = try folder.place(name) }
    }

    var environment: [String: String] {
      [
        "PATH": "\(folder.path):/usr/bin:/bin",
        "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent",
      ]
    }

    func text(_ name: String) -> String? {
      folder.contents(of: name).map { String(decoding: $0, as: UTF8.self) }
    }
  }

  private func create(_ environment: [String: String], isWhole: Bool = true) throws -> VaultRun {
    try VaultRun(
      ["job=seal", "vault.path=/v/vault", "vault.create=secret-service"],
      session("work", "access_token=a"), isWhole: isWhole, environment: environment)
  }

  private func open(_ made: VaultRun, _ environment: [String: String]) throws -> VaultRun {
    let header = try #require(made.key?["vault.header"])
    return try VaultRun(
      ["job=unseal", "vault.path=/v/vault", "vault.header=\(header)"], SealedVault.log(made),
      environment: environment)
  }

  @Test func aKeyringKeepsTheKey() throws {
    let keyring = try Keyring()
    let made = try create(keyring.environment)
    #expect(made.status == 0, "\(made.last.text)")
    let key = try #require(made.key?["vault.key"])
    #expect(keyring.text("item") == key)
    let header = try VaultHeader.read(fromHexadecimal(made.key?["vault.header"] ?? "") ?? []).0
    #expect(header.plan.keySource == "secret-service" && header.plan.scrypt == nil)
    // The identifier is on the command line, and the key is not.
    let words = try #require(keyring.text("words"))
    #expect(words.contains("application sallyport vault \(hexadecimal(header.plan.vault))"))
    #expect(!words.contains(key))
    let opened = try open(made, keyring.environment)
    #expect(opened.status == 0 && opened.key?["vault.key"] == key)
  }

  @Test func aKeyOfAnotherVaultIsTold() throws {
    let keyring = try Keyring()
    let first = try create(keyring.environment)
    _ = try create(keyring.environment)
    let run = try open(first, keyring.environment)
    #expect(run.status == 6 && run.fault == "wrong_key")
    #expect(run.description == "the key in the keyring does not open /v/vault")
  }

  @Test(
    "why a keyring gives no key is told",
    arguments: [
      ("[ \"$1\" = lookup ] && exit 1", "has no key for this vault"),
      ("case $1 in lookup) exit 1;; search) echo '[/1]'; exit 0;; esac", "is locked"),
      ("[ \"$1\" = lookup ] && { echo 'secret-tool: no bus' >&2; exit 1; }", "secret-tool: no bus"),
      ("[ \"$1\" = lookup ] && kill -9 $$", "was ended by signal 9"),
      ("[ \"$1\" = lookup ] && { echo nonsense; exit 0; }", "is no key"),
    ])
  func noKey(script: String, words: String) throws {
    let (honest, other) = (try Keyring(), try Keyring(script))
    let made = try create(honest.environment)
    let run = try open(made, other.environment)
    #expect(run.status == 6 && run.fault == "source", "\(run.last.text)")
    #expect(run.description.contains(words), "\(run.description)")
  }

  @Test func aKeyringThatForgetsMakesNoVault() throws {
    for script in [
      "[ \"$1\" = lookup ] && exit 1", "[ \"$1\" = store ] && exit 1",
      "[ \"$1\" = lookup ] && { printf %064d 0; exit 0; }",
    ] {
      let keyring = try Keyring(script)
      let run = try create(keyring.environment)
      #expect(run.status != 0 && run.fault == "source" && run.key == nil, "\(run.last.text)")
    }
  }

  @Test func aVaultThatDidNotBecomeWholeLeavesNoKey() throws {
    let keyring = try Keyring()
    #expect(try create(keyring.environment, isWhole: false).status != 0)
    #expect(keyring.text("words") != nil && keyring.text("item") == nil)
  }

  @Test func withoutAKeyringNothingIsStarted() throws {
    let keyring = try Keyring()
    for (environment, words) in [
      (["PATH": "/nonexistent", "DBUS_SESSION_BUS_ADDRESS": "x"], "no secret-tool"),
      (["PATH": keyring.folder.path], "no session bus"),
      (["PATH": keyring.folder.path, "XDG_RUNTIME_DIR": "/nonexistent"], "no session bus"),
    ] {
      let run = try create(environment)
      #expect(run.status != 0 && run.fault == "source" && run.description.contains(words))
    }
    #expect(keyring.text("words") == nil)
  }

  @Test func aKeyringThatDoesNotAnswerIsNotWaitedForForEver() throws {
    let keyring = try Keyring("exec sleep 100")
    let run = try VaultRun(
      ["job=seal", "vault.create=secret-service", "timeout=1"], environment: keyring.environment)
    #expect(run.status == 6 && run.description.contains("in time"))
  }

  // MARK: Credentials

  private let name = "sallyport-vault"

  private func credential(
    _ folder: ScratchFolder, _ vault: SealedVault? = nil
  ) throws -> VaultRun {
    let environment = ["CREDENTIALS_DIRECTORY": folder.path]
    guard let vault else {
      return try VaultRun(
        ["job=seal", "vault.create=credential"], session("work", "access_token=a"),
        environment: environment)
    }
    return try VaultRun(vault.opening, vault.log, environment: environment)
  }

  @Test(
    "a credential opens its vault, with or without a line end",
    arguments: [
      "0123456789abcdef0123456789abcdef", "with\na line end inside, 32 bytes and more",
    ])
  func credential(text: String) throws {
    let folder = try ScratchFolder()
    _ = try folder.file(name, text, mode: 0o400)
    let made = try credential(folder)
    #expect(made.status == 0, "\(made.last.text)")
    unlink("\(folder.path)/\(name)")
    _ = try folder.file(name, text + "\n", mode: 0o400)
    #expect(try open(made, ["CREDENTIALS_DIRECTORY": folder.path]).status == 0)
    unlink("\(folder.path)/\(name)")
    _ = try folder.file(name, text + "x", mode: 0o400)
    let wrong = try open(made, ["CREDENTIALS_DIRECTORY": folder.path])
    #expect(wrong.status == 6 && wrong.fault == "wrong_key")
    #expect(wrong.description.contains("credential"))
  }

  @Test func whatIsNoCredentialIsRefused() throws {
    let folder = try ScratchFolder()
    func refusal(_ words: String) throws {
      let run = try credential(folder)
      #expect(run.status == 6 && run.fault == "source" && run.key == nil)
      #expect(run.description.contains(words), "\(run.description)")
      unlink("\(folder.path)/\(name)")
    }
    try refusal("there is no credential")
    let path = try folder.file(name, "")
    try refusal("is empty")
    _ = try folder.file(name, "secret", mode: 0o604)
    try refusal("others can read it")
    _ = try folder.file(name, "secret", mode: 0o660)
    try refusal("others can read it")
    symlink(try folder.file("other", "secret"), path)
    try refusal("not a file")
    mkfifo(path, 0o600)
    try refusal("not a file")
    _ = try folder.file(name, String(repeating: "x", count: 70_000))
    try refusal("larger than 64 KiB")
    let run = try VaultRun(["job=seal", "vault.create=credential"], environment: [:])
    #expect(run.status == 6 && run.description.contains("LoadCredentialEncrypted=sallyport-vault"))
  }
}
