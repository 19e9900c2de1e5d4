// modules: OAuth
import OAuth

private let now: Int64 = 1_800_000_000
private let client = "client"
private let keyLength = 32
private let signatureLength = 64

/// Believes every signature, so that the claims behind it are reached.
private struct Believer: Cryptography {
  func hash(_ bytes: [UInt8], with algorithm: HashAlgorithm) -> [UInt8]? {
    [UInt8](repeating: 0, count: 32)
  }

  func verify(
    algorithm: JWSAlgorithm, key: JSONWebKey, signature: [UInt8], over bytes: [UInt8]
  ) -> Bool { true }
}

private func zeros(_ count: Int) -> String {
  Base64URL.encode([UInt8](repeating: 0, count: count))
}

private let keys = try? JSONWebKeySet(
  validating: Array(#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"\#(zeros(keyLength))"}]}"#.utf8))

private func checkIDToken(_ text: String, _ issuer: Issuer, _ keys: JSONWebKeySet, _ nonce: Nonce) {
  let expectation = IDTokenExpectation(
    issuer: issuer, clientID: client, occasion: .signIn(nonce: nonce), accessToken: "token")
  let checked = try? IDToken(
    validating: text, against: expectation, keys: keys, cryptography: Believer(), now: now)
  guard let checked else { return }
  precondition(issuer.isIdentical(to: checked.issuer))
  precondition((1...255).contains(checked.subject.utf8.count))
  precondition(checked.subject.utf8.allSatisfy { (0x20...0x7E).contains($0) })
  precondition(checked.expiration > now - 61 && checked.issuedAt <= now + 60)
  precondition(checked.claims["nonce"]?.stringValue == nonce.text)
  precondition(PreviousIDToken(stored: text)?.subject == checked.subject)
}

private func checkAnswer(_ text: String, _ issuer: Issuer, _ keys: JSONWebKeySet, _ state: State) {
  let outcome = AuthorizationResponse.validate(
    signedQuery: FormParameters([FormParameter("response", text)]).encoded(), state: state,
    expectation: SignedTokenExpectation(issuer: issuer, clientID: client), keys: keys,
    cryptography: Believer(), now: now)
  if case .authorized(let response) = outcome {
    precondition(response.code.utf8.allSatisfy { (0x20...0x7E).contains($0) })
    precondition((try? JWS(compact: text)) != nil)
  }
}

/// The bytes are a token, and then the claims of one: a part has one spelling only, and what is
/// accepted is in range.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzSignedToken(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  let zero = [UInt8](repeating: 0, count: Entropy.length)
  guard let issuer = try? Issuer("https://as.example"), let keys,
    let stateBits = Entropy(zero), let nonceBits = Entropy(zero)
  else { preconditionFailure("the fixture is broken") }
  let (state, nonce) = (State(stateBits), Nonce(nonceBits))
  let text = String(decoding: bytes, as: UTF8.self)
  if let token = try? JWS(compact: text) {
    precondition(text.hasSuffix(".\(Base64URL.encode(token.signature))"))
    precondition(text.contains(".\(Base64URL.encode(token.payload))."))
    precondition(text.utf8.starts(with: token.signingInput))
  }
  let header = Base64URL.encode(Array(#"{"alg":"EdDSA"}"#.utf8))
  let signature = zeros(signatureLength)
  for token in [text, "\(header).\(Base64URL.encode(bytes)).\(signature)"] {
    checkIDToken(token, issuer, keys, nonce)
    checkAnswer(token, issuer, keys, state)
  }
  return 0
}
