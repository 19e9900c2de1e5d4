import Attributes
import Testing

@testable import Command

private let answer = """
  account=work
  access_token=abc.def
  token_type=bearer
  expires_at=1763719200
  expires_in=3600
  scope=openid profile
  username=alice@example.com
  id_token=h.p.s

  """

@Suite struct TokenFormatTests {
  private static let expected: [(TokenFormat, String)] = [
    (.plain, "abc.def"),
    (.header, "Authorization: Bearer abc.def"),
    (.idToken, "h.p.s"),
    (.headers, #"{"Authorization":"Bearer abc.def"}"#),
    (.env, "export SALLYPORT_ACCESS_TOKEN='abc.def'\nexport SALLYPORT_EXPIRES_AT='1763719200'"),
    (.json, json),
    (.execCredential, credential),
    // user=alice@example.com^Aauth=Bearer abc.def^A^A
    (.xoauth2, "dXNlcj1hbGljZUBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciBhYmMuZGVmAQE="),
    // n,a=alice@example.com,^Aauth=Bearer abc.def^A^A
    (.oauthbearer, "bixhPWFsaWNlQGV4YW1wbGUuY29tLAFhdXRoPUJlYXJlciBhYmMuZGVmAQE="),
  ]

  private static let json = """
    {"account":"work","access_token":"abc.def","token_type":"bearer","expires_in":3600,\
    "expires_at":1763719200,"scope":"openid profile","id_token":"h.p.s"}
    """

  private static let credential = """
    {"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":\
    {"expirationTimestamp":"2025-11-21T10:00:00Z","token":"abc.def"}}
    """

  @Test(arguments: expected)
  func anAnswerIsPrinted(_ format: TokenFormat, _ expected: String) throws {
    #expect(try written(format, answer) == expected + "\n")
  }

  @Test func anUnknownExpiryIsLeftOut() throws {
    let answer = "access_token=abc\ntoken_type=Bearer\n"
    #expect(try written(.json, answer) == #"{"access_token":"abc","token_type":"Bearer"}"# + "\n")
    #expect(
      try written(.env, answer)
        == "export SALLYPORT_ACCESS_TOKEN='abc'\nunset SALLYPORT_EXPIRES_AT\n")
    #expect(try !written(.execCredential, answer).contains("expirationTimestamp"))
  }

  @Test func aShellReadsTheTokenAsOneWord() throws {
    #expect(
      try written(.env, "access_token=a'$(id)`b\\\n").hasPrefix(
        #"export SALLYPORT_ACCESS_TOKEN='a'\''$(id)`b\'"# + "\n"))
  }

  @Test(arguments: ["", "a b", "a\u{1b}[2J", "a\u{7F}", "é", "a\r"])
  func aTokenThatIsNotPrintableIsNeverPrinted(_ token: String) throws {
    for format in TokenFormat.allCases where format != .idToken {
      #expect(throws: Failure.self) {
        try written(format, "access_token=\(token)\ntoken_type=Bearer\nusername=a\n")
      }
    }
    #expect(throws: Failure.self) { try written(.idToken, "id_token=\(token)\n") }
    #expect(throws: Failure.self) { try written(.json, "access_token=a\nid_token=\(token)\n") }
  }

  @Test func anAnswerWithoutATokenIsAFailure() throws {
    for format in TokenFormat.allCases {
      #expect(throws: Failure.self) { try written(format, "account=work\nusername=a\n") }
    }
  }

  @Test func aTokenThatIsNoBearerTokenIsNotCalledOne() throws {
    let answer = "access_token=abc\ntoken_type=DPoP\nusername=a\n"
    for format in [TokenFormat.header, .headers, .execCredential, .xoauth2, .oauthbearer] {
      #expect(throws: Failure.self) { try written(format, answer) }
    }
    #expect(try written(.plain, answer) == "abc\n")
  }

  @Test func aMissingIDTokenSaysHowToGetOne() throws {
    let failure = try #require(throws: Failure.self) {
      try written(.idToken, "account=work\naccess_token=a\n")
    }
    #expect(failure.hint == "sallyport login work --scope openid")
  }

  @Test(arguments: [TokenFormat.xoauth2, .oauthbearer])
  func mailNeedsAUserNameAndSaysHowToSetIt(_ format: TokenFormat) throws {
    for user in ["", "\nusername="] {
      let failure = try #require(throws: Failure.self) {
        try written(format, "account=work\naccess_token=a\ntoken_type=Bearer\(user)\n")
      }
      #expect(failure.description.contains("username = "))
      #expect(failure.description.contains("[work]"))
    }
    #expect(throws: Failure.self) {
      try written(format, "access_token=a\nusername=a\u{1}auth=Bearer x\n")
    }
  }

  @Test func aNameIsWrittenAsSASLWantsIt() {
    #expect(TokenFormat.saslName("a=b,c=3D") == "a=3Db=2Cc=3D3D")
  }

  @Test func kubectlGetsTheVersionItAsksFor() throws {
    func version(_ text: String?) -> String { "\(TokenFormat.execCredentialVersion(text))" }
    #expect(version(nil) == "client.authentication.k8s.io/v1")
    #expect(version(#"{"apiVersion":"client.authentication.k8s.io/v1"}"#).hasSuffix("/v1"))
    #expect(
      version(#"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1"}"#)
        == "client.authentication.k8s.io/v1beta1")
    #expect(version("nonsense \u{0}").hasSuffix("/v1"))
  }
}

@Suite struct JSONTextTests {
  private func written(_ value: String) -> String {
    var json = JSONText()
    json.beginObject()
    json.add("a", value)
    json.endObject()
    return text(json)
  }

  @Test(arguments: [
    ("", #"{"a":""}"#), ("x", #"{"a":"x"}"#), ("\"\\/", #"{"a":"\"\\/"}"#),
    ("\n\t\r\u{0}\u{1f}\u{7f}", #"{"a":"\n\t\u000d\u0000\u001f\u007f"}"#),
    ("é😀", #"{"a":"é😀"}"#), ("\u{2028}\u{202E}\u{9B}", #"{"a":"\u2028\u202e\u009b"}"#),
    ("</script>", #"{"a":"</script>"}"#),
  ])
  func textIsEscaped(_ value: String, _ expected: String) {
    #expect(written(value) == expected)
  }

  @Test func bytesThatAreNoTextAreReplaced() {
    var json = JSONText()
    [UInt8(0xFF), 0x61].withUnsafeBytes { json.add("a", $0) }
    #expect(text(json) == "\"a\":\"\u{FFFD}a\"")
  }

  @Test func membersAndElementsAreSeparated() {
    var json = JSONText()
    json.beginObject()
    json.add("n", Int64.min)
    json.add("t", true)
    json.addNull("z")
    json.beginArray("l")
    json.add(element: "a")
    json.add(element: "b")
    json.beginObject()
    json.endObject()
    json.endArray()
    json.beginArray("e")
    json.endArray()
    json.endObject()
    #expect(
      text(json) == #"{"n":-9223372036854775808,"t":true,"z":null,"l":["a","b",{}],"e":[]}"#)
  }
}

@Suite struct TimestampTests {
  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00Z"), (951_782_399, "2000-02-28T23:59:59Z"),
      (951_782_400, "2000-02-29T00:00:00Z"), (1_709_164_800, "2024-02-29T00:00:00Z"),
      (1_735_689_599, "2024-12-31T23:59:59Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
      (253_402_300_799, "9999-12-31T23:59:59Z"), (Int64.max, "9999-12-31T23:59:59Z"),
      (-1, "1970-01-01T00:00:00Z"), (Int64.min, "1970-01-01T00:00:00Z"),
    ] as [(Int64, String)])
  func anInstantIsWritten(_ seconds: Int64, _ expected: String) {
    #expect(Timestamp.text(seconds) == expected)
  }

  @Test(
    arguments: [
      (-5, "no time"), (0, "0 s"), (119, "119 s"), (120, "2 min"), (299, "5 min"),
      (7199, "120 min"), (7200, "2 h"),
      (11_100, "3 h 5 min"), (172_800, "2 d"), (180_000, "2 d 2 h"),
      (Int64.max, "106751991167300 d 15 h"),
    ] as [(Int64, String)])
  func aLengthIsSaid(_ seconds: Int64, _ expected: String) {
    #expect(Timestamp.length(seconds) == expected)
  }
}

@Suite struct Base64Tests {
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
  ])
  func theVectorsOfTheSpecificationHold(_ plain: String, _ expected: String) {
    var buffer = WipedBuffer()
    Array(plain.utf8).withUnsafeBytes { buffer.append(base64: $0) }
    #expect(String(decoding: buffer.bytes, as: UTF8.self) == expected)
  }

  @Test func everyDigitIsUsed() {
    let bytes: [UInt8] = [0xFB, 0xFF, 0xBF, 0x00, 0x10, 0x83]
    var buffer = WipedBuffer()
    bytes.withUnsafeBytes { buffer.append(base64: $0) }
    #expect(String(decoding: buffer.bytes, as: UTF8.self) == "+/+/ABCD")
  }
}
