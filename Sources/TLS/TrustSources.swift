internal import COpenSSL
internal import Glibc

/// Where the certificates come from that a client trusts.
///
/// As in OpenSSL, `SSL_CERT_FILE` stands for the system's bundle and `SSL_CERT_DIR` for its folder:
/// the system's own roots stay trusted until both are given. The account's file comes on top.
package struct TrustSources: Sendable, Equatable {
  /// The value of `SSL_CERT_FILE`; a PEM file. An empty one counts as not given.
  package var certificateFile: String?
  /// The value of `SSL_CERT_DIR`; folders of hashed names, separated by colons.
  package var certificateDirectory: String?
  /// The account's `ca_file`; a PEM file.
  package var additionalFile: String?

  package init(
    certificateFile: String? = nil, certificateDirectory: String? = nil,
    additionalFile: String? = nil
  ) {
    self.certificateFile = certificateFile
    self.certificateDirectory = certificateDirectory
    self.additionalFile = additionalFile
  }

  /// Bundles of distributions whose folder has no hashed names and whose OpenSSL has no default
  /// file: Fedora, Alpine.
  private static let bundles = [
    "/etc/pki/tls/certs/ca-bundle.crt", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem", "/etc/ssl/certs/ca-certificates.crt",
  ]

  /// Puts the certificates into `store`; throws `unusable` for a given file that cannot be read.
  func load(into store: OpaquePointer) throws(TLSError) {
    for file in [certificateFile, additionalFile].compactMap(\.self) where !file.isEmpty {
      try Self.load(file: file, into: store)
    }
    let directory = certificateDirectory.flatMap { $0.isEmpty ? nil : $0 }
    if let directory { try Self.add(directory: directory, to: store) }
    if directory == nil || certificateFile?.isEmpty ?? true { try Self.loadSystem(into: store) }
  }

  /// The folder costs nothing until a certificate is looked for; parsing the bundle of some 140
  /// roots takes longer than a handshake, so it is left for systems without hashed names.
  private static func loadSystem(into store: OpaquePointer) throws(TLSError) {
    if let directory = X509_get_default_cert_dir().map({ String(cString: $0) }),
      hasHashedNames(directory)
    {
      return try add(directory: directory, to: store)
    }
    let first = X509_get_default_cert_file().map { String(cString: $0) }
    for bundle in [first].compactMap(\.self) + bundles where access(bundle, R_OK) == 0 {
      return try load(file: bundle, into: store)
    }
    // A system without roots: whatever was given has to do.
  }

  private static func load(file: String, into store: OpaquePointer) throws(TLSError) {
    ERR_clear_error()
    guard access(file, R_OK) == 0 else {
      throw .unusable(reason: "\(file) cannot be read: \(String(cString: strerror(errno)))")
    }
    guard X509_STORE_load_file(store, file) == 1 else {
      ERR_clear_error()
      throw .unusable(reason: "\(file) holds no certificate in PEM")
    }
  }

  private static func add(directory: String, to store: OpaquePointer) throws(TLSError) {
    guard COpenSSL_X509_STORE_add_directory(store, directory) == 1 else {
      throw .unusable(reason: "\(directory) cannot be used: \(OpenSSLFailure.takeReason())")
    }
  }

  /// Whether the folder holds a name like `5f15c80c.0`, as `openssl rehash` makes them.
  static func hasHashedNames(_ directory: String) -> Bool {
    guard let stream = opendir(directory) else { return false }
    defer { closedir(stream) }
    while let entry = readdir(stream) {
      let isHashed = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        isHashedName(Array(bytes.prefix { $0 != 0 }))
      }
      if isHashed { return true }
    }
    return false
  }

  private static func isHashedName(_ name: [UInt8]) -> Bool {
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    let letters = UInt8(ascii: "a")...UInt8(ascii: "f")
    return name.count > 9 && name[..<8].allSatisfy { digits.contains($0) || letters.contains($0) }
      && name[8] == UInt8(ascii: ".") && name[9...].allSatisfy { digits.contains($0) }
  }
}
