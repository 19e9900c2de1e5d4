import Glibc
import Platform
import TLS
import Testing
import Vault

@testable import Courier

/// A refresh whose agent ends before it has saved what the server answered.
@Suite struct AnswerKeeperTests {
  /// A folder with a vault in which a refresh of `work` has begun, and its lock.
  private final class Place {
    let folder: ScratchFolder
    let lock: Descriptor
    var vault: SealedVault
    let answerKey: String
    /// They answer as long as they are held.
    private var servers: [FakeServer] = []

    init(_ more: [[String]] = []) throws {
      folder = try ScratchFolder()
      vault = try SealedVault(session("work", "refresh_token=R-OLD"))
      let began = try vault.append([
        ["record=refresh-started", "name=work"], ["refresh_token=R-OLD"],
      ])
      answerKey = try #require(began.sealed[0]["answer_key"])
      if !more.isEmpty { _ = try vault.append(more) }
      _ = try folder.bytes("vault", vault.file)
      let path = try folder.file("vault.lock", "")
      lock = try Descriptor.open(path, O_RDWR)
      try #require(flock(lock.number, LOCK_EX | LOCK_NB) == 0)
    }

    func refresh(
      _ server: FakeServer, _ lines: [String] = [], of name: String = "work", key: String? = nil,
      lock: Int32? = nil
    ) throws -> CourierRun {
      servers.append(server)
      return try CourierRun(
        [
          "job=refresh", "account=\(name)", "client_id=c", "refresh_token=R-OLD",
          "session.token_endpoint=\(server.base)/t", "vault.folder=\(folder.path)",
          "vault.answer_key=\(key ?? answerKey)",
        ] + lines, lock: lock ?? self.lock.number)
    }

    /// What the next agent finds.
    func opened() throws -> VaultRun {
      var read = vault
      let bytes = try #require(folder.contents(of: "vault"))
      let (header, length) = try VaultHeader.read(bytes)
      try #require(hexadecimal(header.bytes) == vault.header)
      read.log = []
      var rest = bytes[length...]
      while !rest.isEmpty {
        guard case .frame(let frame) = RecordFrame.read(rest) else {
          throw TestFault("the log is damaged")
        }
        rest = rest.dropFirst(frame.length)
        read.log.append([
          "sequence=\(frame.sequence)", "record=\(frame.kind.name)", "name=\(frame.name)",
          "sealed[]=\(hexadecimal(frame.sealed))",
        ])
      }
      return try read.unsealed()
    }

    var isAsItWas: Bool { folder.contents(of: "vault") == vault.file }
  }

  private static let tokens =
    #"{"access_token":"A-NEW","token_type":"Bearer","refresh_token":"R-NEW","expires_in":60}"#

  private func server(_ text: String = tokens, status: Int = 200) throws -> FakeServer {
    try FakeServer { _ in .json(text, status: status) }
  }

  @Test func theAnswerIsWrittenDownWhenTheAgentHasEnded() throws {
    let place = try Place()
    let run = try place.refresh(try server())
    let (block, _) = try (run.next("done"), run.hangUp())
    #expect(try run.status() == 0 && block["refresh_token"] == "R-NEW")
    let opened = try place.opened()
    #expect(opened.status == 0, "\(opened.last.text)")
    let answer = try #require(opened.records("answer")["work"])
    for line in block.text.split(separator: "\n") {
      #expect(answer.text.split(separator: "\n").contains(line))
    }
    #expect(try #require(answer["answered_at"].flatMap { Int64($0) }) > 1_700_000_000)
    #expect(answer["narrowed"] == nil)
    // The session it belongs to is there, and nothing is said to be interrupted.
    #expect(opened.records("session")["work"]?["refresh_token"] == "R-OLD")
    #expect(opened.records("refresh-started").isEmpty)
  }

  @Test func anAnswerThatNobodyCouldReadIsWrittenDown() throws {
    let place = try Place()
    let run = try place.refresh(try server())
    _ = try run.next()
    // The agent is gone with both directions, but not before the courier has begun.
    shutdown(run.number, Int32(SHUT_RDWR))
    _ = try run.status()
    #expect(try place.opened().records("answer")["work"]?["refresh_token"] == "R-NEW")
  }

  @Test func aRefusalIsWrittenDownToo() throws {
    let place = try Place()
    let run = try place.refresh(try server(#"{"error":"invalid_grant"}"#, status: 400))
    run.hangUp()
    #expect(try run.end().status == 3)
    let answer = try place.opened().records("answer")["work"]
    #expect(answer?["oauth_error"] == "invalid_grant" && answer?["error"] == "login_required")
  }

  @Test func anAnswerForLessSaysSo() throws {
    let place = try Place()
    let run = try place.refresh(try server(), ["narrow.scope=read"])
    run.hangUp()
    #expect(try run.end().status == 0)
    #expect(try place.opened().records("answer")["work"]?["narrowed"] == "yes")
  }

  @Test func nothingIsWrittenWhenTheAgentHasSavedIt() throws {
    let place = try Place()
    let run = try place.refresh(try server())
    _ = try run.next("done")
    run.send("other=1")
    run.send("kept=yes")
    run.hangUp()
    #expect(try run.status() == 0 && place.isAsItWas)
  }

  @Test func anAgentThatLetsGoOfTheVaultSaysSo() throws {
    let place = try Place()
    let run = try place.refresh(try server())
    run.send("kept=no")
    #expect(try run.end().status == 0)
    #expect(try place.opened().records("answer").count == 1)
  }

  @Test(
    "nothing is written where the refresh has ended in the log",
    arguments: [
      session("work", "refresh_token=R-NEW"), [["record=removal", "name=work"], ["removed_at=1"]],
      [["record=refresh-ended", "name=work"], ["ended_at=1"]],
    ])
  func ended(more: [[String]]) throws {
    let place = try Place(more)
    let run = try place.refresh(try server())
    run.hangUp()
    #expect(try run.end().status == 0 && place.isAsItWas)
  }

  @Test func nothingIsWrittenWithoutTheLock() throws {
    let place = try Place()
    let other = try Descriptor.open(try place.folder.file("other", ""), O_RDWR)
    for lock in [-1, other.number] {
      let run = try place.refresh(try server(), lock: lock)
      run.hangUp()
      _ = try run.end()
      #expect(place.isAsItWas)
    }
  }

  @Test("a vault that is gone, damaged or not to be written is left", arguments: 0..<4)
  func noVault(way: Int) throws {
    let place = try Place()
    let path = "\(place.folder.path)/vault"
    switch way {
    case 0: unlink(path)
    case 1: _ = try place.folder.bytes("vault", Array("something else".utf8))
    case 2: chmod(path, 0o644)
    default:
      var bytes = place.vault.file
      bytes[bytes.count - 100] ^= 1
      _ = try place.folder.bytes("vault", bytes + place.vault.file.suffix(60))
    }
    let before = place.folder.contents(of: "vault")
    let run = try place.refresh(try server())
    run.hangUp()
    let (block, status) = try run.end()
    #expect(status == 0 && block["refresh_token"] == "R-NEW")
    if way < 3 { #expect(place.folder.contents(of: "vault") == before) }
  }

  @Test func severalWriteOneAfterTheOther() throws {
    let place = try Place([
      ["record=session", "name=home"], ["refresh_token=R-OLD", "obtained_at=1"],
      ["record=refresh-started", "name=home"], ["refresh_token=R-OLD"],
    ])
    let other = try #require(
      try place.opened().records("refresh-started")["home"]?["answer_key"])
    let path = "\(place.folder.path)/vault"
    // Somebody else has the turn for now.
    let turn = try Descriptor.open(path, O_RDWR)
    try #require(flock(turn.number, LOCK_EX | LOCK_NB) == 0)
    let first = try place.refresh(try server())
    let second = try place.refresh(try server(), of: "home", key: other)
    for run in [first, second] {
      run.hangUp()
      _ = try run.next("done")
    }
    #expect(place.isAsItWas)
    flock(turn.number, LOCK_UN)
    #expect(try first.status() == 0 && second.status() == 0)
    #expect(try place.opened().records("answer").count == 2)
  }

  @Test func anAnswerUnderAnotherKeyIsLeftOut() throws {
    let place = try Place()
    let run = try place.refresh(try server(), key: String(repeating: "0", count: 64))
    run.hangUp()
    _ = try run.end()
    let opened = try place.opened()
    #expect(opened.status == 0 && opened.records("answer").isEmpty)
    #expect(opened.records.last?.heading["interrupted"] == "yes")
  }

  /// Two couriers have outlived their agents, and the later one's refresh is not the one that began.
  @Test func aGoodAnswerIsNotHiddenByALaterOne() throws {
    let place = try Place()
    for (token, key) in [("R-NEW", nil), ("R-BAD", String(repeating: "0", count: 64))] {
      let answer = #"{"access_token":"A","token_type":"Bearer","refresh_token":"\#(token)"}"#
      let run = try place.refresh(try server(answer), key: key)
      run.hangUp()
      #expect(try run.end().status == 0)
    }
    let bytes = try #require(place.folder.contents(of: "vault"))
    #expect(bytes.count > place.vault.file.count + 2 * 51, "both have written")
    let opened = try place.opened()
    #expect(opened.status == 0)
    #expect(opened.records("answer")["work"]?["refresh_token"] == "R-NEW")
  }

  @Test(
    "a key that is none is refused before the server is asked",
    arguments: ["vault.answer_key=00", "vault.answer_key=zz"])
  func malformed(line: String) throws {
    let server = try server()
    let run = try CourierRun([
      "job=refresh", "account=work", "client_id=c", "refresh_token=R-OLD",
      "session.token_endpoint=\(server.base)/t", "vault.folder=/nonexistent", line,
    ])
    #expect(try run.end().status == 2 && server.requests.isEmpty)
  }
}
