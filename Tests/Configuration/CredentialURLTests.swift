import Attributes
import Testing

@testable import Configuration

@Suite struct CredentialURLTests {
  private func answers(
    _ url: String, to scheme: String?, _ host: String?, path: String? = nil
  ) throws -> Bool {
    let account = try account("credential_url = \(url)")
    guard let request = CredentialRequest(protocol: scheme, host: host, path: path) else {
      return false
    }
    return CredentialURL.accounts(answering: request, among: [account]) == [account]
  }

  @Test(arguments: ["git.example.com", "GIT.Example.COM", "git.example.com:443"])
  func theSameHostIsAnswered(_ host: String) throws {
    #expect(try answers("https://git.example.com", to: "https", host))
    #expect(try answers("https://git.example.com/", to: "https", host))
    #expect(try answers("https://GIT.example.com:443", to: "HTTPS", host))
  }

  @Test(arguments: [
    "git.example.com.evil.org", "evilgit.example.com", "evil.org", "example.com",
    "git.example.com:8443",
    "git.example.com:80", "user@git.example.com", "git.example.com@evil.org", "git.example.com.",
    "git.example.com:", "git.example.com:0443", "git.example.com:99999", "git.example.com:+443",
    "git.example.com/x", "git.example.com#.evil.org", "git.example.com%00", "git.exämple.com",
    "git.example.com\n", " git.example.com", "git。example。com", "", ":443", "[::1]",
  ])
  func aLookAlikeIsNotAnswered(_ host: String) throws {
    #expect(try !answers("https://git.example.com", to: "https", host))
  }

  @Test func anotherSchemeIsNotAnswered() throws {
    #expect(try !answers("https://git.example.com", to: "http", "git.example.com"))
    #expect(try !answers("https://git.example.com", to: "http", "git.example.com:443"))
    #expect(try !answers("https://git.example.com", to: "ssh", "git.example.com"))
  }

  @Test(arguments: ["localhost:3080", "LOCALHOST:3080"])
  func plainHTTPIsForLoopbackHosts(_ host: String) throws {
    #expect(try answers("http://localhost:3080", to: "http", host))
    #expect(try answers("http://[::1]:3080", to: "http", "[::1]:3080"))
    #expect(try answers("http://127.0.0.1", to: "http", "127.0.0.1:80"))
    #expect(throws: ConfigurationFault.self) {
      try account("credential_url = http://localhost.evil.org")
    }
    #expect(throws: ConfigurationFault.self) {
      try account("credential_url = http://127.0.0.1.evil.org")
    }
  }

  @Test func aRequestWithoutProtocolOrHostGetsNoAnswer() throws {
    #expect(CredentialRequest(protocol: nil, host: "git.example.com") == nil)
    #expect(CredentialRequest(protocol: "https", host: nil) == nil)
    #expect(CredentialRequest(protocol: "", host: "") == nil)
    #expect(CredentialRequest(protocol: "https", host: "") == nil)
  }

  @Test(arguments: ["team", "team/", "team/repo.git", "/team/repo.git", "team//x"])
  func aPathAnswersBelowItself(_ path: String) throws {
    #expect(try answers("https://git.example.com/team", to: "https", "git.example.com", path: path))
  }

  @Test(arguments: [
    nil, "", "teammates/repo.git", "Team/x", "other/team", "team/../other", "team/./../x", "..",
    "te",
  ])
  func aPathAnswersNothingElse(_ path: String?) throws {
    #expect(
      try !answers("https://git.example.com/team", to: "https", "git.example.com", path: path))
  }

  @Test func aURLIsTakenApartAsGitDoes() throws {
    let account = try account("credential_url = https://git.example.com/te%61m")
    for url in [
      "https://git.example.com/team/x", "https://alice@git.example.com:443/%74eam",
      "https://a:b@git.example.com/team?x#y",
    ] {
      let request = try #require(CredentialRequest(url: url))
      #expect(CredentialURL.accounts(answering: request, among: [account]) == [account])
    }
    for url in [
      "https://git.example.com@evil.org/team", "https://git.example.com/team%2F..%2Fother/..",
      "https://git.example.com/team/%2e%2e/other", "https://evil.org\\@git.example.com/team",
    ] {
      let request = CredentialRequest(url: url)
      let answering = request.map { CredentialURL.accounts(answering: $0, among: [account]) }
      #expect(answering ?? [] == [])
    }
  }

  @Test func theMostSegmentsWin() throws {
    let file = try read(
      """
      [all]
      credential_url = https://git.example.com
      [team]
      credential_url = https://other.example
      credential_url = https://git.example.com/team
      """)
    func names(_ path: String?) throws -> [String] {
      let request = try #require(
        CredentialRequest(protocol: "https", host: "git.example.com", path: path))
      return file.accounts(answering: request).map(\.name.text)
    }
    #expect(try names("team/x") == ["team"])
    #expect(try names("x") == ["all"])
    #expect(try names(nil) == ["all"])
  }

  @Test func aUserNameChoosesAmongEquals() throws {
    let file = try read(
      """
      [a]
      credential_url = https://git.example.com
      username = alice
      [b]
      credential_url = https://git.example.com
      """)
    func names(_ user: String?) throws -> [String] {
      let request = try #require(
        CredentialRequest(protocol: "https", host: "git.example.com", username: user))
      return file.accounts(answering: request).map(\.name.text)
    }
    #expect(try names("alice") == ["a"])
    #expect(try names("bob") == ["a", "b"])
    #expect(try names(nil) == ["a", "b"])
    #expect(try names("") == ["a", "b"])
  }

  @Test func attributesOfARequestAreRead() throws {
    let account = try account("credential_url = https://git.example.com")
    for text in [
      "protocol=https\nhost=git.example.com\n", "url=https://git.example.com/x\n",
    ] {
      try Array(text.utf8).withUnsafeBytes { bytes in
        let request = try #require(CredentialRequest(try AttributeBlock(bytes)))
        #expect(CredentialURL.accounts(answering: request, among: [account]) == [account])
      }
    }
    Array("host=git.example.com\nurl=https://git.example.com/\n".utf8).withUnsafeBytes { bytes in
      #expect((try? AttributeBlock(bytes)).flatMap { CredentialRequest($0) } == nil)
    }
  }
}

@Suite struct WebURLTests {
  @Test func aURLIsTakenApart() throws {
    let url = try #require(WebURL("HTTPS://User@Host.Example:8443/a/b?c#d"))
    #expect(url.scheme == "https")
    #expect(url.host == "host.example")
    #expect(url.port == 8443)
    #expect(url.path == "/a/b")
    #expect(url.hasUserInformation)
    #expect(url.user == "User")
    #expect(WebURL("https://h?x")?.path == "")
    #expect(WebURL("https://@h")?.hasUserInformation == true)
  }

  @Test(arguments: [
    "", "https:", "https:/h", "https://", "https:///x", "ftp://h", "//h", "h", "https://h:0/",
    "https://h:65536", "https://h:a", "https://a b", "https://h/\u{1b}", "https://h/%zz",
    "https://h/%4",
    "https://h/é", "https://[::1", "https://[g]", "-https://h", "https://h/\"", "https://h\\@x",
    "https://h/`id`", "https://h/<x>", "https://h|x",
  ])
  func whatIsNoURLIsNone(_ text: String) {
    #expect(WebURL(text) == nil)
  }

  @Test func onlyThreeNamesAreLoopback() {
    for host in ["localhost", "127.0.0.1", "[::1]"] { #expect(WebURL.isLoopback(host)) }
    for host in ["localhost.evil.org", "127.0.0.2", "0.0.0.0", "[::]", "a.localhost"] {
      #expect(!WebURL.isLoopback(host))
    }
  }
}
