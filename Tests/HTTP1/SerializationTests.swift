import HTTP1
import Testing

@Suite struct SerializationTests {
  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  @Test func aTokenRequestIsWrittenWhole() throws {
    let request = OutgoingRequest(
      method: "POST", target: "/envID/as/token?x=1", host: "auth.pingone.eu",
      fields: ["Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"],
      body: Array("grant_type=refresh_token".utf8))
    #expect(
      try request.serialized()
        == wire(
          """
          POST /envID/as/token?x=1 HTTP/1.1
          Host: auth.pingone.eu
          Content-Type: application/x-www-form-urlencoded
          Accept: application/json
          Content-Length: 24
          Connection: close

          grant_type=refresh_token
          """))
  }

  @Test func aRequestWithoutContentSaysNoLength() throws {
    let request = OutgoingRequest(method: "GET", target: "/", host: "[::1]:8080")
    #expect(
      try request.serialized() == wire("GET / HTTP/1.1\nHost: [::1]:8080\nConnection: close\n\n"))
    let empty = OutgoingRequest(method: "POST", target: "/", host: "a", body: [])
    #expect(text(try empty.serialized()).contains("Content-Length: 0\r\n"))
  }

  @Test func aTunnelIsNotClosed() throws {
    let request = OutgoingRequest(method: "CONNECT", target: "a:443", host: "a:443")
    #expect(try request.serialized() == wire("CONNECT a:443 HTTP/1.1\nHost: a:443\n\n"))
  }

  @Test func whatBreaksOutOfItsPlaceIsNotWritten() {
    func error(
      method: String = "GET", target: String = "/", host: String = "a", fields: HeaderFields = [:]
    ) -> SerializationError? {
      let request = OutgoingRequest(method: method, target: target, host: host, fields: fields)
      do throws(SerializationError) {
        _ = try request.serialized()
        return nil
      } catch { return error }
    }
    #expect(error() == nil)
    #expect(error(method: "GET / HTTP/1.1\r\nX:") == .invalidMethod)
    #expect(error(method: "") == .invalidMethod)
    #expect(error(target: "/ HTTP/1.1\r\nX: y") == .invalidTarget)
    #expect(error(target: "/\u{E9}") == .invalidTarget)
    #expect(error(target: "") == .invalidTarget)
    #expect(error(host: "a\r\nX: y") == .invalidHost)
    #expect(error(host: "u@a") == .invalidHost)
    #expect(error(host: "") == .invalidHost)
    #expect(error(fields: ["X": "a\r\nY: z"]) == .invalidFieldValue(name: "X"))
    #expect(error(fields: ["X": "a\nb"]) == .invalidFieldValue(name: "X"))
    #expect(error(fields: ["X": "a\0"]) == .invalidFieldValue(name: "X"))
    #expect(error(fields: ["X Y": "a"]) == .invalidFieldName)
    #expect(error(fields: ["": "a"]) == .invalidFieldName)
  }

  @Test(arguments: ["Host", "content-length", "Transfer-Encoding", "CONNECTION"])
  func framingFieldsAreTheSerializersOwn(name: String) {
    var fields = HeaderFields()
    fields.append(name, "x")
    #expect(throws: SerializationError.self) {
      try OutgoingRequest(method: "GET", target: "/", host: "a", fields: fields).serialized()
    }
  }

  @Test func aPageIsWrittenWhole() throws {
    let page = Response(status: 200, fields: ["Cache-Control": "no-store"], body: [0x68, 0x69])
    #expect(
      try page.serialized()
        == wire(
          "HTTP/1.1 200 OK\nCache-Control: no-store\nContent-Length: 2\nConnection: close\n\nhi"))
    #expect(
      try page.serialized(connection: .keepAlive)
        == wire("HTTP/1.1 200 OK\nCache-Control: no-store\nContent-Length: 2\n\nhi"))
  }

  @Test func theAnswerToHeadHasTheHeadAlone() throws {
    let page = Response(status: 404, body: [0x68, 0x69])
    #expect(
      try page.serialized(answering: "HEAD")
        == wire("HTTP/1.1 404 Not Found\nContent-Length: 2\nConnection: close\n\n"))
  }

  @Test func noContentHasNoLength() throws {
    let bytes = try Response(status: 204, body: [1]).serialized(connection: .keepAlive)
    #expect(bytes == wire("HTTP/1.1 204 No Content\n\n"))
  }

  @Test func aResponseCannotBeSplit() {
    #expect(throws: SerializationError.invalidFieldValue(name: "Location")) {
      try Response(status: 302, fields: ["Location": "/\r\nSet-Cookie: x"]).serialized()
    }
    #expect(throws: SerializationError.invalidReason) {
      try Response(status: 200, reason: "OK\r\nX: y").serialized()
    }
    #expect(throws: SerializationError.invalidStatus) { try Response(status: 99).serialized() }
    #expect(throws: SerializationError.reservedField(name: "Content-Length")) {
      try Response(status: 200, fields: ["Content-Length": "5"]).serialized()
    }
  }

  @Test func whatIsWrittenIsReadBack() throws {
    let sent = Response(status: 400, fields: ["X": "a b"], body: Array("{}".utf8))
    var parser = ResponseParser(answering: "POST")
    guard case .response(let read) = parser.feed(try sent.serialized()) else {
      Issue.record("refused")
      return
    }
    #expect(read.body == sent.body && read.status == 400 && read.reason == "Bad Request")
    let request = OutgoingRequest(method: "POST", target: "/t", host: "a", body: [0x62])
    var server = RequestParser(body: .read(limit: 1))
    guard case .request(let received) = server.feed(try request.serialized()) else {
      Issue.record("refused")
      return
    }
    #expect(received.body == [0x62] && !received.keepsAlive)
  }
}

@Suite struct HeaderFieldsTests {
  @Test func namesHaveNoCaseAndValuesKeepTheirOrder() {
    let fields: HeaderFields = ["Set-Cookie": "a", "X": "b", "SET-COOKIE": "c"]
    #expect(fields["set-cookie"] == "a")
    #expect(fields.values(for: "Set-Cookie") == ["a", "c"])
    #expect(fields.contains("x"))
    #expect(!fields.contains("y"))
    #expect(fields["y"] == nil)
    #expect(fields.fields.map(\.name) == ["Set-Cookie", "X", "SET-COOKIE"])
  }

  @Test func onlyASCIILettersHaveCase() {
    let fields: HeaderFields = ["@": "a", "[": "b"]
    #expect(fields["`"] == nil)
    #expect(fields["{"] == nil)
  }
}
