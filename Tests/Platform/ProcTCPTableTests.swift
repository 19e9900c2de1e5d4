import Testing

@testable import Platform

/// The tables of `/proc/net`, line by line.
@Suite struct ProcTCPTableTests {
  private let heading =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"

  private func parse(_ lines: String) -> [ProcTCPSocket] {
    ProcTCPSocket.parse(Array((heading + lines).utf8))
  }

  // The words of an address are written as this machine's own integers; these are little-endian.
  @Test func lineOfTheIPv4Table() throws {
    let sockets = parse(
      "   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 "
        + "4711 1 0000000000000000 100 0 0 10 0\n")
    let socket = try #require(sockets.first)
    #expect(sockets.count == 1)
    #expect(socket.local == TCPAddress(127, 0, 0, 1, port: 3000))
    #expect(socket.remote.isWildcard)
    #expect(socket.state == ProcTCPSocket.listening)
    #expect(socket.userID == 1000)
    #expect(socket.inode == 4711)
  }

  @Test func lineOfTheIPv6Table() throws {
    let sockets = parse(
      "  12: 00000000000000000000000001000000:1F90 0000000000000000FFFF00000100007F:C350 01 "
        + "00000000:00000000 00:00000000 00000000     0        0 99 1 0 20 4 0 10 -1\n")
    let socket = try #require(sockets.first)
    #expect(socket.local == .loopbackV6(port: 8080))
    #expect(socket.remote == TCPAddress(127, 0, 0, 1, port: 50000))
  }

  @Test(
    "a line of another form is left out",
    arguments: [
      "", "x", "0: 0100007F:0BB8 00000000:0000 0A",
      "0: 0100007F 00000000:0000 0A 0:0 00:0 0 1000 0 4711 1",
      "0: 0100007F:0BB8 00000000:0000 0A 0:0 00:0 0 -1 0 4711 1",
      "0: 0100007:0BB8 00000000:0000 0A 0:0 00:0 0 1000 0 4711 1",
      "0: ZZZZZZZZ:0BB8 00000000:0000 0A 0:0 00:0 0 1000 0 4711 1",
      "0: 0100007F:10000 00000000:0000 0A 0:0 00:0 0 1000 0 4711 1",
    ])
  func malformed(line: String) {
    #expect(parse(line + "\n").isEmpty)
  }

  @Test func mappedAddressIsTheIPv4Address() {
    let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF, 127, 0, 0, 1]
    #expect(TCPAddress(mapped, port: 80) == TCPAddress(127, 0, 0, 1, port: 80))
    #expect(TCPAddress([127, 0, 0, 1], port: 80) == TCPAddress(127, 0, 0, 1, port: 80))
    #expect(TCPAddress([127, 0, 0], port: 80) == nil)
  }

  @Test func onlyThisMachinesAddressesAreLoopback() {
    #expect(TCPAddress(127, 1, 2, 3, port: 1).isLoopback)
    #expect(TCPAddress.loopbackV6(port: 1).isLoopback)
    #expect(!TCPAddress(128, 0, 0, 1, port: 1).isLoopback)
    #expect(!TCPAddress(0, 0, 0, 0, port: 1).isLoopback)
    #expect(TCPAddress(0, 0, 0, 0, port: 1).isWildcard)
  }
}
