import Attributes
import OAuth
import Platform

/// The job that makes a proof for one request to a resource (RFC 9449 §7); it asks no network.
struct ProveJob: BoundedJob {
  /// Seconds for the whole job.
  static let limit: Int64 = 30

  let job: Job
  let answer: Answer

  func run() throws(CourierFailure) {
    guard let key = try ProofKey(kept: job) else {
      throw CourierFailure(
        .invalidRequest, "\(job.account) has bearer tokens, which need no proof (dpop)")
    }
    let accessToken = try job.token("access_token", or: "there is no access token to prove")
    let proof = try key.proof(
      for: try target(), accessToken: accessToken, nonce: try nonce())
    try answer.finish { (block) throws(AttributeFault) in
      block.append("event", constant: "done")
      try block.append("dpop", proof.text)
    }
  }

  private func target() throws(CourierFailure) -> DPoPTarget {
    guard let method = job["method"], let url = job["url"] else {
      throw CourierFailure(.invalidRequest, "a proof needs the method and the url of its request")
    }
    do { return try DPoPTarget(method: method, url: url) } catch {
      throw CourierFailure(.invalidRequest, "no proof can be made for this request: \(error)")
    }
  }

  private func nonce() throws(CourierFailure) -> DPoPNonce? {
    guard let text = job["dpop_nonce"] else { return nil }
    guard let nonce = DPoPNonce(text) else {
      throw CourierFailure(.invalidRequest, "dpop_nonce is not what a server may ask for")
    }
    return nonce
  }
}
