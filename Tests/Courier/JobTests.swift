import Attributes
import Glibc
import Platform
import Testing

@testable import Courier

/// The blocks that come in and go out.
@Suite struct JobTests {
  private func job(_ lines: String...) throws -> Job {
    try Array(lines.joined(separator: "\n").utf8).withUnsafeBytes { try Job(AttributeBlock($0)) }
  }

  @Test func settingsAreReadAsTheyWereWritten() throws {
    let job = try job(
      "job=login", "scope=a b", "client_secret=", "redirect_uri=x", "redirect_uri[]=y",
      "authorize.prompt=login", "authorize.audience=z", "authorize.=", "flag=yes", "unknown=1")
    #expect(job.kind == .login)
    #expect(job["scope"] == "a b")
    #expect(job["client_secret"] == nil)
    #expect(job.all("redirect_uri") == ["x", "y"])
    #expect(job.settings(under: "authorize.").map(\.name) == ["audience", "prompt"])
    #expect(job.flag("flag"))
    #expect(!job.flag("scope"))
  }

  @Test(
    "a job that is none is refused", arguments: ["job=dance", "account=a", "job=login\njob=login"])
  func refused(text: String) throws {
    let (block, status) = try CourierRun([text]).end()
    #expect(status == 2)
    #expect(block["error"] == "invalid_request")
  }

  @Test(
    "a time that is none is refused", arguments: ["0", "-1", "x", "1.5", "99999999999999999999"])
  func timeout(text: String) throws {
    let job = try job("job=refresh", "timeout=\(text)")
    #expect(throws: CourierFailure.self) {
      try job.seconds("timeout", default: 5, within: 1...60)
    }
  }

  @Test func timesAreKeptWithinTheirRange() throws {
    let job = try job("job=refresh", "timeout=1000")
    #expect(try job.seconds("timeout", default: 5, within: 1...60) == 60)
    #expect(try job.seconds("other", default: 5, within: 1...60) == 5)
  }

  @Test(
    "the input may end where the block does",
    arguments: ["job=revoke\n\n", "job=revoke\n", "job=revoke"])
  func endOfInput(text: String) throws {
    let (first, second) = try DescriptorPair.pipe().take()
    let reader = Descriptor(owning: first)
    let writer = Descriptor(owning: second)
    try writeAll(writer.number, text)
    close(writer.release())
    var jobs = JobReader(descriptor: reader.number)
    #expect(try jobs.job().kind == .revoke)
  }

  @Test func emptyInputIsNoJob() throws {
    let null = try Descriptor.open("/dev/null", O_RDONLY)
    var reader = JobReader(descriptor: null.number)
    #expect(throws: CourierFailure.self) { try reader.job() }
  }

  @Test func blocksBehindTheJobAreReadToo() throws {
    let (first, second) = try DescriptorPair.pipe().take()
    let reader = Descriptor(owning: first)
    let writer = Descriptor(owning: second)
    try writeAll(writer.number, "job=login\n\ncallback=a\n\nother=1\n\ncallback=b\n\ncall")
    var jobs = JobReader(descriptor: reader.number)
    _ = try jobs.job()
    #expect(try jobs.waitingURLs() == ["a", "b"])
    try writeAll(writer.number, "back=c\n\n")
    #expect(try jobs.pastedURLs() == ["c"])
    #expect(jobs.isOpen)
    close(writer.release())
    #expect(try jobs.pastedURLs().isEmpty)
    #expect(!jobs.isOpen)
  }

  @Test func outputThatNobodyReadsEndsTheJob() throws {
    signal(SIGPIPE, SIG_IGN)
    let (first, second) = try DescriptorPair.pipe().take()
    close(first)
    let writer = Descriptor(owning: second)
    let null = try Descriptor.open("/dev/null", O_RDONLY)
    let status = Courier.run(
      input: null.number, output: writer.number, environment: Environment([:]))
    #expect(status == 1)
  }

  @Test func lastBlockIsWrittenOnce() throws {
    let (first, second) = try DescriptorPair.pipe().take()
    let reader = Descriptor(owning: first)
    let answer = Answer(descriptor: second)
    answer.fail(CourierFailure(.accessDenied, "one\ntwo", hint: "try"))
    answer.fail(CourierFailure(.failed, "again"))
    try answer.send { $0.append("event", constant: "waiting") }
    close(second)
    let text = String(decoding: try readAll(reader.number, limit: 4096), as: UTF8.self)
    #expect(text == "error=access_denied\nerror_description=one two\nhint=try\n\n")
  }
}
