import Testing

@testable import OAuth

@Suite struct JSONTests {
  @Test func `every kind of value is read`() throws {
    let text = #" { "a" : [ 1 , -2.5e+3 , "x\"\\\/\b\f\n\r\tA😀é" , true, false, null ], "b":{} } "#
    let value = try JSONValue.object(parsing: bytes(text))
    let elements = try #require(value["a"]?.arrayValue)
    #expect(elements[0].numberValue?.integer == 1)
    #expect(elements[1].numberValue?.double == -2500)
    #expect(elements[2].stringValue == "x\"\\/\u{8}\u{C}\n\r\tA😀é")
    #expect(elements[3...] == [.bool(true), .bool(false), .null])
    #expect(value["b"] == .object([:]))
  }

  @Test(arguments: [
    "", " ", "{", "}", "{]", "[1,]", "[,1]", "[1 2]", #"{"a":1,}"#, #"{"a"}"#, #"{a:1}"#, "{'a':1}",
    #"{"a":1}x"#, #"{"a":1} {"b":2}"#, "01", "-", "1.", ".5", "1e", "+1", "NaN", "Infinity", "0x1",
    "tru", "True", "nul", #""abc"#, "\"a\nb\"", "\"\u{1}\"", #""\x""#, #""\u12""#, #""\"#,
    "\u{FEFF}{}", "// c\n{}",
  ])
  func `what RFC 8259 does not allow is refused`(text: String) {
    #expect(throws: JSONFault.malformed) { try JSONValue(parsing: bytes(text)) }
  }

  @Test(arguments: [
    #""\ud800""#, #""\udc00""#, #""\ud800A""#, #""\ud800\ud800""#, #""\ud83d\n""#,
  ])
  func `a lone surrogate is refused`(text: String) {
    #expect(throws: JSONFault.notUTF8) { try JSONValue(parsing: bytes(text)) }
  }

  @Test(arguments: [[0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80]])
  func `bytes that are not UTF-8 are refused`(inside: [UInt8]) {
    #expect(throws: JSONFault.notUTF8) { try JSONValue(parsing: [0x22] + inside + [0x22]) }
    #expect(throws: JSONFault.malformed) { try JSONValue(parsing: inside) }
  }

  @Test func `UTF-16 is refused`() {
    #expect(throws: JSONFault.malformed) { try JSONValue(parsing: [0x7B, 0, 0x7D, 0]) }
  }

  @Test(arguments: [#"{"a":1,"a":1}"#, #"{"a":1,"\u0061":2}"#, #"[{"b":{"a":1,"a":null}}]"#])
  func `a name given twice is refused`(text: String) {
    #expect(throws: JSONFault.repeatedName("a")) { try JSONValue(parsing: bytes(text)) }
  }

  @Test func `nesting ends at its limit`() throws {
    func nested(_ depth: Int) -> [UInt8] {
      bytes(String(repeating: "[", count: depth) + String(repeating: "]", count: depth))
    }
    _ = try JSONValue(parsing: nested(JSONValue.maximumDepth))
    #expect(throws: JSONFault.tooDeep) {
      try JSONValue(parsing: nested(JSONValue.maximumDepth + 1))
    }
    #expect(throws: JSONFault.tooDeep) {
      try JSONValue(parsing: [UInt8](repeating: 0x5B, count: 1_000_000))
    }
    let objects = String(repeating: #"{"a":"#, count: 100_000)
    #expect(throws: JSONFault.tooDeep) { try JSONValue(parsing: bytes(objects)) }
  }

  @Test func `length ends at its limit`() throws {
    let text = [UInt8](repeating: 0x20, count: JSONValue.maximumLength - 2)
    _ = try JSONValue(parsing: text + bytes("[]"))
    #expect(throws: JSONFault.tooLong) { try JSONValue(parsing: text + bytes(" []")) }
  }

  @Test(arguments: ["[]", "\"a\"", "1", "null", "true"])
  func `an object is asked for and nothing else does`(text: String) {
    #expect(throws: JSONFault.notAnObject) { try JSONValue.object(parsing: bytes(text)) }
  }

  @Test(arguments: [
    ("3600", 3600), ("-1", -1), ("9223372036854775807", Int64.max), ("3.0", 3), ("1e3", 1000),
    ("-0", 0),
  ])
  func `whole numbers are exact`(text: String, value: Int64) throws {
    #expect(try JSONValue(parsing: bytes(text)).numberValue?.integer == value)
  }

  @Test(arguments: ["3.5", "1e400", "-1e400", "9223372036854775808", "1e19", "1e-400"])
  func `what is not a whole number in range never traps`(text: String) throws {
    let number = try #require(try JSONValue(parsing: bytes(text)).numberValue)
    #expect(!number.double.isNaN)
    #expect(text == "1e-400" || number.integer == nil)
  }

  @Test func `numbers beyond every Double are infinite`() throws {
    let digits = String(repeating: "9", count: 1000)
    #expect(try JSONValue(parsing: bytes(digits)).numberValue?.double == .infinity)
    #expect(try JSONValue(parsing: bytes("-1e400")).numberValue?.double == -.infinity)
  }

  @Test func `what is written is read back`() throws {
    let value: JSONValue = [
      "text": "\u{0}\u{1F}\u{7F}\"\\/\r\n\té😀\u{2028}", "list": [1, true, nil, [:]], "b": "",
    ]
    #expect(try JSONValue(parsing: value.serialized()) == value)
  }

  @Test func `writing is compact, sorted and escaped`() {
    let value: JSONValue = ["b": 1, "a": ["x\"\n\u{1}", -2]]
    let text = String(decoding: value.serialized(), as: UTF8.self)
    #expect(text == #"{"a":["x\"\n\u0001",-2],"b":1}"#)
  }
}
