// modules: TLS
import TLS

/// Keys and signatures as a hostile key set and token would bring them: nothing is ever accepted
/// by chance, and nothing traps.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzSignature(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  guard bytes.count > 4 else { return 0 }
  let algorithm = SignatureAlgorithm.allCases[Int(bytes[0]) % SignatureAlgorithm.allCases.count]
  let curve = Curve.allCases[Int(bytes[1]) % Curve.allCases.count]
  let rest = Array(bytes[3...])
  let cut = min(Int(bytes[2]), rest.count)
  let (one, other) = (Array(rest[..<cut]), Array(rest[cut...]))
  let keys: [PublicKey] = [
    .rsa(modulus: one, exponent: [1, 0, 1]), .rsa(modulus: rest, exponent: one),
    .ec(curve, x: one, y: Array(other.prefix(curve.coordinateLength))), .ed25519(one),
    .ed25519(Array(rest.prefix(32))),
  ]
  for key in keys {
    do throws(SignatureFailure) {
      try VerificationKey(key).verify(other, of: one, by: algorithm)
    } catch { continue }
  }
  return 0
}
