import HTTP1

/// What a request to a listener means, as pure rules.
protocol ListenerRules: Sendable {
  /// What is waited for.
  associatedtype Answer

  /// Where posted answers come to; nil where none are expected.
  var postPath: String? { get }
  /// Where the result is shown.
  var resultPath: String { get }

  func judge(_ request: Request) -> ListenerVerdict<Answer>
}

/// What a request has turned out to be.
enum ListenerVerdict<Answer> {
  /// Nothing of ours: it is answered and changes nothing.
  case refused(ListenerRefusal)
  /// The request is for the page that tells the result.
  case resultPage
  /// What was waited for.
  case answer(Answer)
}

/// A descriptor of somebody else that a listener waits for too.
struct ListenerWatch {
  let descriptor: Int32
  let events: Int32
}

/// What has happened that is not a listener's own business.
enum ListenerEvent<Answer> {
  /// What was waited for, the first time it comes.
  case answer(Answer)
  /// The watched descriptor at this place of the list is ready.
  case ready(Int)
  /// One line the person should know about the connections that have come.
  case notice(String)
  case deadline
}

enum ListenerLimits {
  /// Connections; beyond them the oldest that has sent no whole request is closed.
  static let connections = 256
  /// Connections accepted in one round: those already here have their turn too.
  static let acceptsPerRound = 256
  /// Seconds the browser has to fetch the result page after it was told where it is.
  static let linger: Int64 = 5
  /// Milliseconds a browser has to come back once it has closed its connection.
  static let returnTime: Int64 = 300
}
