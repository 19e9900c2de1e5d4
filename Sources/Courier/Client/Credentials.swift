import OAuth
import Platform
import TLS

/// What an account's settings and files prove its client with, read once: a secret, a key, a
/// certificate.
struct Credentials: Sendable, Redacted {
  let secret: String?
  /// The key that signs, or that of the certificate.
  let key: SigningKey?
  /// The name the server knows the key by.
  let keyID: String?
  let certificate: CertificateAndKey?

  init(
    secret: String? = nil, key: SigningKey? = nil, keyID: String? = nil,
    certificate: CertificateAndKey? = nil
  ) {
    self.secret = secret
    self.key = key
    self.keyID = keyID
    self.certificate = certificate
  }

  /// Reads what the account names; a command for its secret has until `deadline`.
  static func read(
    from job: Job, environment: Environment, deadline: BootInstant
  ) throws(CourierFailure) -> Credentials {
    // What can be wrong with a file is said before a command asks the person for anything.
    let keyPEM = try file("client_key_file", of: job, readers: .ownerOnly, environment)
    let chain = try file("client_certificate_file", of: job, readers: .everybody, environment)
    let files = Files(
      key: PrivateFile.expanded(job["client_key_file"] ?? "", environment),
      certificate: PrivateFile.expanded(job["client_certificate_file"] ?? "", environment))
    let key = try keyPEM.map { (pem) throws(CourierFailure) in try files.signingKey(pem) }
    let certificate = try chain.map { (chain) throws(CourierFailure) in
      try files.pair(chain, keyPEM)
    }
    return Credentials(
      secret: try ClientSecret.read(from: job, environment: environment, deadline: deadline),
      key: key, keyID: job["client_key_id"], certificate: certificate)
  }

  /// The same with the secret of a client that was registered.
  func with(secret: String) -> Credentials {
    Credentials(secret: secret, key: key, keyID: keyID, certificate: certificate)
  }

  /// What a registered client has; the account's own things are another client's.
  func of(_ registration: Registration) -> Credentials {
    Credentials(secret: registration.secret)
  }

  private static func file(
    _ key: String, of job: Job, readers: PrivateFile.Readers, _ environment: Environment
  ) throws(CourierFailure) -> [UInt8]? {
    guard let path = job[key] else { return nil }
    return try PrivateFile.read(path, for: key, readers: readers, environment: environment)
  }

  /// Where the files lie, for what is wrong with them.
  private struct Files {
    let key: String
    let certificate: String

    func signingKey(_ pem: [UInt8]) throws(CourierFailure) -> SigningKey {
      try KeyFile.checkForPassphrase(pem, "client_key_file", key)
      func unusable(_ reason: String) -> CourierFailure {
        CourierFailure(.failed, "client_key_file \(shown(key)) cannot be used: \(reason)")
      }
      let signingKey: SigningKey
      do { signingKey = try SigningKey(pem: pem) } catch { throw unusable(error.sentence) }
      if let weakness = KeyFile.weakness(of: signingKey.publicKey) {
        throw unusable(weakness.description)
      }
      return signingKey
    }

    func pair(_ chain: [UInt8], _ keyPEM: [UInt8]?) throws(CourierFailure) -> CertificateAndKey {
      guard let keyPEM else {
        throw CourierFailure(.failed, "client_certificate_file needs its key in client_key_file")
      }
      guard ClientCertificate.der(fromPEM: chain) != nil else {
        throw CourierFailure(
          .failed, "client_certificate_file \(shown(certificate)) has no certificate in PEM")
      }
      return try KeyFile.pair(
        chain, keyPEM, "client_certificate_file \(shown(certificate))",
        "client_key_file \(shown(key))")
    }
  }
}

extension CryptographyError {
  /// The error in words.
  var sentence: String {
    switch self {
    case .failed(let reason), .unusableKey(let reason): reason
    case .algorithmDoesNotFitKey: "the key is of another kind than the algorithm"
    }
  }
}
