import Glibc
import Platform
import Testing

/// Runs a program to its end and returns its standard output.
func run(
  _ path: String, _ arguments: [String], environment: [String]? = nil, newSession: Bool = false
) throws -> String {
  let (reader, writer) = try DescriptorPair.pipe().take()
  let output = Descriptor(owning: reader)
  let pid: pid_t
  do {
    let input = Descriptor(owning: writer)
    pid = try ChildProcess.spawn(
      path, arguments: arguments, environment: environment, output: .descriptor(input.number),
      newSession: newSession)
  }
  let bytes = try readAll(output.number, limit: 1 << 20)
  var status: Int32 = 0
  try #require(waitpid(pid, &status, 0) == pid)
  return String(decoding: bytes, as: UTF8.self)
}
