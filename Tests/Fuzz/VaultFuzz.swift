// modules: CPlatform Attributes Platform Vault
import Attributes
import Platform
import Vault

/// A file in memory, of bytes nobody vouches for.
private final class Memory: VaultFolder {
  var bytes: [UInt8]
  private let refusal = SystemError(30, in: "write")  // EROFS

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  func open(_ name: String, for access: FileAccess) throws(SystemError) -> FileHandle { 3 }
  func close(_ file: FileHandle) {}
  func facts(of file: FileHandle) throws(SystemError) -> FileFacts {
    FileFacts(device: 1, inode: 1, isRegular: true, owner: 0, mode: 0o600, length: bytes.count)
  }
  func facts(named name: String) throws(SystemError) -> FileFacts? { try facts(of: 3) }
  func read(
    _ file: FileHandle, at position: Int, into room: UnsafeMutableRawBufferPointer
  ) throws(SystemError) -> Int {
    // Two bytes at a time at most in the beginning: the window has to grow.
    let count = min(room.count, position < 64 ? 2 : room.count)
    let part = bytes.dropFirst(position).prefix(count)
    room.copyBytes(from: part)
    return part.count
  }
  func write(
    _ file: FileHandle, at position: Int, _ bytes: UnsafeRawBufferPointer
  ) throws(SystemError) -> Int { throw refusal }
  func truncate(_ file: FileHandle, to length: Int) throws(SystemError) {
    bytes.removeLast(bytes.count - length)
  }
  func synchronize(_ file: FileHandle) throws(SystemError) {}
  func lock(_ file: FileHandle) throws(SystemError) {}
  func rename(_ name: String, to target: String) throws(SystemError) { throw refusal }
  func renameToNew(_ name: String, _ target: String) throws(SystemError) { throw refusal }
  func remove(_ name: String) throws(SystemError) { throw refusal }
  func synchronizeFolder() throws(SystemError) {}
}

/// A header whose checksum is right, so that the fuzzer gets behind it.
private let header: [UInt8] = {
  let identifier = [UInt8](repeating: 1, count: VaultHeader.identifierLength)
  let plan = VaultHeader.Plan(
    vault: identifier, file: identifier, keySource: "credential", scrypt: nil)
  let header = plan.flatMap {
    VaultHeader(
      $0, keyCheck: [UInt8](repeating: 2, count: VaultHeader.keyCheckLength),
      authentication: [UInt8](repeating: 3, count: VaultHeader.authenticationLength))
  }
  return header?.bytes ?? []
}()

/// The frames of a file; nil when it is refused.
private func read(_ memory: Memory) -> [RecordFrame]? {
  var frames: [RecordFrame] = []
  let file = try? VaultFile.open(.init("vault"), in: memory, owner: 0) { frames.append($0) }
  guard let file else { return nil }
  precondition(file.nextSequence == UInt64(frames.count) + 1)
  precondition(file.length == memory.bytes.count)
  precondition(!file.isWorthRewriting || file.length > VaultLimits.lengthNotWorthRewriting)
  return frames
}

/// Whatever a file holds: it is read or refused, what is read is written back the same, and a
/// refused file is left as it is.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzVault(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = Array(UnsafeRawBufferPointer(start: start, count: count))
  guard let first = input.first else { return 0 }
  let body = Array(input.dropFirst())
  // Some inputs are a whole file, some the log behind a good header, some a frame's inside.
  switch first % 3 {
  case 0:
    if let (header, length) = try? VaultHeader.read(body) {
      precondition(header.bytes == Array(body.prefix(length)))
    }
    check(body)
  case 1: check(header + body)
  default:
    let sealed = body + [UInt8](repeating: 0, count: RecordFrame.sealOverhead)
    let kind = RecordKind(rawValue: first % UInt8(RecordKind.allCases.count) + 1) ?? .session
    guard let frame = RecordFrame(sequence: 1, kind: kind, name: "work", sealed: sealed) else {
      return 0
    }
    precondition(RecordFrame.read(frame.bytes[...]) == .frame(frame))
    check(header + frame.bytes + body)
  }
  _ = RefreshTrace(payload: body)
  body.withUnsafeBytes { text in
    // Whatever is read as digits is written back the same.
    if let bytes = fromHexadecimal(text) {
      precondition(hexadecimalDigits(bytes[...]).elementsEqual(text))
    }
    if let block = try? AttributeBlock(text) { _ = try? StoredSession(block) }
  }
  return 0
}

private func check(_ bytes: [UInt8]) {
  checkReading(bytes)
  let memory = Memory(bytes)
  guard let frames = read(memory) else {
    precondition(memory.bytes == bytes)
    return
  }
  var replay = Replay()
  for frame in frames { replay.take(frame) }
  precondition(replay.inForce.count <= frames.count)
  precondition(
    memory.bytes.suffix(frames.reduce(0) { $0 + $1.length })
      .elementsEqual(frames.flatMap(\.bytes)))
  // Opened again it is the same: nothing was left to cut.
  let again = Memory(memory.bytes)
  precondition(read(again) == frames && again.bytes == memory.bytes)
}

/// To read it only is to find the same records, and to change nothing.
private func checkReading(_ bytes: [UInt8]) {
  let memory = Memory(bytes)
  var frames: [RecordFrame] = []
  if let file = try? VaultFile.read(.init("vault"), in: memory, owner: 0) {
    do { try file.visitRecords { frames.append($0) } } catch { preconditionFailure("read once") }
    precondition(frames == read(Memory(bytes)))
  } else {
    precondition(read(Memory(bytes)) == nil)
  }
  precondition(memory.bytes == bytes)
}
