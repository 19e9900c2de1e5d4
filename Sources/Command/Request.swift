import Attributes

/// A request to the agent, line by line.
struct Request: ~Copyable {
  private(set) var buffer = WipedBuffer()

  init(_ action: StaticString) { buffer.append("action", constant: action) }

  /// Adds a line; nothing when there is no value.
  mutating func add(_ key: StaticString, _ value: String?) throws(Failure) {
    guard let value else { return }
    do { try buffer.append(key, value) } catch { throw Self.refused(error) }
  }

  mutating func add(_ key: StaticString, _ value: Int64?) {
    if let value { buffer.append(key, value) }
  }

  /// Adds a line whose value is never made a String.
  mutating func add(_ key: StaticString, secret value: UnsafeRawBufferPointer) throws(Failure) {
    do { try buffer.append(key, value) } catch { throw Self.refused(error) }
  }

  mutating func add(flag key: StaticString) { buffer.append(key, constant: "yes") }

  /// Adds `key=value`, or `key[]=value`, with a key made at run time.
  mutating func add(key: String, isList: Bool, value: String) throws(Failure) {
    do { try buffer.append(key: key, isList: isList, value: value) } catch {
      throw Self.refused(error)
    }
  }

  /// Ends the request and sends it.
  consuming func send(on connection: borrowing AgentConnection) throws(Failure) {
    buffer.endBlock()
    try connection.send(buffer)
  }

  private static func refused(_ fault: AttributeFault) -> Failure {
    Failure(.invalidRequest, fault.sentence)
  }
}
