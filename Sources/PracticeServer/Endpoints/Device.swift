import HTTP1
import OAuth

extension AuthorizationServer {
  /// The value of `grant_type` (RFC 8628 §3.4).
  static let deviceGrantType = "urn:ietf:params:oauth:grant-type:device_code"
  /// Seconds that each `slow_down` adds for good (RFC 8628 §3.5).
  private static let slowingDown: Int64 = 5

  /// The device authorization endpoint (RFC 8628 §3.1).
  mutating func authorizeDevice(
    _ request: Request, in surroundings: inout Surroundings
  ) throws(Refusal) -> Reply {
    let form = try request.form(.allowed(["resource"]))
    let client = try authenticatedClient(request, form, in: surroundings)
    let scope = try CheckedAuthorizationRequest.scope(form)
    let resources = try Resources.checked(form)
    try makeRoom(at: surroundings.now)
    let deviceCode = try surroundings.secret()
    let userCode = try UserCode.make(from: try surroundings.secret())
    var device = DeviceAuthorization(
      clientID: client.id, userCode: userCode, scope: scope, resources: resources,
      expiresAt: surroundings.now.adding(settings.behaviour.deviceLifetime),
      interval: settings.behaviour.deviceInterval)
    if case .automatic(let user) = settings.behaviour.approval,
      settings.behaviour.deviceApproval == .atOnce
    {
      device.state = .approved(user: user, scope: scope)
    }
    devices[deviceCode] = device
    let page = settings.address(of: .device)
    return .json([
      "device_code": .string(deviceCode), "user_code": .string(userCode),
      "verification_uri": .string(page),
      "verification_uri_complete": .string("\(page)?user_code=\(userCode)"),
      "expires_in": .seconds(settings.behaviour.deviceLifetime),
      "interval": .seconds(settings.behaviour.deviceInterval),
    ])
  }

  /// The page on which a person enters the code of a device (RFC 8628 §3.3).
  ///
  /// A code in the address is only filled in: the person has to see it and agree (§5.4).
  mutating func device(
    _ request: Request, in surroundings: inout Surroundings
  ) throws(Refusal) -> Reply {
    let parameters: FormParameters
    do { parameters = try request.parameters() } catch { return Self.page(for: error) }
    let typed = parameters.value(of: "user_code")
    guard request.method == "POST" else {
      return .page(DevicePage(action: settings.address(of: .device), userCode: typed ?? "").page)
    }
    let now = surroundings.now
    let found = devices.first { _, device in
      device.isWaiting(at: now) && UserCode.isSame(device.userCode, typed ?? "")
    }
    guard let code = found?.key else {
      let page = DevicePage(
        action: settings.address(of: .device), userCode: "",
        complaint: "No device waits with that code. Look at it again.")
      return .page(page.page, status: 400, error: .invalidRequest)
    }
    guard let transaction = try openPage(for: .device(code: code), in: &surroundings),
      let page = signInPage(for: .device(code: code), transaction: transaction)
    else { throw .full }
    return .page(page.page)
  }

  /// A device that asks whether the person has answered (RFC 8628 §3.4, §3.5).
  mutating func pollDevice(
    _ form: FormParameters, from client: RegisteredClient, key: String?,
    in surroundings: inout Surroundings
  ) throws(Refusal) -> Reply {
    let now = surroundings.now
    guard let code = form.value(of: "device_code") else {
      throw .invalidRequest("device_code is missing")
    }
    guard let device = devices[code], device.clientID == client.id else {
      throw .invalidGrant("the device_code is not known, or was used")
    }
    guard device.expiresAt > now else {
      throw Refusal(.expiredToken, "nobody entered the code in time")
    }
    let isHasty = device.lastPoll.map { now < $0.adding(device.interval) } ?? false
    devices[code]?.lastPoll = now
    if isHasty {
      devices[code]?.interval = device.interval.adding(Self.slowingDown)
      throw Refusal(.slowDown, "the device asks more often than it may")
    }
    switch device.state {
    case .pending:
      if case .automatic(let user) = settings.behaviour.approval {
        devices[code]?.state = .approved(user: user, scope: device.scope)
      }
      throw Refusal(.authorizationPending, "nobody has entered the code yet")
    case .denied:
      devices[code] = nil
      throw Refusal(.accessDenied, "the user has denied the request")
    case .approved(let user, let scope):
      devices[code] = nil
      let grant = Grant(
        clientID: client.id, user: user, scope: scope, nonce: nil, authenticatedAt: now,
        resources: device.resources)
      return try open(grant, from: client, form, key: key, in: &surroundings).reply
    }
  }
}

extension DeviceAuthorization {
  /// Whether a person can still answer.
  fileprivate func isWaiting(at now: Int64) -> Bool {
    guard case .pending = state else { return false }
    return expiresAt > now
  }
}

/// Codes that a person reads in one place and types in another (RFC 8628 §6.1).
enum UserCode {
  /// Without vowels no word comes out, and nothing looks like a digit.
  private static let alphabet = Array("BCDFGHJKLMNPQRSTVWXZ")

  /// Eight letters with a hyphen in between, from random text.
  static func make(from secret: String) throws(Refusal) -> String {
    let letters = try sha256(Array(secret.utf8)).prefix(8).map { byte in
      // 256 is no multiple of 20: the bias is of no use in ten minutes.
      alphabet[Int(byte) % alphabet.count]
    }
    return String(letters.prefix(4)) + "-" + String(letters.suffix(4))
  }

  /// Whether somebody meant the code, however they spelled it (§6.1).
  static func isSame(_ code: String, _ typed: String) -> Bool {
    letters(code) == letters(typed)
  }

  private static func letters(_ text: String) -> [Character] {
    text.uppercased().filter(alphabet.contains)
  }
}
