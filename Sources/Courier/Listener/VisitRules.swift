import HTTP1
import OAuth

/// What a request means to a listener that only waits for a browser to pass by.
struct VisitRules: ListenerRules {
  /// That the browser was there.
  struct Visit {}

  let place: RedirectURI
  /// What the browser has to bring; nil where the address itself is the secret.
  let state: State?
  let resultPath: String

  init(place: RedirectURI, state: State? = nil, resultPath: String = "/") {
    self.place = place
    self.state = state
    self.resultPath = resultPath
  }

  var postPath: String? { nil }

  func judge(_ request: Request) -> ListenerVerdict<Visit> {
    guard request.isMeant(for: place) else { return .refused(.anotherHost) }
    let isPlace = request.isAt(place)
    guard isPlace || request.path.isSame(as: resultPath) else { return .refused(.nothingHere) }
    guard request.method == "GET" else { return .refused(.only("GET")) }
    guard isPlace else { return .resultPage }
    if let state, !EndSessionRequest.isReturn(query: request.query ?? "", state: state) {
      return .refused(
        ListenerRefusal(400, "this belongs to another sign-out", title: "Not this sign-out"))
    }
    return .answer(Visit())
  }
}
