import Glibc
import Platform

@testable import Courier

/// A folder for the files of one test, gone with it.
final class ScratchFolder {
  let path: String
  private var files: [String] = []

  init() throws {
    var template = Array("/tmp/sallyport-courier-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemError.last("mkdtemp") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    for file in files { unlink(file) }
    rmdir(path)
  }

  /// Writes a file and returns its path.
  func file(_ name: String, _ contents: String, mode: mode_t = 0o600) throws -> String {
    let file = "\(path)/\(name)"
    files.append(file)
    let descriptor = try Descriptor.open(file, O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
    fchmod(descriptor.number, mode)
    try writeAll(descriptor.number, contents)
    return file
  }
}
