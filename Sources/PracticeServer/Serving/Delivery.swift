import HTTP1
import Platform

/// How a reply goes on the wire.
enum Delivery: Sendable, Equatable {
  case whole
  /// That many bytes, then the end of the connection.
  case cut(after: Int)
  /// That many bytes, then nothing more for as long as the client waits.
  case stalled(after: Int)
  /// The head, and then one byte each second.
  case dripping
  /// A head without end.
  case endlessHead
  /// The head, and then a body without end.
  case endlessBody
  /// These bytes in place of the reply, then the end of the connection.
  case raw([UInt8])
}

/// The sending of a reply as its delivery wants it.
struct Deliverer {
  /// Seconds after which the server itself gives up on a reply that never ends.
  private static let patience: Int64 = 600
  /// Bytes of one write of what never ends.
  private static let chunkLength = 16 * 1024

  let wire: Wire
  /// By when each write has to be taken.
  let deadline: BootInstant

  /// Sends a reply, whole or not; returns whether the connection can go on.
  func send(_ bytes: [UInt8], as delivery: Delivery) throws(WireFault) -> Bool {
    switch delivery {
    case .whole:
      try wire.write(bytes, until: deadline)
      return true
    case .raw(let bytes): try wire.write(bytes, until: deadline)
    case .cut(let count): try wire.write(Array(bytes.prefix(count)), until: deadline)
    case .stalled(let count):
      try wire.write(Array(bytes.prefix(count)), until: deadline)
      try waitForEnd()
    case .dripping: try drip(bytes)
    case .endlessHead:
      try wire.write(Array("HTTP/1.1 200 OK\r\n".utf8), until: deadline)
      try repeatForever(Array("X-More: \(String(repeating: "m", count: 80))\r\n".utf8))
    case .endlessBody:
      try wire.write(Self.endlessHead, until: deadline)
      let content = [UInt8](repeating: 0x20, count: Self.chunkLength)
      try repeatForever(Array("4000\r\n".utf8) + content + Array("\r\n".utf8))
    }
    return false
  }

  private static let endlessHead = Array(
    ("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
      + "Connection: close\r\n\r\n").utf8)

  private func repeatForever(_ bytes: [UInt8]) throws(WireFault) {
    let end = BootInstant.now.adding(seconds: Self.patience)
    let chunk = Array(repeatElement(bytes, count: max(1, Self.chunkLength / bytes.count)).joined())
    while BootInstant.now < end {
      try wire.write(chunk, until: BootInstant.now.adding(seconds: Connection.patience))
    }
  }

  /// Waits until the client says or does something, which it has no reason to but going.
  private func waitForEnd() throws(WireFault) {
    let end = BootInstant.now.adding(seconds: Self.patience)
    while !(try wire.read(until: end)).isEmpty {}
  }

  private func drip(_ bytes: [UInt8]) throws(WireFault) {
    let headLength = bytes.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound ?? 0
    try wire.write(Array(bytes[..<headLength]), until: deadline)
    let end = BootInstant.now.adding(seconds: Self.patience)
    for byte in bytes[headLength...] where BootInstant.now < end {
      do throws(WireFault) {
        // The pause is a wait for the client to go.
        if try wire.read(until: BootInstant.now.adding(seconds: 1)).isEmpty { return }
      } catch { guard case .timedOut = error else { throw error } }
      try wire.write([byte], until: BootInstant.now.adding(seconds: Connection.patience))
    }
  }
}
