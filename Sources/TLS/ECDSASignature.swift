internal import COpenSSL

/// The two forms of an ECDSA signature: r and s side by side, as JOSE has it (RFC 7518 §3.4), and
/// the DER that libcrypto takes (RFC 3279 §2.2.3).
enum ECDSASignature {
  /// The DER of a raw signature on `curve`; nil where the length is wrong or r or s is zero.
  ///
  /// libcrypto refuses values that are not below the curve's order when it verifies.
  static func der(fromRaw raw: [UInt8], curve: Curve) -> [UInt8]? {
    let length = curve.coordinateLength
    guard raw.count == 2 * length, raw[..<length].contains(where: { $0 != 0 }),
      raw[length...].contains(where: { $0 != 0 })
    else { return nil }
    guard let signature = ECDSA_SIG_new() else { return nil }
    defer { ECDSA_SIG_free(signature) }
    let r = BN_bin2bn(Array(raw[..<length]), Int32(length), nil)
    let s = BN_bin2bn(Array(raw[length...]), Int32(length), nil)
    guard let r, let s, ECDSA_SIG_set0(signature, r, s) == 1 else {
      BN_free(r)
      BN_free(s)
      return nil
    }
    let size = i2d_ECDSA_SIG(signature, nil)
    guard size > 0 else { return nil }
    var der = [UInt8](repeating: 0, count: Int(size))
    let written = der.withUnsafeMutableBufferPointer { buffer in
      var end = buffer.baseAddress
      return i2d_ECDSA_SIG(signature, &end)
    }
    return written == size ? der : nil
  }

  /// The raw form of a DER signature that libcrypto has made.
  static func raw(fromDER der: [UInt8], curve: Curve) -> [UInt8]? {
    let signature = der.withUnsafeBufferPointer { buffer in
      var start = buffer.baseAddress
      return d2i_ECDSA_SIG(nil, &start, buffer.count)
    }
    guard let signature else { return nil }
    defer { ECDSA_SIG_free(signature) }
    guard let r = BigNumber.bytes(ECDSA_SIG_get0_r(signature), count: curve.coordinateLength),
      let s = BigNumber.bytes(ECDSA_SIG_get0_s(signature), count: curve.coordinateLength)
    else { return nil }
    return r + s
  }
}

/// libcrypto's numbers, read.
enum BigNumber {
  /// `number` in big-endian, with leading zeros up to `count` bytes; nil where it has more.
  static func bytes(_ number: OpaquePointer?, count: Int) -> [UInt8]? {
    guard let number else { return nil }
    var bytes = [UInt8](repeating: 0, count: count)
    guard BN_bn2binpad(number, &bytes, Int32(clamping: count)) == Int32(clamping: count) else {
      return nil
    }
    return bytes
  }

  /// `number` in big-endian, without leading zeros.
  static func bytes(_ number: OpaquePointer?) -> [UInt8]? {
    guard let number else { return nil }
    return bytes(number, count: (Int(BN_num_bits(number)) + 7) / 8)
  }
}
