import OAuth

/// What a token for less than the whole session is to be good for.
struct Narrowing: Sendable {
  let scope: Scope?
  let resources: [ResourceIndicator]

  /// Reads the `narrow.` lines; nil where there are none.
  init?(of job: Job) throws(CourierFailure) {
    scope = try AccountSettings.scope(job["narrow.scope"])
    resources = try AccountSettings.resources(
      job.all("narrow.resource"), called: "the resource")
    if scope == nil && resources.isEmpty { return nil }
  }

  /// The resources to ask for, where the session has some of its own.
  func resources(instead sessions: [ResourceIndicator]) -> [ResourceIndicator] {
    resources.isEmpty ? sessions : resources
  }

  /// What the server held back, and what it gave beyond the wish, as one line for the person: who
  /// asks for less may mean to hand the token to somebody who is not to have more.
  func warning(granted: String?) -> String? {
    guard let scope else { return nil }
    var parts: [String] = []
    let withheld = scope.withheld(from: granted)
    if !withheld.isEmpty { parts.append("did not grant \(shown(withheld.joined(separator: " ")))") }
    let surplus = scope.surplus(in: granted)
    if !surplus.isEmpty {
      parts.append("gave more than was asked for: \(shown(surplus.joined(separator: " ")))")
    }
    return parts.isEmpty ? nil : "the server " + parts.joined(separator: ", and ")
  }
}
