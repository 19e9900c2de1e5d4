import Attributes

extension Account {
  /// How a use of the refresh token, or an exchange, has ended for those who waited.
  struct RefreshEnd {
    /// Requests to be answered now.
    private(set) var answered: [TokenRequest]
    /// Requests that wanted something else of the refresh token: it is their turn.
    private(set) var others: [TokenRequest] = []
    let failure: Failure?
    /// Seconds until an attempt in the background makes sense; nil after a success or a final
    /// failure.
    private(set) var pause: Int64?

    init(
      answered: [TokenRequest], others: [TokenRequest] = [], failure: Failure?, pause: Int64? = nil
    ) {
      self.answered = answered
      self.others = others
      self.failure = failure
      self.pause = pause
    }

    /// Has the others answered as well: their turn would bring them nothing.
    mutating func answerEverybody() {
      answered += others
      others = []
    }
  }
}
