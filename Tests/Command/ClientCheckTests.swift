import Configuration
import Glibc
import Testing

@testable import Command

private func settings(_ lines: [String]) throws -> AccountSettings {
  let text = "[work]\n" + lines.map { $0 + "\n" }.joined()
  let file = try Array(text.utf8).withUnsafeBytes { try ConfigurationFile(parsing: $0) }
  return try #require(file.account("work"))
}

private func findings(_ lines: [String]) throws -> [String] {
  try ClientCheck.findings(settings(lines)).map { "\($0.weight): \($0.sentence)" }
}

private let server = ["issuer = https://a.example", "client_id = x"]

@Suite struct ClientCheckTests {
  @Test(arguments: [
    [], ["token_endpoint_auth_method = private_key_jwt", "client_key_file = /k"],
    ["token_endpoint_auth_method = client_secret_jwt", "client_secret = x"],
    [
      "token_endpoint_auth_method = tls_client_auth", "client_key_file = /k",
      "client_certificate_file = /c",
    ],
    ["client_key_file = /k", "token_endpoint_auth_signing_alg = ES256"],
    ["client_secret_command = x", "token_endpoint_auth_method = client_secret_post"],
    ["redirect_uri = https://app.example/cb"], ["require_pushed_authorization_requests = yes"],
    [
      "redirect_uri = https://localhost:3443/cb", "redirect_certificate = /c", "redirect_key = /k",
    ], ["dpop_bound_access_tokens = no", "credential_url = https://git.example"],
    ["client_id_metadata_document = https://app.example/client.json"],
    ["response_mode = jwt"], ["redirect_uri = http://127.0.0.1/cb"],
    ["client_secret = x", "client_key_file = /k", "token_endpoint_auth_method = private_key_jwt"],
  ])
  func whatFitsTogetherIsNotMentioned(_ lines: [String]) throws {
    #expect(try findings(server + lines) == [])
  }

  @Test(arguments: [["resource = https://mcp.example/"], ["issuer = https://a.example"]])
  func aClientMayBeRegistered(_ lines: [String]) throws {
    #expect(
      try findings(lines) == [
        "fine: work has no client_id: a client is registered at the sign-in if the server does that"
      ])
  }

  @Test(arguments: [
    ["issuer = https://a.example", "client_id_metadata_document = https://b.example/c.json"],
    ["resource = https://mcp.example/", "client_id = x"],
    [
      "device_authorization_endpoint = https://a.example/d", "client_id = x",
      "token_endpoint = https://a.example/t",
    ],
  ])
  func thereAreSeveralWaysToAServerAndAClient(_ lines: [String]) throws {
    #expect(try findings(lines) == [])
  }

  private static let problems: [([String], String)] = [
    (
      ["token_endpoint_auth_method = private_key_jwt"], "has private_key_jwt but no client_key_file"
    ),
    (
      ["token_endpoint_auth_method = self_signed_tls_client_auth", "client_key_file = /k"],
      "has self_signed_tls_client_auth but no client_certificate_file"
    ),
    (
      ["token_endpoint_auth_method = tls_client_auth", "client_certificate_file = /c"],
      "has tls_client_auth but no client_key_file"
    ),
    (["client_certificate_file = /c"], "has client_certificate_file but no client_key_file"),
    (
      ["token_endpoint_auth_method = client_secret_jwt"],
      "has client_secret_jwt but no client_secret or client_secret_file or client_secret_command"
    ),
    (
      ["client_key_file = /k", "token_endpoint_auth_signing_alg = HS256"],
      "has a token_endpoint_auth_signing_alg that does not fit"
    ),
    (
      [
        "client_secret = x", "token_endpoint_auth_method = client_secret_jwt",
        "token_endpoint_auth_signing_alg = ES256",
      ], "has a token_endpoint_auth_signing_alg that does not fit"
    ),
    (["redirect_certificate = /c"], "has one of redirect_certificate and redirect_key"),
    (["redirect_key = /c"], "has one of redirect_certificate and redirect_key"),
    (
      ["redirect_uri = http://localhost/cb"],
      "has redirect_uri http://localhost/cb without a port: write http://localhost:3000/callback"
    ),
  ]

  @Test(arguments: problems)
  func whatIsMissingIsAProblem(_ lines: [String], _ sentence: String) throws {
    let found = try findings(server + lines)
    #expect(found.count == 1)
    #expect(found.first?.hasPrefix("problem: work \(sentence)") == true)
  }

  private static let warnings: [([String], String)] = [
    (["redirect_uri = https://localhost:3443/cb"], "is sent back to https://localhost:3443/cb"),
    (
      ["redirect_certificate = /c", "redirect_key = /k"],
      "has a redirect_certificate and no redirect_uri"
    ),
    (
      ["dpop_bound_access_tokens = yes", "credential_url = https://git.example"],
      "has dpop_bound_access_tokens, and git cannot"
    ),
    (
      ["client_id_metadata_document = https://localhost/client.json"],
      "has a client_id_metadata_document on this machine"
    ),
    (
      ["token_endpoint_auth_method = none", "client_key_file = /k"],
      "has token_endpoint_auth_method = none: no secret, key or certificate is used"
    ),
    (
      ["client_secret = x", "client_key_file = /k"],
      "has a secret that is not used beside a key: it signs in by private_key_jwt"
    ),
    (["client_key_id = k1"], "has a client_key_id and no client_key_file"),
  ]

  @Test(arguments: warnings)
  func whatWillSurpriseIsAWarning(_ lines: [String], _ sentence: String) throws {
    let found = try findings(server + lines)
    #expect(found.count == 1)
    #expect(found.first?.hasPrefix("warning: work \(sentence)") == true)
  }

  @Test func aCertificateIsShownOverHTTPSAlone() throws {
    let certificate = ["client_certificate_file = /c", "client_key_file = /k"]
    let here = ["issuer = http://localhost:4000", "client_id = x"]
    let sentence =
      "problem: work has a certificate, which can only be shown over https, and its issuer is http"
    #expect(try findings(here + certificate) == [sentence])
    #expect(
      try findings(here + certificate + ["token_endpoint_auth_method = private_key_jwt"]) == [])
  }

  @Test func aSignedAnswerNeedsAnIssuer() throws {
    let endpoints = [
      "authorization_endpoint = https://a.example/a", "token_endpoint = https://a.example/t",
      "client_id = x",
    ]
    #expect(
      try findings(endpoints + ["response_mode = form_post.jwt"]) == [
        "problem: work has response_mode = form_post.jwt and no issuer, whose signature could be"
          + " checked"
      ])
    #expect(try findings(endpoints + ["response_mode = form_post"]) == [])
  }

  @Test func anAccountWithoutAServerOrAClientIsAProblem() throws {
    #expect(
      try findings(["require_pushed_authorization_requests = yes"]) == [
        "problem: work has neither issuer nor authorization_endpoint and token_endpoint, nor a"
          + " resource", "problem: work has no client_id",
        "problem: work requires pushed requests and has neither"
          + " pushed_authorization_request_endpoint nor issuer",
      ])
  }
}

@Suite struct FileCheckTests {
  private static let key = "-----BEGIN PRIVATE KEY-----\nMA==\n-----END PRIVATE KEY-----\n"
  private static let certificate = "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n"

  private func findings(_ key: String, _ text: String?, mode: mode_t = 0o600) throws -> [Finding] {
    let folder = try ProgramFolder()
    let path = folder.path + "/a file"
    if let text {
      try folder.write(text, to: "a file")
      chmod(path, mode)
    }
    let found = try FileCheck.findings(settings(["\(key) = \(path)"]))
    if mode != 0o600 { #expect(found.first?.hint == "chmod 600 '\(path)'") }
    return found
  }

  @Test(arguments: [
    ("client_key_file", key), ("redirect_key", key), ("client_certificate_file", certificate),
    ("redirect_certificate", certificate), ("ca_file", "text\n" + certificate),
    ("client_secret_file", "secret\n"), ("initial_access_token_file", "token"),
  ])
  func aFitFileIsNotMentioned(_ key: String, _ text: String) throws {
    #expect(try findings(key, text) == [])
  }

  @Test(
    arguments: [
      ("client_key_file", nil, "cannot be read: no such file"),
      ("client_key_file", "", "has no private key in PEM"),
      ("client_key_file", certificate, "has no private key in PEM"),
      ("redirect_key", "-----BEGIN ENCRYPTED PRIVATE KEY-----\n", "is encrypted"),
      ("client_certificate_file", key, "has no certificate in PEM"),
      ("client_secret_file", "\nx", "has nothing on its first line"),
      ("initial_access_token_file", "", "has nothing on its first line"),
    ] as [(String, String?, String)])
  func anUnfitFileIsAProblem(_ key: String, _ text: String?, _ words: String) throws {
    let found = try findings(key, text)
    #expect(found.map(\.weight) == [.problem])
    #expect(found.first?.sentence.contains("work: the \(key) /") == true)
    #expect(found.first?.sentence.contains(words) == true)
  }

  @Test(arguments: ["client_key_file", "redirect_key", "client_secret_file"])
  func aSecretThatOthersCanReadIsAProblem(_ key: String) throws {
    #expect(try findings(key, Self.key, mode: 0o640).map(\.weight) == [.problem])
  }

  @Test func aCertificateMayBeReadByAll() throws {
    #expect(try findings("client_certificate_file", Self.certificate, mode: 0o600) == [])
    let folder = try ProgramFolder()
    try folder.write(Self.certificate, to: "c")
    chmod(folder.path + "/c", 0o644)
    #expect(try FileCheck.findings(settings(["ca_file = \(folder.path)/c"])) == [])
  }

  @Test func aFolderAndAPipeAreNoFiles() throws {
    let folder = try ProgramFolder()
    mkfifo(folder.path + "/pipe", 0o600)
    for path in [folder.path, folder.path + "/pipe"] {
      let found = try FileCheck.findings(settings(["client_key_file = \(path)"]))
      #expect(found.first?.sentence.hasSuffix("is not a file") == true)
    }
  }

  @Test func aTildeIsTheHomeFolder() {
    #expect(FileCheck.expanded("/~/x") == "/~/x")
    #expect(FileCheck.expanded("~/x").hasSuffix("/x"))
  }
}
