import Glibc
import HTTP1
import OAuth
import Platform
import Synchronization

/// One line of JSON for each request, for whoever wants to see what a client sends.
final class RequestLog: Sendable {
  /// Bytes of an answer that a line keeps; what a client can use is shorter.
  private static let longestAnswer = 64 << 10

  enum Detail: Sendable {
    /// Names alone: of parameters and header fields.
    case names
    /// Values too, codes and tokens among them, and what was answered.
    case values
  }

  private let detail: Detail
  private let file: Mutex<Descriptor>

  /// Opens `path` for appending; what is created nobody else can read.
  init(path: String, detail: Detail) throws(SystemError) {
    self.detail = detail
    file = Mutex(try Descriptor.open(path, O_WRONLY | O_APPEND | O_CREAT, mode: 0o600))
  }

  /// Writes the line; a log that cannot be written is no reason not to answer.
  func note(_ request: Request, _ reply: Reply, at now: Int64) {
    let line = Self.line(request, reply, at: now, detail)
    file.withLock { file in
      try? line.withBytes { (bytes) throws(SystemError) in try writeAll(file.number, bytes) }
    }
  }

  static func line(
    _ request: Request, _ reply: Reply, at now: Int64, _ detail: Detail
  ) -> [UInt8] {
    let query = (try? FormParameters(decoding: request.query ?? "")) ?? []
    let form = (try? FormParameters(decoding: request.body)) ?? []
    var members: [String: JSONValue] = [
      "time": .seconds(now), "method": .string(request.method), "path": .string(request.path),
      "status": .seconds(Int64(reply.response.status)),
      "query_names": .array(query.map { .string($0.name) }),
      "form_names": .array(form.map { .string($0.name) }),
      "header_names": .array(request.fields.fields.map { .string($0.name) }),
    ]
    if let error = reply.error { members["error"] = .string(error.rawValue) }
    if detail == .values {
      members["query"] = .array(query.map { [.string($0.name), .string($0.value)] })
      members["form"] = .array(form.map { [.string($0.name), .string($0.value)] })
      members["headers"] = .array(
        request.fields.fields.map { [.string($0.name), .string($0.value)] })
      members["body"] = .string(String(decoding: request.body, as: UTF8.self))
      members["answer"] = .string(
        String(decoding: reply.response.body.prefix(longestAnswer), as: UTF8.self))
      members["location"] = reply.response.fields["Location"].map { .string($0) }
    }
    return JSONValue.object(members).serialized() + [UInt8(ascii: "\n")]
  }
}
