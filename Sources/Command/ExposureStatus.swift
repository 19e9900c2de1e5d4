import Attributes
import Platform

/// What the agent says of one narrow socket.
struct ExposureStatus: Equatable {
  let account: String
  let socket: String
  let scope: String?
  let resources: [String]
  let audiences: [String]
  /// Users that may connect beside the agent's own.
  let users: [String]
  let expiresAt: Int64?
  let expiresIn: Int64?
  let used: Int64?
  let lastUsedAt: Int64?

  /// Reads a block with `event=exposed` of the answer to `action=status`.
  init(_ block: AttributeBlock) {
    account = block.string("account") ?? ""
    socket = block.string("socket") ?? ""
    scope = block.string("scope")
    resources = block.strings("resource")
    audiences = block.strings("audience")
    users = block.strings("allow_uid")
    expiresAt = block.integer("expires_at")
    expiresIn = block.integer("expires_in")
    used = block.integer("used")
    lastUsedAt = block.integer("last_used_at")
  }

  /// The line of `status`: where, how long, what, how often.
  var text: String {
    var parts = [socket + (expiresIn.map { " for \(Timestamp.length($0))" } ?? "")]
    parts += scope.map { ["scope \($0)"] } ?? []
    parts += resources.map { "resource \($0)" } + audiences.map { "audience \($0)" }
    parts += users.map { "user \($0) too" }
    switch used ?? 0 {
    case 0: parts.append("not used yet")
    case 1: parts.append("used once")
    case let times: parts.append("used \(times) times")
    }
    return parts.joined(separator: "; ")
  }

  func add(to json: inout JSONText) {
    json.beginObject()
    json.add("account", account)
    json.add("socket", socket)
    if let scope { json.add("scope", scope) }
    let lists: [(StaticString, [String])] = [
      ("resource", resources), ("audience", audiences), ("allow_uid", users),
    ]
    for (key, values) in lists where !values.isEmpty {
      json.beginArray(key)
      for value in values { json.add(element: value) }
      json.endArray()
    }
    let numbers: [(StaticString, Int64?)] = [
      ("expires_at", expiresAt), ("expires_in", expiresIn), ("used", used),
      ("last_used_at", lastUsedAt),
    ]
    for (key, value) in numbers {
      if let value { json.add(key, value) }
    }
    json.endObject()
  }
}
