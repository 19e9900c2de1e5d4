/// The times the agent gives to others, in seconds.
package struct AgentLimits: Sendable {
  /// A client, to finish a request it has begun, or to read a reply.
  package let stall: Int64
  /// A courier, to refresh or to revoke.
  package let job: Int64
  /// A courier, beyond its own deadline, before it is killed.
  package let grace: Int64
  /// A sign-in, beyond the person's time: the exchange of the code and the result page.
  package let exchange: Int64
  /// A refresh, before those who wait for it get the old token if that is still valid.
  package let patience: Int64
  /// A person, to answer whether a program may have a token.
  package let question: Int64

  package init(
    stall: Int64 = 30, job: Int64 = 60, grace: Int64 = 5, exchange: Int64 = 85,
    patience: Int64 = 10,
    question: Int64 = 60
  ) {
    self.question = question
    self.exchange = exchange
    self.stall = stall
    self.patience = patience
    self.job = job
    self.grace = grace
  }
}
