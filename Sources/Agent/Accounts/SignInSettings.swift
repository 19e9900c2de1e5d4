import Attributes
import Configuration
import Platform

/// The settings of one sign-in: an account's section, and what the asker's command line put over
/// it.
struct SignInSettings {
  /// The section as it was at sign-in; nil for a name that was not configured.
  let section: AccountSettings?
  /// What came with the request.
  let overrides: [Setting]
  /// The address of the resource the sign-in is for, as the person gave it (RFC 9728).
  let resourceURL: String?
  /// What holds: the section with `overrides` over it.
  let effective: AccountSettings

  init(
    name: AccountName, section: AccountSettings?, overrides: [Setting], resourceURL: String? = nil
  ) {
    self.section = section
    self.overrides = overrides
    self.resourceURL = resourceURL
    // Where the one or the other is all there is, its storage is shared.
    effective =
      switch (section, overrides.isEmpty) {
      case (nil, _): AccountSettings(name: name, settings: overrides)
      case (let section?, true): section
      case (let section?, false): section.overridden(by: overrides)
      }
  }

  subscript(_ key: String) -> String? { effective[key] }

  /// Whether they do not say where to sign in.
  var namesNoServer: Bool {
    self["issuer"] == nil && self["token_endpoint"] == nil && self["resource"] == nil
      && resourceURL == nil
  }

  /// Why a sign-in with these must not begin: the command line names another server, to which the
  /// account's own secret or key would go.
  var misdirection: Failure? {
    guard let section, let (credential, address) = section.misdirection(by: overrides) else {
      return nil
    }
    let issuer = overrides.last { $0.key == "issuer" }?.value ?? "URL"
    let client = overrides.last { $0.key == "client_id" }?.value ?? "ID"
    return Failure(
      .invalidRequest,
      "the \(credential) of \(section.name) is for that account's server alone, and "
        + "\(address) names another: give that one an account of its own",
      hint: "sallyport login NEWNAME --issuer \(shellQuoted(issuer)) --client-id "
        + shellQuoted(client))
  }

  /// The first setting by which the session of this sign-in is no longer that of the account as it
  /// is configured now; nil while it is.
  ///
  /// A name that has vanished from the file keeps its session: an editor that writes a file in two
  /// steps must not cost anybody a sign-in.
  func difference(from current: AccountSettings?) -> String? {
    guard let current else { return nil }
    let changed = current.securityRelevantDifference(from: section ?? effective)
    // What was given as an address, and has led to the server, has since been written down.
    if changed == "resource", section == nil, let resourceURL,
      current.all("resource") == [resourceURL]
    {
      return nil
    }
    return changed
  }

  /// Whether a session made with `former` is one of the server and client these settings name.
  func fitsSession(madeWith former: SignInSettings) -> Bool {
    effective.securityRelevantDifference(from: former.effective) == nil
  }

  /// Whether the resource that will be asked for its challenge is one of `resources`, or below one:
  /// the same server in any case.
  func asksOnly(_ resources: [String]) -> Bool {
    let asked = resourceURL.map { [$0] } ?? effective.all("resource")
    return !asked.isEmpty
      && asked.allSatisfy { url in resources.contains { Self.isBelow(url, $0) } }
  }

  /// Whether `url` is `resource`, or lies below its path: a longer host or a port is another server.
  private static func isBelow(_ url: String, _ resource: String) -> Bool {
    guard !resource.isEmpty, url.utf8.starts(with: resource.utf8) else { return false }
    if resource.hasSuffix("/"), resource.utf8.count(where: { $0 == UInt8(ascii: "/") }) > 2 {
      return true
    }
    guard let next = url.utf8.dropFirst(resource.utf8.count).first else { return true }
    return next == UInt8(ascii: "/") || next == UInt8(ascii: "?")
  }

  /// The keys of secrets that lie where those of `current`, another server's, lie by now.
  func secrets(sharedWith current: AccountSettings?) -> Set<String> {
    let keys = ["client_secret_file", "client_secret_command"]
    return Set(keys.filter { self[$0] != nil && self[$0] == current?[$0] })
  }

  /// Whether a sign-in with `other` brings what the command line has asked for here.
  func isServed(by other: SignInSettings) -> Bool {
    let wanted = other.effective.overridden(by: overrides)
    guard wanted.securityRelevantDifference(from: other.effective) == nil else { return false }
    guard let resourceURL, resourceURL != other.resourceURL else { return true }
    return other.effective.all("resource").contains(resourceURL)
  }

  /// The settings for a later job: the section as it is now where there is one, for it may have a
  /// new secret or proxy, with the same overrides. A secret it has got since is not for a server
  /// that the overrides alone name.
  func renewed(by current: AccountSettings?) -> SignInSettings {
    let isMisdirected = current?.misdirection(by: overrides) != nil
    return SignInSettings(
      name: effective.name, section: isMisdirected ? section : current ?? section,
      overrides: overrides, resourceURL: resourceURL)
  }
}
