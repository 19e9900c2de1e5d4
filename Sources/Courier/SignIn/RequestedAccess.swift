import OAuth

/// What a sign-in asks for, in a browser of this machine or on another device.
struct RequestedAccess: Sendable {
  let scope: Scope?
  let resources: [ResourceIndicator]
  /// Every other parameter of the account, and of a step up.
  let additional: FormParameters
  /// How old the sign-in at the server may be, in seconds; nil where nobody has asked.
  let maximumAge: Int64?
  /// How the answer is to come back; nil leaves it at the query without saying.
  let responseMode: ResponseMode?

  init(job: Job, target: SignInTarget, metadata: ServerMetadata) throws(CourierFailure) {
    scope = try AccountSettings.scope(
      target.scope ?? job["scope"] ?? Self.defaultScope(metadata))
    resources = target.resources
    additional = Self.additional(job, replacedBy: target.additional)
    // Whoever asks the server for it wants it to be so (OpenID Connect Core 1.0 §3.1.3.7, step 13).
    maximumAge = target.maximumAge ?? additional.value(of: "max_age").flatMap { Int64($0) }
    responseMode = try Self.responseMode(job, metadata)
  }

  /// `openid` where the server speaks OpenID Connect; with `offline_access` only where it is listed:
  /// servers refuse scopes they do not know.
  static func defaultScope(_ metadata: ServerMetadata) -> String? {
    guard metadata.issuer != nil else { return nil }
    guard let listed = metadata.list(.scopes) else {
      return metadata.endpoint(.jwks) == nil ? nil : "openid"
    }
    guard listed.contains("openid") else { return nil }
    return listed.contains("offline_access") ? "openid profile offline_access" : "openid"
  }

  /// The account's `authorize.NAME` settings; what a step up demands is in place of them.
  private static func additional(
    _ job: Job, replacedBy stepUp: FormParameters
  ) -> FormParameters {
    var parameters = FormParameters()
    let replaced = Set(stepUp.map(\.name)).union(["response_mode"])
    for (name, value) in job.settings(under: "authorize.") where !replaced.contains(name) {
      parameters.append(name, value)
    }
    for parameter in stepUp { parameters.append(parameter.name, parameter.value) }
    return parameters
  }

  /// The mode the account names, where the server does not list others only.
  private static func responseMode(
    _ job: Job, _ metadata: ServerMetadata
  ) throws(CourierFailure) -> ResponseMode? {
    guard let name = job["response_mode"] ?? job["authorize.response_mode"] else { return nil }
    let mode: ResponseMode
    do { mode = try ResponseMode(configured: name) } catch {
      throw CourierFailure(.failed, error.description)
    }
    guard let listed = metadata.list(.responseModes), !listed.contains(mode.rawValue) else {
      return mode
    }
    throw CourierFailure(
      .failed,
      "response_mode \(mode.rawValue) is not one of those the server lists "
        + "(\(shown(listed.joined(separator: " ")))); take one of these, or leave it out")
  }
}
