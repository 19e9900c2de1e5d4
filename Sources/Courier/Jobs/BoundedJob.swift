/// A job that waits for servers only, and so has a longest time whatever it is told.
protocol BoundedJob {
  /// Seconds for the whole job.
  static var limit: Int64 { get }
}

extension BoundedJob {
  /// Seconds `job` has: what it is told, up to the limit.
  static func timeout(of job: Job) throws(CourierFailure) -> Int64 {
    try job.seconds("timeout", default: limit, within: 1...limit)
  }
}
