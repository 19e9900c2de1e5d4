/// Jobs that wait for one of the few places of their lane, each lane in its order.
struct JobQueue {
  struct Waiting {
    let id: UInt64
    let job: CourierJob
  }

  private var lanes: [CourierJob.Lane: [Waiting]] = [:]

  var isEmpty: Bool { lanes.isEmpty }
  var count: Int { lanes.values.reduce(0) { $0 + $1.count } }

  mutating func add(_ job: CourierJob, id: UInt64) {
    lanes[job.lane, default: []].append(Waiting(id: id, job: job))
  }

  /// Takes the first job of a lane that may begin.
  mutating func next(
    in lane: CourierJob.Lane, where mayBegin: (CourierJob) -> Bool = { _ in true }
  ) -> Waiting? {
    guard let place = lanes[lane]?.firstIndex(where: { mayBegin($0.job) }) else { return nil }
    let waiting = lanes[lane]?.remove(at: place)
    if lanes[lane]?.isEmpty == true { lanes[lane] = nil }
    return waiting
  }

  /// Takes out the jobs that nobody wants any more.
  mutating func remove(where isUnwanted: (CourierJob) -> Bool) {
    for lane in lanes.keys {
      lanes[lane]?.removeAll { isUnwanted($0.job) }
      if lanes[lane]?.isEmpty == true { lanes[lane] = nil }
    }
  }

  func contains(where isMeant: (CourierJob) -> Bool) -> Bool {
    lanes.values.contains { $0.contains { isMeant($0.job) } }
  }

  /// Takes out the jobs that have to be ended.
  mutating func take(where isUnwanted: (CourierJob) -> Bool) -> [CourierJob] {
    let taken = lanes.values.flatMap { $0.map(\.job).filter(isUnwanted) }
    remove(where: isUnwanted)
    return taken
  }

  /// Takes out all jobs.
  mutating func removeAll() -> [CourierJob] {
    defer { lanes = [:] }
    return lanes.values.flatMap { $0.map(\.job) }
  }
}
