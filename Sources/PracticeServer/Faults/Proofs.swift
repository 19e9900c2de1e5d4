import OAuth

extension Fault {
  /// Proofs of possession (DPoP).
  static let proofs: [Fault] = [
    Fault(
      "dpop-bearer", .proof, .refused(1), "RFC 9449 §5",
      .json(.tokens) { $0["token_type"] = "Bearer" }),
    Fault(
      "dpop-unasked-at-refresh", .refresh, .refused(1), "RFC 6749 §7.1",
      .json(.refresh) { $0["token_type"] = "DPoP" }),
    Fault(
      "dpop-nonce-loop", .proof, .refused(4), "RFC 9449 §8",
      .behaviour { $0.proofNonces = .demanded },
      .reply(.tokens) { reply, scene in
        reply = .error("use_dpop_nonce")
        reply.set("DPoP-Nonce", "nonce-\(scene.visit)")
      }),
    nonce("dpop-nonce-missing", .refused(4), nil),
    nonce("dpop-nonce-empty", .refused(4), ""),
    nonce("dpop-nonce-quotes", .refused(4), "\"no\" \\nonce"),
    nonce("dpop-nonce-huge", .refused(4), String(repeating: "n", count: 20_000)),
    Fault(
      "dpop-nonce-once", .proof, .works, "RFC 9449 §8",
      .behaviour { $0.proofNonces = .demanded }),
    Fault(
      "dpop-nonce-with-401", .proof, .works, "RFC 9449 §8",
      .behaviour { $0.proofNonces = .demanded },
      .reply(.tokens) { reply, _ in
        if reply.error == .useNonce {
          reply.response.status = 401
          reply.response.reason = "Unauthorized"
        }
      }),
    Fault(
      "dpop-invalid-proof", .proof, .refused(4), "RFC 9449 §5",
      .instead(.tokens, .error("invalid_dpop_proof"))),
    Fault(
      "dpop-algs-unknown", .proof, .refused(1), "RFC 9449 §5.1",
      .json(.metadata) { $0["dpop_signing_alg_values_supported"] = ["HS256", "none"] }),
  ]

  /// A demand for a nonce that comes with this one.
  private static func nonce(_ name: String, _ expectation: Expectation, _ text: String?) -> Fault {
    Fault(
      name, .proof, expectation, "RFC 9449 §8.1",
      .reply(.tokens) { reply, _ in
        reply = .error("use_dpop_nonce")
        reply.set("DPoP-Nonce", text)
      })
  }
}
