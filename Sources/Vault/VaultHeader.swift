import Attributes

/// The beginning of a vault's file: an attribute block that says how the rest is to be opened.
///
/// There is one way to write a header, and only what is written that way is read: an unknown key, a
/// field in another place or a line end of another kind is damage. Whoever adds a field raises
/// ``version``.
package struct VaultHeader: Equatable, Sendable {
  /// The format this program writes, and the newest it reads.
  package static let version = 1
  /// Bytes of the identifiers.
  package static let identifierLength = 16
  /// Bytes of ``keyCheck``.
  package static let keyCheckLength = 16
  /// Bytes of ``authentication``.
  package static let authenticationLength = 32
  /// Bytes of the name of a key's source.
  private static let longestSource = 32

  /// What is known before there is a key.
  package struct Plan: Equatable, Sendable {
    /// The same as long as the key is: by it a keyring finds the key.
    package let vault: [UInt8]
    /// Another one each time the file is written anew: by it each file has keys of its own.
    package let file: [UInt8]
    /// Where the key comes from, in the configuration's words: "secret-service", "passphrase".
    package let keySource: String
    /// Given when the key is made from a passphrase.
    package let scrypt: ScryptParameters?

    /// Takes identifiers of ``VaultHeader/identifierLength`` and a source of `[a-z-]`.
    package init?(vault: [UInt8], file: [UInt8], keySource: String, scrypt: ScryptParameters?) {
      guard vault.count == identifierLength, file.count == identifierLength,
        (1...longestSource).contains(keySource.utf8.count),
        keySource.utf8.allSatisfy({
          (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0 == UInt8(ascii: "-")
        })
      else { return nil }
      self.vault = vault
      self.file = file
      self.keySource = keySource
      self.scrypt = scrypt
    }

    /// The lines that ``VaultHeader/authentication`` covers, first of all the version.
    package var lines: [UInt8] {
      var bytes = VaultHeader.firstKey + Array("\(VaultHeader.version)\n".utf8)
      func line(_ key: String, _ value: String) { bytes += Array("\(key)=\(value)\n".utf8) }
      line("vault", hexadecimal(vault))
      line("file", hexadecimal(file))
      line("key_source", keySource)
      if let scrypt {
        line("scrypt_n", String(scrypt.cost))
        line("scrypt_r", String(ScryptParameters.blockSize))
        line("scrypt_p", String(scrypt.parallelism))
        line("scrypt_salt", hexadecimal(scrypt.salt))
      }
      return bytes
    }
  }

  package let plan: Plan
  /// Tells the right key from others, whatever happened to the rest of the file.
  package let keyCheck: [UInt8]
  /// Covers ``Plan/lines``; only who has the key can make it.
  package let authentication: [UInt8]

  package init?(_ plan: Plan, keyCheck: [UInt8], authentication: [UInt8]) {
    guard keyCheck.count == Self.keyCheckLength, authentication.count == Self.authenticationLength
    else { return nil }
    self.plan = plan
    self.keyCheck = keyCheck
    self.authentication = authentication
  }

  /// The header as it stands in the file, with the blank line that ends it.
  package var bytes: [UInt8] {
    var bytes = plan.lines
    bytes += Array("key_check=\(hexadecimal(keyCheck))\n".utf8)
    bytes += Array("authentication=\(hexadecimal(authentication))\n".utf8)
    let sum = Checksum.of(bytes[...])
    let digits = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: sum >> UInt32($0)) }
    return bytes + Array("checksum=\(hexadecimal(digits))\n\n".utf8)
  }

  /// What each vault begins with, of whatever version.
  fileprivate static let firstKey = Array("sallyport-vault=".utf8)
}

extension VaultHeader {
  /// Reads the header at the beginning of `start`.
  ///
  /// - Parameter start: the first ``VaultLimits/headerLength`` bytes of the file, or all it has.
  package static func read(_ start: [UInt8]) throws(VaultFault) -> (VaultHeader, length: Int) {
    guard !start.isEmpty else { throw .empty }
    // Another version may have another form: it is told first, and by the first line alone.
    switch version(in: start) {
    case nil: throw .notAVault
    case version: break
    case .some(let other): throw other > version ? .newerVersion(other) : .notAVault
    }
    guard let length = blockLength(start) else { throw .headerDamaged }
    let bytes = Array(start[..<length])
    let header = bytes.withUnsafeBytes { bytes in
      (try? AttributeBlock(bytes)).flatMap { VaultHeader(fields: $0) }
    }
    guard let header, header.bytes == bytes else { throw .headerDamaged }
    return (header, length)
  }

  /// The number of the first line; nil when it is none.
  private static func version(in start: [UInt8]) -> Int? {
    guard start.starts(with: firstKey) else { return nil }
    let digits = start.dropFirst(firstKey.count).prefix { $0 != UInt8(ascii: "\n") }
    // Nine digits fit an Int and outlast this program.
    guard (1...9).contains(digits.count), firstKey.count + digits.count < start.count,
      digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    return Int(String(decoding: digits, as: UTF8.self))
  }

  private static func blockLength(_ start: [UInt8]) -> Int? {
    let newline = UInt8(ascii: "\n")
    let limit = min(start.count, VaultLimits.headerLength)
    return (1..<max(1, limit)).first { start[$0] == newline && start[$0 - 1] == newline }
      .map { $0 + 1 }
  }

  private init?(fields block: AttributeBlock) {
    func bytes(_ key: StaticString) -> [UInt8]? { block.string(key).flatMap(fromHexadecimal) }
    guard let vault = bytes("vault"), let file = bytes("file"),
      let source = block.string("key_source"), let keyCheck = bytes("key_check"),
      let authentication = bytes("authentication")
    else { return nil }
    var scrypt: ScryptParameters?
    if block["scrypt_n"] != nil {
      guard let cost = block.string("scrypt_n").flatMap({ UInt64($0) }),
        let parallelism = block.string("scrypt_p").flatMap({ UInt64($0) }),
        let salt = bytes("scrypt_salt"),
        let parameters = ScryptParameters(cost: cost, parallelism: parallelism, salt: salt)
      else { return nil }
      scrypt = parameters
    }
    guard let plan = Plan(vault: vault, file: file, keySource: source, scrypt: scrypt) else {
      return nil
    }
    self.init(plan, keyCheck: keyCheck, authentication: authentication)
  }
}
