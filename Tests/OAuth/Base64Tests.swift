import Testing

@testable import OAuth

@Suite struct Base64Tests {
  @Test(arguments: [
    ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"),
    ("fooba", "Zm9vYmE"), ("foobar", "Zm9vYmFy"),
  ])
  func `the vectors of RFC 4648 come out and go in`(plain: String, encoded: String) {
    #expect(Base64URL.encode(bytes(plain)) == encoded)
    #expect(Base64URL.decode(encoded) == bytes(plain))
    let padded = encoded + String(repeating: "=", count: (4 - encoded.utf8.count % 4) % 4)
    #expect(Base64.encode(bytes(plain)) == padded)
    #expect(Base64.decode(padded) == bytes(plain))
  }

  @Test func `every byte survives`() {
    let all = (0...255).map { UInt8($0) }
    #expect(Base64URL.decode(Base64URL.encode(all)) == all)
    #expect(Base64.decode(Base64.encode(all)) == all)
    #expect(Base64URL.encode([0xFB, 0xFF]) == "-_8")
    #expect(Base64.encode([0xFB, 0xFF]) == "+/8=")
  }

  @Test(arguments: ["Zg==", "Zm8=", "Z", "Zm9vY", "Zh", "Zm9", "+/8", "Zm 8", "Zm8\n", "Zmé"])
  func `anything but the one spelling is refused`(text: String) {
    #expect(Base64URL.decode(text) == nil)
  }

  @Test(arguments: ["Zg", "Zg=", "Zh==", "-_8=", "====", "Zg==Zg==", "Z==="])
  func `padded text is held to its padding`(text: String) {
    #expect(Base64.decode(text) == nil)
  }
}

@Suite struct ConstantTimeTests {
  @Test func `equal means every byte and the same length`() {
    #expect(ConstantTime.equal("abc", "abc"))
    #expect(!ConstantTime.equal("abc", "abd"))
    #expect(!ConstantTime.equal("abc", "bbc"))
    #expect(!ConstantTime.equal("abc", "ab"))
    #expect(!ConstantTime.equal("abc", "abcd"))
    #expect(!ConstantTime.equal("abc", ""))
    #expect(ConstantTime.equal([UInt8](), []))
  }

  @Test func `canonically equivalent texts differ`() {
    #expect("K" == "\u{212A}")
    #expect(!ConstantTime.equal("K", "\u{212A}"))
    #expect(!"K".isIdentical(to: "\u{212A}"))
  }
}
