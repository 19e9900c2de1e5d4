import HTTP1
import OAuth
import Platform
import TLS

/// A browser without a window, and the person before it: it opens an address of a practice server,
/// fills in the sign-in page and follows the way back.
struct ScriptedBrowser {
  /// Where the way ended.
  enum Ending: Equatable {
    /// A page, with its status.
    case page(status: Int, title: String, address: String)
    /// An address that is for another program or another machine, and is not opened.
    case elsewhere(String)

    /// For programs: an attribute block, ended by a blank line.
    var attributes: String {
      switch self {
      case .elsewhere(let address): "redirect=\(printable(address, limit: 65_000))\n\n"
      case .page(let status, let title, let address):
        "status=\(status)\ntitle=\(printable(title))\nurl=\(printable(address))\n\n"
      }
    }

    /// Whether the person was served.
    var isGood: Bool {
      if case .page(let status, _, _) = self { status < 400 } else { true }
    }
  }

  /// A real sign-in has three.
  private static let maximumRedirects = 10
  /// Seconds for the whole way: the last page waits for the exchange of the code.
  private static let patience: Int64 = 120

  private let options: BrowseOptions
  private let client: LoopbackClient

  init(_ options: BrowseOptions) {
    self.options = options
    let trust = TrustSources(
      certificateFile: environmentVariable("SSL_CERT_FILE"),
      certificateDirectory: environmentVariable("SSL_CERT_DIR"),
      additionalFile: options.certificateFile)
    client = LoopbackClient(
      trust: trust, deadline: BootInstant.now.adding(seconds: Self.patience))
  }

  /// Goes the whole way from `address`.
  func open(_ address: String) throws(BrowseFault) -> Ending {
    var endpoint = try Self.endpoint(address)
    var form: FormParameters?
    for _ in 0...Self.maximumRedirects {
      let response = try client.fetch(endpoint, posting: form)
      form = nil
      if (300..<400).contains(response.status) {
        guard let location = response.fields["Location"] else { throw .redirectWithoutAddress }
        let next = Self.resolve(location, against: endpoint)
        guard let target = try? Endpoint(next), target.isLoopback else { return .elsewhere(next) }
        endpoint = target
        continue
      }
      let page = String(decoding: response.body, as: UTF8.self)
      switch response.status == 200 ? step(on: page, at: endpoint) : nil {
      case nil: return Self.ending(response.status, page, at: endpoint)
      case .post(let filledIn, let action):
        let next = Self.resolve(action, against: endpoint)
        guard let target = try? Endpoint(next), target.isLoopback else { return .elsewhere(next) }
        endpoint = target
        form = filledIn
      case .go(let address): endpoint = try Self.endpoint(address)
      }
    }
    throw .tooManyRedirects
  }

  private enum Step {
    case post(FormParameters, to: String)
    case go(to: String)
  }

  /// What a person, or the browser by itself, does on a page; nil where there is nothing to do.
  private func step(on page: String, at endpoint: Endpoint) -> Step? {
    if let signIn = SignInForm(page: page) {
      return .post(signIn.filledIn(as: options.user, options.decision), to: signIn.action)
    }
    if let device = DeviceForm(page: page), let code = device.userCode(typing: options.userCode) {
      return .post([FormParameter("user_code", code)], to: device.action)
    }
    if let posted = PostedAnswer(page: page) { return .post(posted.form, to: posted.action) }
    guard let interlude = Interlude(page: page) else { return nil }
    // What comes of them is nothing a browser shows.
    for image in interlude.images {
      if let address = try? Endpoint(image) { _ = try? client.fetch(address, posting: nil) }
    }
    return .go(to: interlude.next)
  }

  private static func ending(_ status: Int, _ page: String, at endpoint: Endpoint) -> Ending {
    // Without the query: it may hold the code.
    let address = endpoint.text.firstIndex(of: "?").map { endpoint.text[..<$0] }
    return .page(
      status: status, title: PageTags.title(of: page),
      address: address.map(String.init) ?? endpoint.text)
  }

  private static func endpoint(_ address: String) throws(BrowseFault) -> Endpoint {
    do { return try Endpoint(address) } catch { throw .address(error) }
  }

  /// A path alone means the same server (RFC 3986 §5.2); no other relative form is in use here.
  private static func resolve(_ reference: String, against base: Endpoint) -> String {
    guard reference.hasPrefix("/"), !reference.hasPrefix("//") else { return reference }
    return "\(base.scheme.rawValue)://\(base.authority)\(reference)"
  }
}
