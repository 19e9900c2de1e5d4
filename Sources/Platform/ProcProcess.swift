internal import Glibc

/// What `/proc` tells about one process; nothing of it is certain before the process has been found
/// to be still the same.
struct ProcProcess {
  /// Bytes of one file; `cgroup` and `.flatpak-info` have some hundreds.
  private static let longestFile = 64 * 1024

  private let folder: String

  /// - Parameter proc: where procfs is mounted.
  init(_ process: pid_t, proc: String = "/proc") { folder = "\(proc)/\(process)" }

  /// The program it runs; nil when this process may not know.
  var executable: PeerIdentity.Executable? {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("\(folder)/exe", &buffer, buffer.count)
    guard count > 0, count < buffer.count,
      let path = String(validating: buffer[..<count], as: UTF8.self)
    else { return nil }
    // The link itself leads to the file that runs, whatever its name leads to.
    var (running, named) = (stat(), stat())
    let isFileAtPath =
      stat("\(folder)/exe", &running) == 0 && stat(path, &named) == 0
      && running.st_dev == named.st_dev && running.st_ino == named.st_ino
    return PeerIdentity.Executable(path: path, isFileAtPath: isFileAtPath)
  }

  /// The process that has started it, or has taken it over since; 0 for one that is not to be seen
  /// from here, nil when the process is no more.
  var parent: pid_t? {
    // proc_pid_stat(5): "PID (NAME) STATE PARENT …", where the name can hold anything.
    guard let line = contents("stat"), let end = line.lastIndex(of: UInt8(ascii: ")")) else {
      return nil
    }
    let fields = line[(end + 1)...].split(separator: UInt8(ascii: " "), maxSplits: 2)
    return fields.count < 3 ? nil : pid_t(String(decoding: fields[1], as: UTF8.self))
  }

  /// Whether it is a shell that was told one command for another program: `sh -c COMMAND`.
  var runsOneCommand: Bool {
    let words = contents("cmdline")?.split(
      separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
    guard let words, words.count > 1 else { return false }
    return words[1].elementsEqual("-c".utf8)
  }

  var unit: SystemdUnit? { contents("cgroup").flatMap { SystemdUnit(controlGroups: $0) } }

  /// - Parameter unit: the process's, which tells of a snap where there is no AppArmor.
  func sandbox(unit: SystemdUnit?) -> Sandbox {
    switch flatpak {
    case .none: break
    case let found: return found
    }
    let label = contents("attr/apparmor/current") ?? contents("attr/current")
    switch label.flatMap({ Sandbox.label($0) }) {
    case .snap(let name): return .snap(name)
    case .other: return .none
    case nil: return unit.flatMap { Sandbox.snap(ofUnit: $0.name) }.map { .snap($0) } ?? .none
    }
  }

  private var flatpak: Sandbox {
    // The root is opened first, so that a link in it cannot lead out of it.
    let flags = O_RDONLY | O_DIRECTORY | O_NONBLOCK
    guard let root = try? Descriptor.open("\(folder)/root", flags) else { return .unknown }
    let number = openat(
      root.number, ".flatpak-info", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
    guard number >= 0 else { return errno == ENOENT ? .none : .unknown }
    let file = Descriptor(owning: number)
    var facts = stat()
    guard fstat(file.number, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG,
      let bytes = try? readAll(file.number, limit: Self.longestFile)
    else { return .unknown }
    return Sandbox.flatpakID(inInfo: bytes).map { .flatpak($0) } ?? .unknown
  }

  private func contents(_ name: String) -> [UInt8]? {
    guard let file = try? Descriptor.open("\(folder)/\(name)", O_RDONLY) else { return nil }
    return try? readAll(file.number, limit: Self.longestFile)
  }
}
