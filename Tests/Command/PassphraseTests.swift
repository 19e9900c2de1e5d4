import Glibc
import Testing

@testable import Command

/// A buffer with these bytes.
private func buffer(_ bytes: [UInt8]) -> WipedBuffer {
  var buffer = WipedBuffer()
  bytes.withUnsafeBytes { buffer.append($0) }
  return buffer
}

private func fault(_ bytes: [UInt8]) -> Passphrase.Fault? {
  do throws(Passphrase.Fault) {
    _ = try Passphrase(buffer(bytes))
    return nil
  } catch { return error }
}

@Suite struct PassphraseTests {
  @Test(arguments: [
    "correct horse", "x", " ", "pässwörd", "a=b", String(repeating: "x", count: 1024),
  ])
  func whatFitsIsTakenAsItIs(_ text: String) throws {
    for end in ["", "\n", "\r\n"] {
      let passphrase = try Passphrase(buffer(Array((text + end).utf8)))
      #expect(passphrase.bytes.elementsEqual(text.utf8))
    }
  }

  @Test func whatNoLineCanHoldIsRefused() {
    #expect(fault([]) == .empty)
    #expect(fault([10]) == .empty)
    #expect(fault([13, 10]) == .empty)
    #expect(fault(Array("a\nb".utf8)) == .newline)
    #expect(fault(Array("a\n\n".utf8)) == .newline)
    #expect(fault(Array("a\rb".utf8)) == .newline)
    #expect(fault([97, 0, 98]) == .nul)
    #expect(fault([0xFF, 0xFE, 0x80]) == .notUTF8)
    #expect(fault([0x70, 0xE4]) == .notUTF8)
    #expect(fault([UInt8](repeating: 97, count: 1025)) == .tooLong)
  }

  @Test func aShortOneIsTold() throws {
    #expect(try Passphrase(buffer(Array("1234567".utf8))).isShort)
    #expect(try !Passphrase(buffer(Array("12345678".utf8))).isShort)
  }

  @Test func twoAreTheSameByEveryByte() throws {
    let one = try Passphrase(buffer(Array("abc".utf8)))
    for (text, isSame) in [("abc", true), ("abd", false), ("ab", false), ("abcd", false)] {
      let other = try Passphrase(buffer(Array(text.utf8)))
      #expect(one.isSame(as: other) == isSame)
    }
  }
}

@Suite struct PassphraseWayTests {
  private func ways(
    _ occasion: PassphraseWay.Occasion = .request, hasTerminal: Bool = true,
    _ variables: [String: String] = [:], there: Set<String> = []
  ) -> [PassphraseWay] {
    // Programs that are on every machine stand for those that ask.
    let programs = ["PATH": "/nonexistent"].merging(variables) { $1 }
    return PassphraseWay.all(
      for: occasion, hasTerminal: hasTerminal, variable: { programs[$0] },
      exists: { there.contains($0) }, isWritable: { there.contains($0) })
  }

  private let own = PassphraseWay.askpass(program: "/bin/sh", name: "/bin/sh")
  private let ssh = PassphraseWay.askpass(program: "/bin/cat", name: "/bin/cat")

  @Test func theTerminalComesFirst() {
    #expect(ways() == [.terminal])
    #expect(ways(["SALLYPORT_ASKPASS": "/bin/sh"]) == [.terminal, own])
    #expect(ways(hasTerminal: false) == [])
  }

  private func ways(_ variables: [String: String]) -> [PassphraseWay] {
    ways(.request, variables)
  }

  @Test func theProgramOfSSHNeedsADisplay() {
    #expect(ways(["SSH_ASKPASS": "/bin/cat"]) == [.terminal])
    #expect(ways(["SSH_ASKPASS": "/bin/cat", "DISPLAY": ":0"]) == [.terminal, ssh])
    #expect(ways(["SSH_ASKPASS": "/bin/cat", "WAYLAND_DISPLAY": "w"]) == [.terminal, ssh])
    #expect(
      ways(["SSH_ASKPASS": "/bin/cat", "DISPLAY": ":0", "SSH_ASKPASS_REQUIRE": "never"])
        == [.terminal])
  }

  @Test func itCanBeWantedFirst() {
    let force = ["SSH_ASKPASS": "/bin/cat", "SSH_ASKPASS_REQUIRE": "force"]
    #expect(ways(force) == [ssh, .terminal])
    let prefer = ["SSH_ASKPASS": "/bin/cat", "SSH_ASKPASS_REQUIRE": "Prefer"]
    #expect(ways(prefer) == [.terminal])
    #expect(ways(prefer.merging(["DISPLAY": ":0"]) { $1 }) == [ssh, .terminal])
  }

  @Test func theOwnProgramIsNeverForbidden() {
    let both = ["SALLYPORT_ASKPASS": "/bin/sh", "SSH_ASKPASS": "/bin/cat"]
    #expect(ways(both) == [.terminal, own])
    #expect(ways(both.merging(["SSH_ASKPASS_REQUIRE": "never"]) { $1 }) == [.terminal, own])
    #expect(ways(both.merging(["SSH_ASKPASS_REQUIRE": "force"]) { $1 }) == [own, ssh, .terminal])
  }

  @Test func whatIsNotThereIsSaidOfTheOwnProgramAlone() {
    let missing = PassphraseWay.missing("/nonexistent/askpass", reason: "no such file or directory")
    #expect(ways(["SALLYPORT_ASKPASS": "/nonexistent/askpass"]) == [.terminal, missing])
    #expect(
      ways(["SALLYPORT_ASKPASS": "askpass"])
        == [.terminal, .missing("askpass", reason: "it is not in PATH")])
    #expect(
      ways(["SALLYPORT_ASKPASS": "/bin/"]) == [
        .terminal, .missing("/bin/", reason: "it is not a regular file"),
      ])
    #expect(ways(["SSH_ASKPASS": "/nonexistent/askpass", "DISPLAY": ":0"]) == [.terminal])
    #expect(!PassphrasePrompt([missing]).canAsk && PassphrasePrompt([missing, .terminal]).canAsk)
  }

  @Test func systemdAsksForVerbsAloneAndWhereItRuns() {
    let folder = "/run/systemd/ask-password"
    let variables = ["PATH": "/usr/bin:/bin"]
    let found = ways(.verb, hasTerminal: false, variables, there: ["/run/systemd/system", folder])
    guard access("/usr/bin/systemd-ask-password", X_OK) == 0 else {
      #expect(found.isEmpty)
      return
    }
    #expect(found == [.systemd(program: "/usr/bin/systemd-ask-password", isUser: false)])
    #expect(ways(.verb, hasTerminal: false, variables, there: [folder]).isEmpty)
    #expect(ways(.verb, hasTerminal: false, variables, there: ["/run/systemd/system"]).isEmpty)
    #expect(
      ways(.request, hasTerminal: false, variables, there: ["/run/systemd/system", folder]).isEmpty)
    #expect(
      ways(
        .verb, hasTerminal: false, variables.merging(["XDG_RUNTIME_DIR": "/r"]) { $1 },
        there: ["/run/systemd/system", "/r/systemd/ask-password"])
        == [.systemd(program: "/usr/bin/systemd-ask-password", isUser: true)])
  }
}
