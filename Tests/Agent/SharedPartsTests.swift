import Configuration
import Secrets
import Testing

@testable import Agent

@Suite("What accounts of one vault have in common")
struct SharedPartsTests {
  private let pool = SecretPool()

  private func stored(endpoint: String = "https://as.example/t", scope: String = "a") throws
    -> String
  {
    let answer =
      "event=done\naccess_token=at\nrefresh_token=rt\nsession.token_endpoint=\(endpoint)\n"
    let section = AccountSettings(
      name: try accountName("work"),
      settings: [
        Setting(key: "issuer", value: "https://as.example"), Setting(key: "scope", value: scope),
      ])
    return try makeAccount(answer, section: section, pool: pool).stored(in: pool)
  }

  /// Where elements lie: two arrays with the same place have one storage.
  private func place<Element>(_ array: [Element]?) -> UnsafeRawPointer? {
    array?.withUnsafeBytes { $0.baseAddress }
  }

  @Test func theSameIsHeldOnce() throws {
    var parts = SharedParts()
    let one = try restore(try stored(), sharing: &parts, pool: pool).session
    let other = try restore(try stored(), sharing: &parts, pool: pool).session
    #expect(one?.carried.lines == Array("session.token_endpoint=https://as.example/t\n".utf8))
    #expect(place(one?.carried.lines) == place(other?.carried.lines))
    #expect(place(one?.settings.section?.settings) == place(other?.settings.section?.settings))
    let alone = try restore(try stored(), pool: pool).session
    #expect(place(one?.carried.lines) != place(alone?.carried.lines))
  }

  @Test func whatDiffersIsEachOnesOwn() throws {
    var parts = SharedParts()
    let one = try restore(try stored(), sharing: &parts, pool: pool).session
    let text = try stored(endpoint: "https://other.example/t", scope: "b")
    let other = try restore(text, sharing: &parts, pool: pool).session
    #expect(one?.carried.text("session.token_endpoint") == "https://as.example/t")
    #expect(other?.carried.text("session.token_endpoint") == "https://other.example/t")
    #expect(one?.settings["scope"] == "a" && other?.settings["scope"] == "b")
  }

  /// Two ways to write a letter are equal as text, and are two paths.
  @Test func whatIsWrittenInAnotherWayIsNotTheSame() {
    var parts = SharedParts()
    let composed = [Setting(key: "client_secret_file", value: "/k/\u{E9}")]
    let decomposed = [Setting(key: "client_secret_file", value: "/k/e\u{301}")]
    _ = parts.shared(composed)
    let shared = parts.shared(decomposed)
    #expect(shared[0].value.utf8.elementsEqual(decomposed[0].value.utf8))
  }

  @Test func aRefreshPartsOnlyWhatHasChanged() throws {
    var parts = SharedParts()
    let one = try #require(try restore(try stored(), sharing: &parts, pool: pool).session)
    let other = try #require(try restore(try stored(), sharing: &parts, pool: pool).session)
    let refresh = { (session: Session, endpoint: String) in
      try withBlock("event=done\naccess_token=at-2\nsession.token_endpoint=\(endpoint)\n") {
        _ = session.refreshed(by: $0, now: start, pool: pool)
      }
    }
    try refresh(one, "https://as.example/t")
    #expect(place(one.carried.lines) == place(other.carried.lines))
    try refresh(one, "https://as.example/t2")
    #expect(one.carried.text("session.token_endpoint") == "https://as.example/t2")
    #expect(other.carried.text("session.token_endpoint") == "https://as.example/t")
  }
}
