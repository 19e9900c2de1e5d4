import Attributes
import Testing

@testable import Configuration

@Suite struct ConfigurationFaultTests {
  @Test func anUnknownKeyNamesItsLineAndTheNearestKnownOne() throws {
    let fault = try fault("[work]\nclient_id = x\nisuer = https://a.example\n")
    #expect(fault.line == 3)
    #expect(fault.sentence == "there is no key isuer; did you mean issuer?")
    #expect(fault.sentence(path: "/c").hasPrefix("/c, line 3: there is no key"))
    #expect(fault.failure(path: "/c").code == .failed)
  }

  @Test(arguments: [
    ("cilent_id", "client_id"), ("redirect-uri", "redirect_uri"), ("scopes", "scope"),
    ("Issuer", "issuer"), ("credential_urls", "credential_url"),
  ])
  func theNearestKeyIsFound(_ word: String, _ expected: String) throws {
    let fault = try fault("[work]\n\(word) = x\n")
    #expect(fault.sentence == "there is no key \(word); did you mean \(expected)?")
  }

  @Test(arguments: [
    "hunter2", "c2VjcmV0", "é", "issu\u{202E}er", String(repeating: "a", count: 41), "a b",
  ])
  func whatMayBeAPieceOfASecretIsNotRepeated(_ word: String) throws {
    let fault = try fault("[work]\n\(word)== x\n")
    #expect(fault.sentence.hasPrefix("unknown key; the nearest known one is "))
    #expect(!fault.sentence.contains(word))
  }

  @Test(arguments: ["issuer", "client_id", "scope", "authorize.prompt"])
  func aKeyThatIsNoListIsGivenOnce(_ key: String) throws {
    let value = key == "issuer" ? "https://a.example" : "x"
    let fault = try fault("[work]\n\(key) = \(value)\n\(key) = \(value)\n")
    #expect(fault == ConfigurationFault(line: 3, "\(key) is given twice"))
  }

  @Test func aSectionIsGivenOnce() throws {
    #expect(try fault("[work]\n[home]\n[work]\n").line == 3)
  }

  @Test func keysStandWhereTheyBelong() throws {
    #expect(try fault("issuer = https://a.example\n").sentence.contains("below a [NAME] line"))
    #expect(try fault("[work]\nvault = memory\n").sentence.contains("above the first [NAME]"))
  }

  @Test(arguments: [
    "[]", "[ ]", "[a b]", "[-a]", "[a/b]", "[work", "[work] x", "[a\u{202E}b]",
    "[\(String(repeating: "a", count: 65))]",
  ])
  func aSectionHasTheNameOfAnAccount(_ line: String) throws {
    #expect(try fault(line + "\n").line == 1)
  }

  @Test(arguments: ["client_id", "client_id =", "client_id = ; comment", "client_id = \"\"", "= x"])
  func aLineIsAKeyAndAValue(_ line: String) throws {
    #expect(try fault("[work]\n\(line)\n").line == 2)
  }

  @Test func bytesThatAreNoTextAreRefused() throws {
    let start = Array("[work]\nclient_id = a".utf8)
    #expect(try fault(start + [0]).sentence == "there is a control character on the line")
    #expect(try fault(start + [0x1B]).line == 2)
    #expect(try fault(start + [0x0D, 0x20]).line == 2)
    #expect(try fault(start + [0xFF]).sentence == "the line is not UTF-8")
    #expect(try fault(start + [0xC3]).sentence == "the line is not UTF-8")
    #expect(try fault(Array("; ".utf8) + [0xED, 0xA0, 0x80]).line == 1)
  }

  @Test func aFileHasALimit() throws {
    let long = [UInt8](repeating: UInt8(ascii: "\n"), count: ConfigurationFile.longest + 1)
    #expect(try fault(long).line == nil)
  }

  @Test func otherLineEndsThanTheNewlineEndNoLine() throws {
    // U+0085 and U+2028 are white space elsewhere; here they are part of the value.
    let work = try account("username = a\u{2028}issuer = x")
    #expect(work["username"] == "a\u{2028}issuer = x")
    #expect(work["issuer"] == nil)
  }
}

@Suite struct ValueTests {
  @Test(arguments: [
    ("issuer", "http://auth.example.com"), ("issuer", "auth.example.com"),
    ("issuer", "https://user@auth.example.com"), ("issuer", "https://a.example/#x"),
    ("issuer", "javascript:alert(1)"), ("token_endpoint", "https://a example/"),
    ("token_endpoint", "https://"), ("redirect_uri", "callback"),
    ("redirect_uri", "http://evil.example/callback"), ("redirect_uri", "com.example:/x#y"),
    ("login", "always"), ("token_endpoint_auth_method", "basic"), ("scope", "a  b"),
    ("scope", "a\"b"), ("client_id", "é"), ("client_secret_file", "secret.txt"),
    ("dpop_bound_access_tokens", "perhaps"), ("credential_url", "http://git.example.com"),
    ("credential_url", "https://u@git.example.com"), ("credential_url", "https://a/../b"),
    ("credential_url", "https://a/?x"), ("authorize.state", "x"), ("authorize.", "x"),
    ("authorize.a b", "x"), ("authorize.scope", "openid"),
    ("authorize.code_challenge_method", "plain"),
  ])
  func anUnfitValueIsRefused(_ key: String, _ value: String) throws {
    #expect(try fault("[work]\n\(key) = \(value)\n").line == 2)
  }

  @Test(arguments: [
    ("issuer", "http://localhost:8080"), ("issuer", "https://[2001:db8::1]:8443/x"),
    ("redirect_uri", "com.pingidentity.developer.oauthplayground://oidc_callback"),
    ("redirect_uri", "http://127.0.0.1/callback"), ("redirect_uri", "https://app.example/cb"),
    ("login", "on-demand"), ("dpop_bound_access_tokens", "no"), ("authorize.prompt", "a b"),
    ("resource", "urn:example:api"), ("credential_url", "http://localhost:3080/git"),
  ])
  func aFitValueIsTaken(_ key: String, _ value: String) throws {
    #expect(try account("\(key) = \(value)")[key] == value)
  }

  @Test(arguments: ["secret-service", "passphrase", "credential"])
  func vaultsThatAreNotBuiltYetAreRefusedInWords(_ vault: String) throws {
    #expect(try fault("vault = \(vault)\n").sentence.contains("not built yet"))
    #expect(try fault("vault = disk\n").sentence.contains("is none of"))
  }

  @Test(arguments: [
    "require_pushed_authorization_requests = yes", "dpop_bound_access_tokens = true",
    "token_endpoint_auth_method = private_key_jwt",
  ])
  func whatIsNotBuiltYetRefusesTheSignIn(_ line: String) throws {
    let refusal = try #require(try account(line).refusal)
    #expect(refusal.sentence.contains("not supported yet"))
  }

  @Test(arguments: [
    "require_pushed_authorization_requests = no", "client_id = x",
    "token_endpoint_auth_method = client_secret_post",
    "device_authorization_endpoint = https://a.example/device",
  ])
  func whatWeakensNothingRefusesNothing(_ line: String) throws {
    #expect(try account(line).refusal == nil)
  }
}

@Suite struct SessionIdentityTests {
  @Test(arguments: [
    "issuer = https://b.example", "client_id = y", "token_endpoint = https://a.example/t",
    "revocation_endpoint = https://a.example/r", "token_endpoint_auth_method = none",
    "jwks_uri = https://a.example/j", "dpop_bound_access_tokens = yes",
  ])
  func anotherServerOrClientEndsASession(_ line: String) throws {
    let former = try account("scope = openid")
    #expect(try account("scope = openid\n\(line)").securityRelevantDifference(from: former) != nil)
    #expect(try former.securityRelevantDifference(from: account("scope = openid\n\(line)")) != nil)
  }

  @Test func aScopeALineAndACommentEndNoSession() throws {
    let former = try account("issuer = https://a.example\nscope = openid")
    let now = try account(
      "; moved\n\nissuer = https://a.example\nscope = openid profile\nlogin = manual")
    #expect(now.securityRelevantDifference(from: former) == nil)
  }
}

@Suite struct EditDistanceTests {
  @Test(arguments: [
    ("", "", 0), ("a", "", 1), ("", "ab", 2), ("issuer", "issuer", 0), ("isuer", "issuer", 1),
    ("sisuer", "issuer", 1), ("suer", "issuer", 2), ("ab", "ba", 1), ("kitten", "sitting", 3),
  ])
  func changesAreCounted(_ a: String, _ b: String, _ expected: Int) {
    #expect(editDistance(a, b) == expected)
    #expect(editDistance(b, a) == expected)
  }

  @Test func thereIsNoNearestOfNone() {
    #expect(nearestWord(to: "a", in: []) == nil)
    #expect(nearestWord(to: "lgoin", in: ["token", "login", "logout"]) == "login")
  }
}
