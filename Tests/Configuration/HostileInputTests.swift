import Testing

@testable import Configuration

/// Random numbers that are the same in every run (xorshift64*).
struct Repeatable: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed | 1 }

  mutating func next() -> UInt64 {
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return state &* 2_685_821_657_736_338_717
  }
}

@Suite struct HostileInputTests {
  private static let seed = """
    \u{FEFF}vault = memory ; x
    [work]\r
    issuer = "https://auth.example.com/as" # y
    client_secret = a=b;c
    redirect_uri = http://localhost:3000/callback
    credential_url = https://git.example.com:8443/te%61m
    authorize.prompt = é
    [home]
    dpop_bound_access_tokens = no
    """

  private func changed(_ text: String, _ random: inout Repeatable) -> [UInt8] {
    var bytes = Array(text.utf8)
    for _ in 0..<Int.random(in: 1...6, using: &random) {
      let place = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
      case 2: bytes.removeSubrange(place...)
      default: bytes.insert(contentsOf: bytes[..<place].suffix(40), at: place)
      }
      if bytes.isEmpty { bytes = [0x5B] }
    }
    return bytes
  }

  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func noFileIsATrap(_ seed: UInt64) {
    var random = Repeatable(seed: seed)
    for _ in 0..<100 {
      let bytes = changed(Self.seed, &random)
      guard let file = try? read(bytes) else { continue }
      // What was read lies inside the file, and no secret became text.
      for setting in file.accounts.flatMap(\.settings) {
        #expect(setting.valueRange.upperBound <= bytes.count)
        #expect(setting.key != KnownKey.clientSecret || setting.value.isEmpty)
      }
    }
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func noURLIsATrap(_ seed: UInt64) {
    var random = Repeatable(seed: seed)
    for _ in 0..<100 {
      let bytes = changed("https://u@git.example.com:8443/te%61m/../x?a#b", &random)
      let text = String(decoding: bytes, as: UTF8.self)
      if let url = WebURL(text) { #expect(!url.host.isEmpty) }
      _ = CredentialRequest(url: text)
      _ = CredentialRequest(protocol: "https", host: text, path: text, username: text)
    }
  }
}
