import Testing

@testable import Vault

@Suite struct VaultScaleTests {
  @Test("ten thousand accounts are read once, in large pieces")
  func tenThousand() throws {
    let sealer = try makeSealer()
    let count = 10_000
    let folder = try makeFolder(sealer, (1...count).map { ("account-\($0)", "payload \($0)") })
    let size = folder.files["vault"]?.bytes.count ?? 0
    let contents = try Contents(folder)
    #expect(contents.replay.sessions.count == count)
    // The beginning is read twice: once for the header.
    #expect(folder.bytesRead <= size + VaultLimits.headerLength)
    #expect(folder.reads <= size / (256 * 1024) + 3)
    let frame = try sealer.session("account-1", "new", at: UInt64(count) + 1)
    try contents.file.append([frame])
    #expect(folder.bytesWritten == frame.length)
  }
}
