import Testing

@testable import Vault

@Suite struct VaultHeaderTests {
  private let scrypt = ScryptParameters(salt: [UInt8](repeating: 3, count: 16))

  private func header(_ scrypt: ScryptParameters? = nil) throws -> VaultHeader {
    try makeSealer(source: scrypt == nil ? "secret-service" : "passphrase", scrypt: scrypt).header
  }

  @Test func whatIsWrittenIsRead() throws {
    for scrypt in [nil, scrypt] {
      let header = try header(scrypt)
      let (read, length) = try VaultHeader.read(header.bytes + Array("SPR1 and more".utf8))
      #expect(read == header)
      #expect(length == header.bytes.count)
    }
  }

  @Test func itIsAnAttributeBlockThatAPersonCanRead() throws {
    let text = String(decoding: try header(scrypt).bytes, as: UTF8.self)
    #expect(text.hasPrefix("sallyport-vault=1\nvault="))
    #expect(text.contains("\nkey_source=passphrase\nscrypt_n=131072\nscrypt_r=8\nscrypt_p=1\n"))
    #expect(text.hasSuffix("\n\n"))
  }

  @Test("no bit of it can be turned, by chance")
  func everyBit() throws {
    let bytes = try header(scrypt).bytes
    for bit in 0..<(bytes.count * 8) {
      var changed = bytes
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      let fault = fault { () throws(VaultFault) in _ = try VaultHeader.read(changed) }
      switch fault {
      case .headerDamaged, .notAVault: break
      // The digit of the version, and nothing else.
      case .newerVersion(let version): #expect(bit / 8 == 16 && (2...9).contains(version))
      default: Issue.record("bit \(bit): \(String(describing: fault))")
      }
    }
  }

  @Test func noByteOfItCanBeMissing() throws {
    let bytes = try header(scrypt).bytes
    for count in 0..<bytes.count {
      let fault = fault { () throws(VaultFault) in
        _ = try VaultHeader.read(Array(bytes.prefix(count)))
      }
      #expect(
        fault
          == (count == 0
            ? .empty
            : count < "sallyport-vault=1\n".utf8.count
              ? .notAVault : .headerDamaged))
    }
  }

  /// Edits somebody might make by hand, with the checksum made right again.
  @Test(
    arguments: [
      ("key_source=passphrase", "key_source=secret-service"), ("scrypt_n=131072", "scrypt_n=16384"),
      ("scrypt_p=1", "scrypt_p=2"), ("scrypt_salt=03", "scrypt_salt=04"),
      ("authentication=", "authentication=00"), ("file=", "file=00"),
    ])
  func editedWithARightChecksum(_ from: String, _ to: String) throws {
    let sealer = try makeSealer(source: "passphrase", scrypt: scrypt)
    let changed = edited(sealer.header.bytes, from, to)
    let (header, _) = try VaultHeader.read(changed)
    #expect(
      fault { () throws(VaultFault) in
        _ = try VaultSealer(opening: header, key: rightKey, OpenSSLVault())
      } == .headerForged)
  }

  /// The vault's identifier and the check make the key what it is: without them it is another one.
  @Test(arguments: ["vault=", "key_check="])
  func editedKeyCheck(_ key: String) throws {
    let changed = edited(try header().bytes, "\n" + key, "\n" + key + "00")
    let (header, _) = try VaultHeader.read(changed)
    #expect(
      fault { () throws(VaultFault) in
        _ = try VaultSealer(opening: header, key: rightKey, OpenSSLVault())
      } == .wrongKey)
  }

  /// Replaces `from`, cuts the line to its former length where it grew, and renews the checksum.
  private func edited(_ bytes: [UInt8], _ from: String, _ to: String) -> [UInt8] {
    var lines = String(decoding: bytes, as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false
    ).map(String.init)
    lines.removeLast(3)
    for index in lines.indices where ("\n" + lines[index]).contains(from) {
      let former = lines[index].count
      var line = "\n" + lines[index]
      if let range = line.range(of: from) { line.replaceSubrange(range, with: to) }
      line.removeFirst()
      lines[index] = from.hasSuffix("=") ? String(line.prefix(former)) : line
    }
    let body = Array((lines.joined(separator: "\n") + "\n").utf8)
    let sum = String(Checksum.of(body[...]), radix: 16)
    let padded = String(repeating: "0", count: 8 - sum.count) + sum
    return body + Array("checksum=\(padded)\n\n".utf8)
  }

  @Test("forms the writer never makes are damage, though the checksum is right")
  func onlyOneForm() throws {
    let bytes = try header(scrypt).bytes
    for (from, to) in [
      ("scrypt_n=131072", "scrypt_n=0131072"), ("scrypt_n=131072", "scrypt_n=131073"),
      ("scrypt_n=131072", "scrypt_n=1099511627776"), ("scrypt_n=131072", "scrypt_n=-1"),
      ("scrypt_r=8", "scrypt_r=9"), ("scrypt_r=8", "scrypt_r=8\nmore=1"),
      ("key_source=passphrase", "key_source=pass phrase"), ("key_source=passphrase", "key_source="),
      ("scrypt_p=1", "scrypt_p=1\r"), ("scrypt_p=1", "scrypt_p=64"), ("\nvault=", "\nvault=zz"),
    ] {
      let changed = edited(bytes, from, to)
      #expect(changed != bytes)
      #expect(
        fault { () throws(VaultFault) in _ = try VaultHeader.read(changed) } == .headerDamaged,
        "\(to)")
    }
  }

  @Test func aNewerVersionIsSaidToBeOne() throws {
    for (start, expected) in [
      ("sallyport-vault=2\nanything", VaultFault.newerVersion(2)),
      ("sallyport-vault=999999999\n\n", .newerVersion(999_999_999)),
      ("sallyport-vault=9999999999\n\n", .notAVault), ("sallyport-vault=0\n\n", .notAVault),
      ("sallyport-vault=\n", .notAVault), ("sallyport-vault=2", .notAVault),
      ("sallyport-vault=1x\n", .notAVault), ("[work]\n", .notAVault),
      ("sallyport-vault=1\n" + String(repeating: "a=b\n", count: 2000) + "\n", .headerDamaged),
    ] {
      #expect(
        fault { () throws(VaultFault) in _ = try VaultHeader.read(Array(start.utf8)) } == expected)
    }
  }

  @Test func aWrongKeyIsToldFromADamagedFile() throws {
    let sealer = try makeSealer()
    #expect(
      fault { () throws(VaultFault) in
        _ = try VaultSealer(opening: sealer.header, key: wrongKey, OpenSSLVault())
      } == .wrongKey)
    for count in [0, 16, 31, 33] {
      let key = [UInt8](repeating: 0x5A, count: count)
      #expect(
        fault { () throws(VaultFault) in
          _ = try VaultSealer(opening: sealer.header, key: key, OpenSSLVault())
        } == .wrongKey)
    }
  }

  @Test func withoutCryptographyNothingIsSealed() {
    #expect(
      fault { () throws(VaultFault) in
        _ = try VaultSealer(
          newFileOf: nil, key: rightKey, source: "credential", scrypt: nil, NoCryptography())
      } == .cryptography(reason: "there are no random bytes"))
  }

  @Test func twoFilesOfOneVaultHaveDifferentKeys() throws {
    let first = try makeSealer()
    let second = try makeSealer(of: first.header.plan.vault)
    #expect(first.header.plan.vault == second.header.plan.vault)
    #expect(first.header.plan.file != second.header.plan.file)
    // RFC 5869 §2.3, with the identifiers in the info.
    let plan = first.header.plan
    let info = Array("sallyport vault 1: records\n".utf8) + plan.vault + plan.file + [1]
    let keys = try VaultKeys(rightKey, plan, OpenSSLVault())
    #expect(keys.records == OpenSSLVault().authenticationCode(of: info, key: rightKey))
    #expect(try VaultKeys(rightKey, second.header.plan, OpenSSLVault()).records != keys.records)
    let frame = try first.session("work", "token", at: 1)
    #expect(
      fault { () throws(VaultFault) in _ = try second.open(frame) }
        == .recordRefused(sequence: 1, name: "work"))
  }
}

extension String {
  /// The first place of `other`; Foundation has it, and is not wanted here.
  func range(of other: String) -> Range<Index>? {
    indices.first { self[$0...].hasPrefix(other) }.map { $0..<index($0, offsetBy: other.count) }
  }
}
