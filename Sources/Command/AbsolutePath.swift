import Attributes
import Glibc
import Platform

extension Invocation {
  /// A path of the command line as the agent has to be told it, whose own folder is another one.
  func absolutePath(_ path: String) throws(Failure) -> String {
    guard !path.isEmpty else { throw mistake("a path is not empty") }
    if path.hasPrefix("/") { return path }
    guard let folder = getcwd(nil, 0) else {
      throw Failure(.failed, "cannot tell the present folder: \(SystemError.last("getcwd").reason)")
    }
    defer { free(folder) }
    guard let start = String(validatingCString: folder) else {
      throw Failure(.failed, "the present folder's name is not UTF-8")
    }
    return (start == "/" ? "" : start) + "/" + path
  }
}
