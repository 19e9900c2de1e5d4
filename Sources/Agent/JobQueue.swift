/// Jobs that wait for one of the few places of their lane, each lane in its order.
struct JobQueue {
  struct Waiting {
    let id: UInt64
    let job: CourierJob
  }

  private var lanes: [CourierJob.Lane: [Waiting]] = [:]

  var isEmpty: Bool { lanes.isEmpty }

  mutating func add(_ job: CourierJob, id: UInt64) {
    lanes[job.lane, default: []].append(Waiting(id: id, job: job))
  }

  /// Takes the first job of a lane.
  mutating func next(in lane: CourierJob.Lane) -> Waiting? {
    guard let first = lanes[lane]?.first else { return nil }
    lanes[lane]?.removeFirst()
    if lanes[lane]?.isEmpty == true { lanes[lane] = nil }
    return first
  }

  /// Takes out the jobs that nobody wants any more.
  mutating func remove(where isUnwanted: (CourierJob) -> Bool) {
    for lane in lanes.keys {
      lanes[lane]?.removeAll { isUnwanted($0.job) }
      if lanes[lane]?.isEmpty == true { lanes[lane] = nil }
    }
  }
}
