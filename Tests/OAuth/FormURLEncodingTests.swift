import Testing

@testable import OAuth

@Suite struct FormURLEncodingTests {
  @Test func `the example of RFC 6749 appendix B comes out`() {
    #expect(FormParameters.encode(" %&+£€") == "+%25%26%2B%C2%A3%E2%82%AC")
  }

  @Test(arguments: [
    "", "a b", "a+b", "a%b", "a&b", "a=b", "50%25", "grüße", "日本", "👩‍👧", "\u{0}\r\n\t", "~-._",
    "http://localhost:3000/callback?x=1&y=2",
  ])
  func `every text survives as a name and as a value`(text: String) throws {
    let form: FormParameters = [FormParameter(text, text), FormParameter("last", "1")]
    #expect(form.encoded().utf8.allSatisfy { (0x21...0x7E).contains($0) })
    #expect(try FormParameters(decoding: form.encoded()) == form)
  }

  @Test(arguments: ["a=%", "a=%2", "a=%zz", "a=%+1", "%=a", "a=%ff", "a=%c3", "a=%ED%A0%80"])
  func `broken percent-encoding and bytes that are no text are refused`(form: String) {
    #expect(throws: FormFault.badEncoding) { try FormParameters(decoding: form) }
  }

  @Test func `raw bytes that are no text are refused`() {
    #expect(throws: FormFault.badEncoding) { try FormParameters(decoding: [0x61, 0x3D, 0xFF]) }
  }

  @Test func `the pieces are taken apart as forms are`() throws {
    let form = try FormParameters(decoding: "&a=1&&b&=c&d=e=f&a=2&")
    #expect(
      form.parameters == [
        FormParameter("a", "1"), FormParameter("b", ""), FormParameter("", "c"),
        FormParameter("d", "e=f"), FormParameter("a", "2"),
      ])
  }

  @Test func `repeated names are kept and found`() throws {
    let form = try FormParameters(decoding: "state=1&state=1&code=2&st%61te=3")
    #expect(form.values(of: "state") == ["1", "1", "3"])
    #expect(form.isRepeated("state"))
    #expect(!form.isRepeated("code"))
    #expect(form.repeatedNames == ["state"])
  }

  @Test func `an empty value is like an absent one`() throws {
    let form = try FormParameters(decoding: "code=&state")
    #expect(form.value(of: "code") == nil)
    #expect(form.value(of: "state") == nil)
    #expect(form.value(of: "iss") == nil)
  }

  @Test func `limits hold`() throws {
    let most = String(repeating: "a&", count: FormParameters.maximumCount)
    #expect(try FormParameters(decoding: most).parameters.count == FormParameters.maximumCount)
    #expect(throws: FormFault.tooManyParameters) { try FormParameters(decoding: most + "a") }
    let long = [UInt8](repeating: 0x61, count: FormParameters.maximumLength + 1)
    #expect(throws: FormFault.tooLong) { try FormParameters(decoding: long) }
  }
}
