import Glibc
import Platform
import TLS

/// Why the server did not start.
struct StartFault: Error {
  let sentence: String
}

/// The running of the server as a program.
enum Serving {
  /// Seconds the certificate made at the start is valid: a year, or a server left running would
  /// stop working while somebody is practising.
  private static let certificateLifetime: Int64 = 365 * 24 * 3600
  /// Seconds before now that it begins, for clocks that disagree.
  private static let certificateLeeway: Int64 = 3600
  /// Bytes of a certificate chain or a key.
  private static let maximumFileLength = 1 << 20

  /// Serves until it is told to stop; returns the exit status.
  static func run(_ options: ServeOptions) throws(StartFault) -> Int32 {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    // Before there is a second thread: each one inherits it, and so the wait below gets them all.
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    let (service, block) = try start(options)
    guard service.start() else { throw StartFault(sentence: "cannot start a thread") }
    do { try writeAll(1, block.attributes) } catch {
      throw StartFault(sentence: "cannot write to standard output: \(error.reason)")
    }
    if !options.isQuiet { for line in block.greeting { Diagnostics.tell(line) } }
    if options.stopsWithStandardInput {
      guard Thread.start(waitForEndOfInput) else {
        throw StartFault(sentence: "cannot start a thread")
      }
    }
    var signal: Int32 = 0
    sigwait(&signals, &signal)
    return 0
  }

  @Sendable private static func waitForEndOfInput() {
    var chunk = [UInt8](repeating: 0, count: 4096)
    while retryingInterrupts({ read(0, &chunk, chunk.count) }) > 0 {}
    kill(getpid(), SIGTERM)
  }

  private static func start(
    _ options: ServeOptions
  ) throws(StartFault) -> (PracticeService, StartBlock) {
    let asksClients = options.clients.contains(where: \.hasCertificate)
    let (context, certificateFile) = try protection(
      options.protection, clientCertificates: asksClients ? .requested : .ignored)
    let log = try log(options)
    let signer: TokenSigner
    let misbehaviour: Misbehaviour?
    do {
      signer = try TokenSigner(options.algorithm)
      misbehaviour = try options.fault.flatMap(Fault.named).map {
        (fault) throws(CryptographyError) in
        try Misbehaviour(fault, beside: options.algorithm)
      }
    } catch { throw StartFault(sentence: "cannot make the signing key") }
    do {
      let listeners = try LoopbackListeners(port: options.port)
      let port = listeners.port
      let scheme = context == nil ? "http" : "https"
      let settings = Settings(
        origin: "\(scheme)://localhost:\(port)", issuerPath: options.issuerPath,
        clients: options.clients, behaviour: options.behaviour, signer: signer,
        clientCertificates: asksClients ? .accepted : .unused, misbehaviour: misbehaviour)
      let service = try PracticeService(
        listeners, settings: settings, log: log, context: context,
        certificateFile: certificateFile)
      let block = StartBlock(
        settings: settings, port: port, certificateFile: certificateFile, processID: getpid())
      return (service, block)
    } catch let fault as ListenFault {
      throw StartFault(sentence: fault.sentence)
    } catch {
      throw StartFault(sentence: "cannot start: out of descriptors")
    }
  }

  private static func log(_ options: ServeOptions) throws(StartFault) -> RequestLog? {
    guard let path = options.logFile else { return nil }
    do { return try RequestLog(path: path, detail: options.logDetail) } catch {
      throw StartFault(sentence: "cannot write to \(path): \(error.reason)")
    }
  }

  private static func protection(
    _ protection: ServeOptions.Protection,
    clientCertificates: TLSServerContext.ClientCertificates
  ) throws(StartFault) -> (TLSServerContext?, certificateFile: String?) {
    switch protection {
    case .none: return (nil, nil)
    case .given(let certificate, let key):
      let pair = CertificateAndKey(
        certificatePEM: try contents(of: certificate), keyPEM: try contents(of: key))
      return (try context(pair, clientCertificates), absolute(certificate))
    case .selfSigned(let path):
      let now = wallClockSeconds()
      let pair: CertificateAndKey
      do {
        pair = try SelfSignedCertificate.make(
          validFrom: now - certificateLeeway, validUntil: now + certificateLifetime)
      } catch { throw StartFault(sentence: "cannot make a certificate") }
      if let path { try write(pair.certificatePEM, to: path) }
      return (try context(pair, clientCertificates), path.map(absolute))
    }
  }

  /// The path as a program in another folder can use it.
  private static func absolute(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  private static func context(
    _ pair: CertificateAndKey, _ clientCertificates: TLSServerContext.ClientCertificates
  ) throws(StartFault) -> TLSServerContext {
    do {
      return try TLSServerContext(presenting: pair, clientCertificates: clientCertificates)
    } catch {
      guard case .unusable(let reason) = error else {
        throw StartFault(sentence: "cannot use the certificate and the key")
      }
      throw StartFault(sentence: reason)
    }
  }

  /// The bytes of a file that the command line names; nil where it cannot be read.
  static func file(_ path: String) -> [UInt8]? { try? contents(of: path) }

  private static func contents(of path: String) throws(StartFault) -> [UInt8] {
    do {
      let file = try Descriptor.open(path, O_RDONLY)
      return try readAll(file.number, limit: maximumFileLength)
    } catch { throw StartFault(sentence: "cannot read \(path): \(error.reason)") }
  }

  private static func write(_ bytes: [UInt8], to path: String) throws(StartFault) {
    do {
      let file = try Descriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
      try bytes.withBytes { (bytes) throws(SystemError) in try writeAll(file.number, bytes) }
    } catch { throw StartFault(sentence: "cannot write \(path): \(error.reason)") }
  }
}
