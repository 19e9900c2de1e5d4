import Glibc

/// Where the programs of this package lie.
package enum Programs {
  /// Finds a program that came with the running one: beside it, or in the libexec folder of the
  /// prefix it was installed to. Never in PATH, which others may lead elsewhere.
  package static func sibling(_ name: String) -> String? {
    guard let folder = ownFolder else { return nil }
    let candidates = [
      "\(folder)/\(name)",
      "\(folder)/../libexec/sallyport/\(name)",
      "\(folder)/../../bin/\(name)",
    ]
    return candidates.first { access($0, X_OK) == 0 }
  }

  /// The folder of the running program's file, symbolic links resolved.
  private static var ownFolder: String? {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    guard count > 0, let slash = buffer[..<count].lastIndex(of: UInt8(ascii: "/")) else {
      return nil
    }
    return String(validating: buffer[..<slash], as: UTF8.self)
  }
}
