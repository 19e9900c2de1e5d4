import Attributes
import Secrets

/// What couriers want their successors to know: kept as it is, handed back, never looked into.
struct Carried {
  /// One `session.*` attribute: nothing secret.
  struct Plain {
    let key: [UInt8]
    let value: [UInt8]
  }

  /// One `secret.*` or `registration.*` attribute, in guarded pages.
  struct Secret {
    let key: [UInt8]
    let value: HeldSecret
  }

  /// The `session.*` attributes as lines: there may be ten thousand sessions, and the small arrays of
  /// their parts would cost half as much as all the rest of them.
  private(set) var lines: [UInt8] = []
  private(set) var secrets: [Secret] = []

  /// The `session.*` attributes, in their order.
  var plain: [Plain] {
    lines.split(separator: UInt8(ascii: "\n")).compactMap { line in
      guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else { return nil }
      return Plain(key: Array(line[..<equals]), value: Array(line[(equals + 1)...]))
    }
  }

  /// Takes over what a courier's answer has of a session; a line that comes again is replaced.
  ///
  /// - Parameter known: a secret that may come again here, and is then held once.
  mutating func take(_ answer: AttributeBlock, sharing known: HeldSecret? = nil, pool: SecretPool) {
    var plain = self.plain
    answer.visit { key, _, value in
      if key.starts(with: "session.".utf8) {
        let attribute = Plain(key: Array(key), value: Array(value))
        plain.removeAll { $0.key == attribute.key }
        plain.append(attribute)
      } else if key.starts(with: "secret.".utf8) {
        let held = known.flatMap { $0.equalsInConstantTime(value) ? $0 : nil }
        let attribute = Secret(
          key: Array(key), value: held ?? HeldSecret(copying: value, in: pool))
        secrets.removeAll { $0.key == attribute.key }
        secrets.append(attribute)
      }
    }
    // Lines that have not changed stay those that other sessions may share.
    let lines = Self.lines(plain)
    if lines != self.lines { self.lines = lines }
  }

  /// Has the memory for the `session.*` attributes in common with sessions that have the same.
  mutating func share(_ parts: inout SharedParts) { lines = parts.shared(lines) }

  private static func lines(_ plain: [Plain]) -> [UInt8] {
    var lines: [UInt8] = []
    lines.reserveCapacity(plain.reduce(0) { $0 + $1.key.count + $1.value.count + 2 })
    for attribute in plain {
      lines += attribute.key
      lines.append(UInt8(ascii: "="))
      lines += attribute.value
      lines.append(UInt8(ascii: "\n"))
    }
    return lines
  }

  /// The `registration.*` lines of a courier's block; none where it has none.
  static func registration(in block: AttributeBlock, pool: SecretPool) -> [Secret] {
    var lines: [Secret] = []
    block.visit { key, _, value in
      guard key.starts(with: "registration.".utf8) else { return }
      lines.append(Secret(key: Array(key), value: HeldSecret(copying: value, in: pool)))
    }
    return lines
  }

  /// The text of a `session.*` attribute that clients are told as well.
  func text(_ key: String) -> String? {
    guard let attribute = plain.first(where: { $0.key.elementsEqual(key.utf8) }) else { return nil }
    return String(validating: attribute.value, as: UTF8.self)
  }
}

/// A client that was registered for an account (RFC 7591): it outlives the account's sessions.
struct ClientRegistration {
  /// The `registration.*` lines of a courier, handed to every job of the account.
  let lines: [Carried.Secret]
  /// The settings of the sign-in it was made in: where the server is reached that has to delete it.
  let settings: SignInSettings

  /// Whether the courier has said the same before.
  func hasSameLines(as other: ClientRegistration?) -> Bool {
    guard let other, other.lines.count == lines.count else { return false }
    return zip(lines, other.lines).allSatisfy { $0.key == $1.key && $0.value.equals($1.value) }
  }
}
