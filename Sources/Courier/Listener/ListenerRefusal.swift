/// An answer that changes nothing.
struct ListenerRefusal: Error, Equatable {
  let status: Int
  /// What is wrong, for a person at the browser.
  let sentence: String
  /// The same in two or three words.
  let title: String
  /// The method that is answered, where another one came.
  var allowedMethod: String?

  init(_ status: Int, _ sentence: String, title: String = "Not understood") {
    self.status = status
    self.sentence = sentence
    self.title = title
  }

  static let nothingHere = ListenerRefusal(
    404, "there is nothing at this address", title: "Nothing here")
  static let anotherHost = ListenerRefusal(
    421, "there is nothing at this address", title: "Nothing here")
  static let foreign = ListenerRefusal(
    403, "this is answered only to the user who is signing in", title: "Not allowed")

  /// Another method than the one that is answered here.
  static func only(_ method: String) -> ListenerRefusal {
    var refusal = ListenerRefusal(405, "only \(method) is answered here")
    refusal.allowedMethod = method
    return refusal
  }
}
