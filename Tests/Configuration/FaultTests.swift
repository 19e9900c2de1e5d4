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
    ("dpop", "dpop_bound_access_tokens"), ("require", "require_pushed_authorization_requests"),
    ("post_logout", "post_logout_redirect_uri"), ("audience", "authorize.audience"),
    ("max_age", "authorize.max_age"), ("prompt", "authorize.prompt"),
    ("login_hint", "authorize.login_hint"), ("acr_values", "authorize.acr_values"),
  ])
  func aBeginningOrAParameterSaysWhatIsMeant(_ word: String, _ expected: String) throws {
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

  @Test(arguments: ["git", "/usr/bin/", "/a,,/b", "unit:", "user:root", "/a b/../c", ","])
  func whatNamesNoProgramIsNotAllowedAnything(_ value: String) throws {
    let fault = try fault("[work]\nallow = /usr/bin/git\nallow = \(value)\n")
    #expect(fault.line == 3)
    #expect(fault.sentence.hasPrefix("allow is not a list of programs"))
  }

  @Test func aPersonIsAskedByOneOfThreeWords() throws {
    let fault = try fault("[work]\nconfirm = sometimes\n")
    #expect(fault.sentence == "confirm is none of never, first, always")
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
    ("redirect_uri", "localhost:3000"),
    ("redirect_uri", "http://evil.example/callback"), ("redirect_uri", "com.example:/x#y"),
    ("login", "always"), ("token_endpoint_auth_method", "basic"), ("scope", "a  b"),
    ("scope", "a\"b"), ("client_id", "é"), ("client_secret_file", "secret.txt"),
    ("dpop_bound_access_tokens", "perhaps"), ("credential_url", "http://git.example.com"),
    ("credential_url", "https://u@git.example.com"), ("credential_url", "https://a/../b"),
    ("credential_url", "https://a/?x"), ("authorize.state", "x"), ("authorize.", "x"),
    ("authorize.a b", "x"), ("authorize.scope", "openid"),
    ("authorize.code_challenge_method", "plain"), ("authorize.dpop_jkt", "x"),
    ("authorize.client_assertion", "x"), ("require_pushed_authorization_requests", "on"),
    ("response_mode", "fragment"), ("response_mode", "form-post"), ("resource", "mcp.example"),
    ("resource", "https://mcp.example/#x"), ("resource", "http://mcp.example/mcp"),
    ("client_key_file", "key.pem"), ("client_key_file", "~other/key.pem"),
    ("client_certificate_file", "cert.pem"), ("client_key_id", "é"),
    ("token_endpoint_auth_signing_alg", "none"), ("token_endpoint_auth_signing_alg", "es256"),
    ("client_assertion_audience", "https://a.example"), ("redirect_certificate", "cert.pem"),
    ("redirect_key", "key.pem"), ("initial_access_token_file", "token"),
    ("client_id_metadata_document", "http://localhost/client.json"),
    ("client_id_metadata_document", "https://app.example"),
    ("client_id_metadata_document", "https://app.example/"),
    ("client_id_metadata_document", "https://app.example/a/%2E./client.json"),
    ("client_id_metadata_document", "https://u@app.example/client.json"),
    ("post_logout_redirect_uri", "bye"), ("registration_endpoint", "http://a.example/register"),
    ("device_authorization_endpoint", "http://a.example/device"),
    ("pushed_authorization_request_endpoint", "a.example/par"),
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
    ("resource", "http://localhost:9400/mcp"), ("response_mode", "form_post.jwt"),
    ("client_key_file", "~/keys/work.pem"), ("ca_file", "/etc/ssl/own.pem"),
    ("token_endpoint_auth_signing_alg", "EdDSA"), ("client_key_id", "2026-11 main"),
    ("client_assertion_audience", "token_endpoint"), ("redirect_key", "/home/a/key.pem"),
    ("token_endpoint_auth_method", "self_signed_tls_client_auth"),
    ("client_id_metadata_document", "https://app.example/client.json"),
    ("post_logout_redirect_uri", "http://localhost:3000/bye"),
    ("redirect_uri", "https://localhost:3443/callback"),
  ])
  func aFitValueIsTaken(_ key: String, _ value: String) throws {
    #expect(try account("\(key) = \(value)")[key] == value)
  }
}

@Suite struct SessionIdentityTests {
  @Test(arguments: [
    "issuer = https://b.example", "client_id = y", "token_endpoint = https://a.example/t",
    "revocation_endpoint = https://a.example/r", "token_endpoint_auth_method = none",
    "jwks_uri = https://a.example/j", "dpop_bound_access_tokens = yes",
    "require_pushed_authorization_requests = yes",
    "client_id_metadata_document = https://app.example/client.json",
    "resource = https://mcp.example/",
  ])
  func anotherServerOrClientEndsASession(_ line: String) throws {
    let former = try account("scope = openid")
    #expect(try account("scope = openid\n\(line)").securityRelevantDifference(from: former) != nil)
    #expect(try former.securityRelevantDifference(from: account("scope = openid\n\(line)")) != nil)
  }

  @Test func anotherResourceEndsASessionOnlyWhereItLeadsToTheServer() throws {
    let api = "\nresource = https://b.example/api"
    let issuer = "issuer = https://a.example"
    #expect(
      try account(issuer + api).securityRelevantDifference(from: account(issuer)) == nil)
    let former = try account("resource = https://mcp.example/a")
    #expect(former.findsServerByResource)
    #expect(try !account(issuer + api).findsServerByResource)
    #expect(
      try account("resource = https://mcp.example/b").securityRelevantDifference(from: former)
        == "resource")
    #expect(
      try account("resource = https://mcp.example/a" + api).securityRelevantDifference(
        from: former) == "resource")
  }

  @Test(arguments: [
    "client_key_file = /etc/key.pem", "client_certificate_file = /etc/cert.pem",
    "response_mode = form_post", "client_key_id = 2", "redirect_key = /etc/key.pem",
    "post_logout_redirect_uri = http://localhost:3000/bye",
    "device_authorization_endpoint = https://a.example/device",
  ])
  func whatServesTheSameSessionEndsNone(_ line: String) throws {
    let former = try account("issuer = https://a.example")
    #expect(
      try account("issuer = https://a.example\n\(line)").securityRelevantDifference(from: former)
        == nil)
  }

  @Test(arguments: [
    ("issuer", "https://b.example"), ("token_endpoint", "https://b.example/t"),
    ("revocation_endpoint", "https://b.example/r"),
    ("device_authorization_endpoint", "https://b.example/d"),
    ("pushed_authorization_request_endpoint", "https://b.example/p"),
  ])
  func whatProvesTheClientIsForItsServerAlone(_ key: String, _ value: String) throws {
    let other = Setting(key: key, value: value)
    let server = "issuer = https://a.example\n"
    for credential in [
      "client_secret = s3cret", "client_secret_file = /s", "client_secret_command = pass x",
      "client_key_file = /k.pem",
    ] {
      let found = try account(server + credential).misdirection(by: [other])
      #expect(found.map { credential.hasPrefix($0.credential + " ") } == true, "\(credential)")
      #expect(found?.address == key)
    }
    #expect(try account(server + "scope = a").misdirection(by: [other]) == nil)
    #expect(try account("client_secret_file = /s").misdirection(by: [other]) == nil)
    let own = Setting(key: "client_secret_file", value: "/other")
    let file = try account(server + "client_secret_file = /s")
    #expect(file.misdirection(by: [other, own]) == nil)
    let command = try account(server + "client_secret_command = pass x")
    #expect(command.misdirection(by: [other, own]) != nil, "both would be read")
  }

  @Test(arguments: [
    ("issuer", "https://a.example"), ("issuer", "https://a.example/"), ("scope", "b"),
    ("client_id", "y"), ("authorization_endpoint", "https://b.example/a"),
  ])
  func theSameServerMayBeShownIt(_ key: String, _ value: String) throws {
    let account = try account("issuer = https://a.example\nclient_secret_file = /s")
    #expect(account.misdirection(by: [Setting(key: key, value: value)]) == nil)
  }

  /// Somebody who writes down what holds anyway has changed nothing.
  @Test(arguments: ["dpop_bound_access_tokens", "require_pushed_authorization_requests"])
  func aSwitchIsComparedByWhatItMeans(_ key: String) throws {
    let (absent, no) = (try account("scope = a"), try account("\(key) = no"))
    let (yes, true_) = (try account("\(key) = yes"), try account("\(key) = true"))
    #expect(no.securityRelevantDifference(from: absent) == nil)
    #expect(absent.securityRelevantDifference(from: no) == nil)
    #expect(yes.securityRelevantDifference(from: true_) == nil)
    #expect(yes.securityRelevantDifference(from: no) == key)
    #expect(absent.securityRelevantDifference(from: yes) == key)
    let (client, other) = (try account("client_id = yes"), try account("client_id = true"))
    #expect(client.securityRelevantDifference(from: other) == "client_id", "that is no switch")
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
