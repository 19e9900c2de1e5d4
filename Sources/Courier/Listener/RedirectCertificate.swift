import OAuth
import Platform
import TLS

/// What redirect URIs with https are listened to with: `redirect_certificate` and `redirect_key`.
enum RedirectCertificate {
  /// The account's certificate; nil where it names none.
  static func read(
    from job: Job, environment: Environment
  ) throws(CourierFailure) -> CertificateAndKey? {
    guard let path = job["redirect_certificate"] else {
      guard job["redirect_key"] == nil else {
        throw CourierFailure(.failed, "redirect_key needs its certificate in redirect_certificate")
      }
      return nil
    }
    guard let keyPath = job["redirect_key"] else {
      throw CourierFailure(.failed, "redirect_certificate needs its key in redirect_key")
    }
    let certificate = try PrivateFile.read(
      path, for: "redirect_certificate", readers: .everybody, environment: environment)
    let key = try PrivateFile.read(
      keyPath, for: "redirect_key", readers: .ownerOnly, environment: environment)
    let keyFile = PrivateFile.expanded(keyPath, environment)
    try KeyFile.checkForPassphrase(key, "redirect_key", keyFile)
    return try KeyFile.pair(
      certificate, key,
      "redirect_certificate \(shown(PrivateFile.expanded(path, environment)))",
      "redirect_key \(shown(keyFile))")
  }

  /// What a redirect URI is served with; nil for one without TLS.
  static func context(
    for redirectURI: RedirectURI, _ certificate: CertificateAndKey?
  ) throws(CourierFailure) -> TLSServerContext? {
    guard redirectURI.usesTLS, let host = redirectURI.loopbackHost else { return nil }
    guard let certificate else {
      throw CourierFailure(
        .failed, "redirect_uri \(shown(redirectURI.text)) needs a redirect_certificate")
    }
    let isForHost: Bool
    let context: TLSServerContext
    do throws(TLSError) {
      isForHost = try certificate.covers(host)
      context = try TLSServerContext(presenting: certificate)
    } catch {
      throw CourierFailure(
        .failed, "redirect_certificate and redirect_key cannot be used: \(error.fileReason)")
    }
    guard isForHost else {
      throw CourierFailure(
        .failed,
        "redirect_certificate is not for \(host), which redirect_uri \(shown(redirectURI.text)) "
          + "names, and a browser would refuse it; have one made for that name")
    }
    return context
  }
}
