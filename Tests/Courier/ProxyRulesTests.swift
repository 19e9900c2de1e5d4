import OAuth
import Platform
import Testing

@testable import Courier

/// Which requests go through which proxy.
@Suite struct ProxyRulesTests {
  private func proxy(
    for address: String, setting: String? = nil, _ environment: [String: String] = [:]
  ) throws -> Proxy? {
    try ProxyRules(setting: setting, environment: Environment(environment))
      .proxy(for: Endpoint(address))
  }

  @Test func settingWinsOverTheEnvironment() throws {
    let environment = ["https_proxy": "http://env:1", "no_proxy": "*"]
    #expect(try proxy(for: "https://a.example", setting: "set:2", environment)?.host == "set")
    #expect(try proxy(for: "https://a.example", setting: "none", environment) == nil)
  }

  @Test func lowerCaseVariableWins() throws {
    let environment = ["https_proxy": "http://low:1", "HTTPS_PROXY": "http://up:2"]
    #expect(try proxy(for: "https://a.example", environment)?.host == "low")
    #expect(try proxy(for: "https://a.example", ["HTTPS_PROXY": "up:2"])?.port == 2)
    #expect(try proxy(for: "https://a.example", ["HTTP_PROXY": "up:2"]) == nil)
  }

  @Test(
    "thisMachineIsAlwaysReachedDirectly",
    arguments: [
      "https://localhost", "https://127.0.0.1:8443", "https://[::1]", "http://localhost:80",
    ])
  func loopback(address: String) throws {
    #expect(try proxy(for: address, setting: "set:2") == nil)
  }

  @Test(
    "an exception matches whole labels",
    arguments: [
      ("example.com", true), (".example.com", true), ("*.example.com", true), ("EXAMPLE.com", true),
      ("a.example.com:443", true), ("a.example.com:444", false), ("ample.com", false), ("*", true),
      ("b.example.com", false), ("com", true), ("", false), (" x , a.example.com ", true),
    ])
  func exception(pattern: String, matches: Bool) throws {
    let environment = ["https_proxy": "p:1", "no_proxy": pattern]
    #expect((try proxy(for: "https://a.example.com", environment) == nil) == matches)
  }

  @Test(
    "a block of addresses matches what is in it",
    arguments: [
      ("10.1.0.0/16", "10.1.2.3", true), ("10.1.0.0/16", "10.2.0.1", false),
      ("10.1.2.3", "10.1.2.3", true), ("0.0.0.0/0", "10.1.2.3", true),
      ("2001:db8::/32", "[2001:db8::1]", true), ("2001:db8::/33", "[2001:db8:8000::1]", false),
      ("10.0.0.0/33", "10.0.0.1", false), ("10.0.0.0/-1", "10.0.0.1", false),
    ])
  func block(pattern: String, host: String, matches: Bool) throws {
    let environment = ["https_proxy": "p:1", "no_proxy": pattern]
    #expect((try proxy(for: "https://\(host)", environment) == nil) == matches)
  }

  @Test(
    "an address is read",
    arguments: [
      ("proxy.example:3128", "proxy.example", 3128), ("http://proxy.example", "proxy.example", 80),
      ("http://proxy.example:443/", "proxy.example", 443), ("http://[::1]:8080", "::1", 8080),
      ("http://u:p@proxy.example:1", "proxy.example", 1),
    ])
  func address(text: String, host: String, port: UInt16) throws {
    let proxy = try Proxy(text, source: "x")
    #expect(proxy.host == host)
    #expect(proxy.port == port)
  }

  @Test func passwordMayHoldAnything() throws {
    let proxy = try Proxy("http://u%3Aser:p%40:ss+1@proxy.example:1", source: "x")
    #expect(proxy.authorization == "Basic \(Base64.encode(Array("u:ser:p@:ss+1".utf8)))")
    #expect(try Proxy("http://proxy.example:1", source: "x").authorization == nil)
  }

  @Test(
    "what is no http proxy is refused",
    arguments: [
      "https://proxy.example", "socks5://proxy.example", "http://", "http://a b", "http://proxy:0",
      "http://proxy:99999", "http://proxy/path", "http://u:%zz@proxy",
    ])
  func refused(text: String) {
    #expect(throws: ProxyFault.self) { try Proxy(text, source: "x") }
  }

  @Test func faultDoesNotShowTheCredentials() {
    let fault = #expect(throws: ProxyFault.self) {
      try Proxy("http://ada:secret@a b", source: "HTTPS_PROXY")
    }
    #expect(fault?.sentence.contains("secret") == false)
    #expect(fault?.sentence.contains("HTTPS_PROXY") == true)
  }
}
