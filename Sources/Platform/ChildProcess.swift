import CPlatform
package import Glibc

/// Starting other programs: an argument vector, never a shell.
package enum ChildProcess {
  /// Where a standard descriptor of the child leads.
  package enum Standard: Sendable {
    case null
    case descriptor(Int32)

    var number: Int32 {
      switch self {
      case .null: -1
      case .descriptor(let number): number
      }
    }
  }

  /// The number under which a child finds a descriptor that is kept for it.
  package static let keptDescriptor: Int32 = 3

  /// Starts `path` as it is, never searched in PATH, with no descriptor above 2 but what is kept.
  ///
  /// - Parameters:
  ///   - kept: a descriptor above 2 that the child has as ``keptDescriptor``.
  ///   - newSession: whether the child leaves this session and its terminal (setsid).
  /// - Returns: the process id, which the caller must reap.
  package static func spawn(
    _ path: String, arguments: [String], environment: [String]? = nil,
    input: Standard = .null, output: Standard = .null, error: Standard = .null, kept: Int32? = nil,
    newSession: Bool = false
  ) throws(SystemError) -> pid_t {
    let pid = withCStrings(arguments) { arguments in
      withCStrings(environment ?? []) { variables in
        withCString(path) { path in
          var child = sp_child()
          child.path = path
          child.arguments = arguments
          child.environment = environment == nil ? UnsafePointer(sp_environment()) : variables
          child.standard = (input.number, output.number, error.number)
          child.kept = kept ?? -1
          child.new_session = newSession ? 1 : 0
          return sp_spawn(&child)
        }
      }
    }
    guard pid > 0 else { throw .last("posix_spawn") }
    return pid
  }

  /// The file that `name` means: itself when it holds a slash, else the first executable file in
  /// the absolute folders of `searchPath` (a PATH); `.` and empty entries are never searched.
  package static func find(_ name: String, searchPath: String?) -> String? {
    if name.utf8.contains(UInt8(ascii: "/")) { return isExecutable(name) ? name : nil }
    for folder in (searchPath ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":") {
      guard folder.utf8.first == UInt8(ascii: "/") else { continue }
      let file = "\(folder)/\(name)"
      if isExecutable(file) { return file }
    }
    return nil
  }

  private static func isExecutable(_ path: String) -> Bool {
    var facts = stat()
    guard stat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { return false }
    return access(path, X_OK) == 0
  }

  private static func withCString<R>(_ text: String, _ body: (UnsafePointer<CChar>) -> R) -> R {
    text.withCString(body)
  }

  private static func withCStrings<R>(
    _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> R
  ) -> R {
    var pointers: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) }
    pointers.append(nil)
    defer { for pointer in pointers { free(pointer) } }
    return pointers.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else {
        preconditionFailure("an array that ends with nil is never empty")
      }
      return body(base)
    }
  }
}
