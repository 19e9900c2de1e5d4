import Dispatch
import Glibc
import TLS
import Testing

/// Nanoseconds of CLOCK_BOOTTIME, as the connections want their deadlines.
func now() -> Int64 {
  var time = timespec()
  clock_gettime(CLOCK_BOOTTIME, &time)
  return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// Far enough that only a hanging test reaches it.
func soon() -> Int64 { now() + 20_000_000_000 }

/// Two connected sockets; both are closed with the value, or one by one before.
final class SocketPair: @unchecked Sendable {
  private(set) var client: Int32 = -1
  private(set) var server: Int32 = -1

  init() {
    var ends: [Int32] = [-1, -1]
    #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
    (client, server) = (ends[0], ends[1])
  }

  func closeServer() {
    close(server)
    server = -1
  }

  func closeClient() {
    close(client)
    client = -1
  }

  deinit {
    if client >= 0 { close(client) }
    if server >= 0 { close(server) }
  }
}

/// What one side of a conversation came to.
typealias Outcome<Value> = Result<Value, TLSError>

/// Runs `server` on a thread of its own and `client` on this one; returns what both came to.
///
/// Each side's socket is closed when its closure returns, so that no side waits for one that is
/// over.
func converse<Server: Sendable, Client>(
  server: @escaping @Sendable (Int32) throws(TLSError) -> Server,
  client: (Int32) throws(TLSError) -> Client
) -> (server: Outcome<Server>, client: Outcome<Client>) {
  let pair = SocketPair()
  let box = Box<Outcome<Server>>()
  let done = DispatchSemaphore(value: 0)
  DispatchQueue(label: "server").async {
    do throws(TLSError) {
      box.value = .success(try server(pair.server))
    } catch {
      box.value = .failure(error)
    }
    pair.closeServer()
    done.signal()
  }
  let outcome: Outcome<Client>
  do throws(TLSError) {
    outcome = .success(try client(pair.client))
  } catch {
    outcome = .failure(error)
  }
  pair.closeClient()
  done.wait()
  return (box.value ?? .failure(.closed), outcome)
}

/// A place for another thread's result, read after that thread's signal.
final class Box<Value>: @unchecked Sendable {
  var value: Value?
}

/// A folder that goes away with the value.
final class ScratchFolder {
  let path: String

  init() throws {
    var template = Array("/tmp/tls-tests-XXXXXX".utf8CString)
    let made = try #require(mkdtemp(&template))
    path = String(cString: made)
  }

  func write(_ bytes: [UInt8], as name: String) -> String {
    let file = "\(path)/\(name)"
    let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    #expect(bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) } >= 0)
    close(descriptor)
    return file
  }

  deinit {
    if let folder = opendir(path) {
      while let entry = readdir(folder) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) {
          String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        unlink("\(path)/\(name)")
      }
      closedir(folder)
    }
    rmdir(path)
  }
}

/// A server's certificate and a client that trusts it.
struct Trust {
  var folder: ScratchFolder
  var server: TLSServerContext
  var client: TLSClientContext

  init(
    names: [String] = ["localhost"], addresses: [String] = ["127.0.0.1", "::1"],
    validFrom: Int64 = -3600, validFor: Int64 = 86_400,
    purpose: SelfSignedCertificate.Purpose = .server, commonName: String? = nil
  ) throws {
    let start = Int64(time(nil)) + validFrom
    let identity = try SelfSignedCertificate.make(
      names: names, addresses: addresses, validFrom: start, validUntil: start + validFor,
      purpose: purpose, commonName: commonName)
    folder = try ScratchFolder()
    server = try TLSServerContext(presenting: identity)
    client = try TLSClientContext(
      trusting: TrustSources(
        additionalFile: folder.write(identity.certificatePEM, as: "ca.pem")))
  }

  /// What a client comes to that shakes hands asking for `name`, and what it then reads.
  func handshake(as name: String = "localhost") -> Outcome<[UInt8]> {
    let server = server
    return converse { (descriptor) throws(TLSError) in
      let connection = try TLSConnection(descriptor: descriptor, context: server)
      try connection.handshake(deadline: soon())
      try connection.write(Array("hello".utf8), deadline: soon())
      try connection.shutdown(deadline: soon())
    } client: { (descriptor) throws(TLSError) in
      let connection = try TLSConnection(
        descriptor: descriptor, context: client, serverName: name)
      try connection.handshake(deadline: soon())
      return try connection.read(deadline: soon())
    }.client
  }
}

extension Result where Failure == TLSError {
  var error: TLSError? {
    guard case .failure(let error) = self else { return nil }
    return error
  }
}
