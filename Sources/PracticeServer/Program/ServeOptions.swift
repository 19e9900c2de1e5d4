import OAuth
import TLS

/// What the command line says about serving.
struct ServeOptions: Sendable, Equatable {
  enum Protection: Sendable, Equatable {
    /// http, which clients take on a loopback address alone.
    case none
    /// TLS with a certificate made at the start, written to a file for clients to trust.
    case selfSigned(certificateFile: String?)
    /// TLS with a certificate and a key from files.
    case given(certificate: String, key: String)
  }

  /// 0 takes a free one.
  var port: UInt16 = 0
  var issuerPath = ""
  var protection = Protection.none
  var clients = RegisteredClient.builtIn
  /// The one way in which the server does wrong on purpose.
  var fault: String?
  var behaviour = Behaviour()
  var algorithm = SignatureAlgorithm.rs256
  var logFile: String?
  var logDetail = RequestLog.Detail.names
  var stopsWithStandardInput = false
  var isQuiet = false

  /// What several options say together about TLS.
  private struct Files {
    var usesTLS = false
    var certificateFile: String?
    var certificate: String?
    var key: String?
  }

  init() {}

  /// - Parameter file: reads the files that clients on the command line name.
  init(
    _ words: some Collection<String>, reading file: @escaping FileReading = { _ in nil }
  ) throws(UsageFault) {
    var reader = ArgumentReader(words)
    var files = Files()
    while let name = try reader.next() {
      if name == "--client" {
        try takeClient(try reader.value(of: name), file)
        continue
      }
      if try takeServing(name, &reader) { continue }
      if try takeFiles(name, &reader, &files) { continue }
      if try takeBehaviour(name, &reader) { continue }
      throw name.hasPrefix("-") ? .unknownOption(name) : .unexpectedArgument(name)
    }
    protection = try Self.protection(files)
    if logDetail == .values, logFile == nil { throw .needs("--log-secrets", "--log") }
    if protection == .none, clients.contains(where: \.hasCertificate) {
      throw .needs("certificate=", "--tls")
    }
  }

  private mutating func takeClient(_ text: String, _ file: FileReading) throws(UsageFault) {
    do { clients.append(try RegisteredClient(parsing: text, reading: file)) } catch {
      throw .client(error)
    }
  }

  private mutating func takeServing(
    _ name: String, _ reader: inout ArgumentReader
  ) throws(UsageFault) -> Bool {
    switch name {
    case "--port":
      guard let number = UInt16(try reader.value(of: name)) else { throw .badPort }
      port = number
    case "--issuer-path": issuerPath = try Self.issuerPath(try reader.value(of: name))
    case "--fault":
      let fault = try reader.value(of: name)
      guard Fault.named(fault) != nil else { throw .unknownFault(fault) }
      self.fault = fault
    case "--id-token-alg":
      guard let algorithm = SignatureAlgorithm(rawValue: try reader.value(of: name)),
        TokenSigner.algorithms.contains(algorithm)
      else { throw .badAlgorithm }
      self.algorithm = algorithm
    case "--stop-with-stdin":
      try reader.flag(name)
      stopsWithStandardInput = true
    case "--quiet":
      try reader.flag(name)
      isQuiet = true
    default: return false
    }
    return true
  }

  private mutating func takeFiles(
    _ name: String, _ reader: inout ArgumentReader, _ files: inout Files
  ) throws(UsageFault) -> Bool {
    switch name {
    case "--tls":
      try reader.flag(name)
      files.usesTLS = true
    case "--certificate-file": files.certificateFile = try reader.path(of: name)
    case "--certificate": files.certificate = try reader.path(of: name)
    case "--key": files.key = try reader.path(of: name)
    case "--log": logFile = try reader.path(of: name)
    case "--log-secrets":
      try reader.flag(name)
      logDetail = .values
    default: return false
    }
    return true
  }

  private mutating func takeBehaviour(
    _ name: String, _ reader: inout ArgumentReader
  ) throws(UsageFault) -> Bool {
    switch name {
    case "--auto-approve": behaviour.approval = .automatic(user: try reader.user(of: name))
    case "--access-token-lifetime": behaviour.accessTokenLifetime = try reader.seconds(of: name)
    case "--refresh-token-lifetime": behaviour.refreshTokenLifetime = try reader.seconds(of: name)
    case "--device-interval": behaviour.deviceInterval = try reader.seconds(of: name)
    case "--device-lifetime": behaviour.deviceLifetime = try reader.seconds(of: name)
    case "--no-refresh-token", "--no-rotation", "--omit-expires-in", "--opaque", "--jwt",
      "--resource", "--require-par", "--dpop-nonce", "--signed-userinfo":
      try reader.flag(name)
      takeBehaviourFlag(name)
    default: return false
    }
    return true
  }

  private mutating func takeBehaviourFlag(_ name: String) {
    switch name {
    case "--no-refresh-token": behaviour.refreshTokens = .none
    case "--no-rotation": behaviour.refreshTokens = .kept
    case "--omit-expires-in": behaviour.expiryNotice = .omitted
    case "--opaque": behaviour.accessTokenForm = .opaque
    case "--jwt": behaviour.accessTokenForm = .jwt
    case "--require-par": behaviour.pushedRequests = .demanded
    case "--dpop-nonce": behaviour.proofNonces = .demanded
    case "--signed-userinfo": behaviour.userInfoForm = .signed
    default: behaviour.servesResource = true
    }
  }

  private static func issuerPath(_ path: String) throws(UsageFault) -> String {
    let segments = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard segments.count > 1, segments[0].isEmpty,
      segments.dropFirst().allSatisfy({ Grammar.isUnreserved($0) && !$0.hasPrefix(".") })
    else { throw .badIssuerPath }
    return path
  }

  private static func protection(_ files: Files) throws(UsageFault) -> Protection {
    switch (files.certificate, files.key) {
    case (let certificate?, let key?):
      guard files.certificateFile == nil else {
        throw .together("--certificate", "--certificate-file")
      }
      return .given(certificate: certificate, key: key)
    case (_?, nil): throw .needs("--certificate", "--key")
    case (nil, _?): throw .needs("--key", "--certificate")
    case (nil, nil):
      guard files.usesTLS else {
        if files.certificateFile != nil { throw .needs("--certificate-file", "--tls") }
        return .none
      }
      return .selfSigned(certificateFile: files.certificateFile)
    }
  }
}
