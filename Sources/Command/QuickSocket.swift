import Glibc
import Platform

/// Connects to the agent without making a String: the short way for `get`, which git runs again and
/// again. Each part of the standard library that is not touched is a page that is not loaded.
enum QuickSocket {
  /// Connects where SALLYPORT_SOCK or XDG_RUNTIME_DIR leads, as ``Folders`` has it.
  ///
  /// - Returns: nil when neither does or nobody answers; ``Agent`` then finds out why.
  static func connect() -> Descriptor? {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    guard write(path: &address) else { return nil }
    let number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard number >= 0 else { return nil }
    let descriptor = Descriptor(owning: number)
    let length = socklen_t(MemoryLayout<sockaddr_un>.size)
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        retryingInterrupts { Int(Glibc.connect(number, address, length)) }
      }
    }
    guard result == 0 else { return nil }
    return descriptor
  }

  private static func write(path address: inout sockaddr_un) -> Bool {
    if let path = getenv("SALLYPORT_SOCK"), path.pointee != 0 {
      return append(path, strlen(path), to: &address, at: 0)
    }
    guard let folder = getenv("XDG_RUNTIME_DIR"), folder.pointee == CChar(UInt8(ascii: "/")) else {
      return false
    }
    let suffix: StaticString = "/sallyport/agent.sock"
    var length = strlen(folder)
    if length > 1, folder[length - 1] == CChar(UInt8(ascii: "/")) { length -= 1 }
    return append(folder, length, to: &address, at: 0)
      && append(suffix.utf8Start, suffix.utf8CodeUnitCount, to: &address, at: length)
  }

  /// Copies bytes into the path; false when they and a NUL do not fit.
  private static func append(
    _ bytes: UnsafeRawPointer, _ count: Int, to address: inout sockaddr_un, at place: Int
  ) -> Bool {
    guard count > 0, place + count <= UnixSocket.longestPath else { return false }
    withUnsafeMutableBytes(of: &address.sun_path) { path in
      guard let start = path.baseAddress else { return }
      memcpy(start + place, bytes, count)
    }
    return true
  }
}
