import Glibc
import Platform
import Testing

@testable import Vault

/// A crash, and an error, at each single change of a vault's life.
@Suite struct VaultCrashTests {
  private let sealer: VaultSealer<OpenSSLVault>

  init() throws { sealer = try makeSealer() }

  /// One thing that is done to a vault.
  private enum Step {
    case put(String, String)
    case remove(String)
    case startRefresh(String)
    case endRefresh(String)
    case rewrite
  }

  /// Every kind of change, each before and behind a rewriting.
  private let life: [Step] = [
    .rewrite, .put("work", "one"), .put("home", "h"), .startRefresh("work"), .put("work", "two"),
    .startRefresh("home"), .endRefresh("home"), .rewrite, .put("work", "three"), .remove("home"),
    .startRefresh("work"), .rewrite, .put("work", "four"), .rewrite, .put("mail", "m"),
  ]

  /// What a vault has to say: sessions, and the names of unfinished refreshes.
  private struct Knowledge: Equatable {
    var sessions: [String: String] = [:]
    var unfinished: Set<String> = []

    func after(_ step: Step) -> Knowledge {
      var next = self
      switch step {
      case .put(let name, let payload):
        next.sessions[name] = payload
        next.unfinished.remove(name)
      case .remove(let name):
        next.sessions[name] = nil
        next.unfinished.remove(name)
      case .startRefresh(let name): next.unfinished.insert(name)
      case .endRefresh(let name): next.unfinished.remove(name)
      case .rewrite: break
      }
      return next
    }
  }

  private func knowledge(_ folder: SimulatedFolder) throws -> Knowledge {
    let contents = try Contents(folder)
    return Knowledge(
      sessions: try contents.sessions(), unfinished: Set(contents.replay.unfinishedRefreshes.keys))
  }

  /// Does a step as the agent and a courier would.
  private func perform(
    _ step: Step, on file: VaultFile, knowing known: Knowledge
  ) throws(VaultFault) {
    if case .rewrite = step { return try rewrite(file, known) }
    guard let header = file.header else { throw .absent }
    let sealer = try VaultSealer(opening: header, key: rightKey, OpenSSLVault())
    let next = file.nextSequence
    switch step {
    case .put(let name, let payload): try file.append([sealer.session(name, payload, at: next)])
    case .remove(let name): try file.append([sealer.seal([], as: .removal, of: name, at: next)])
    case .startRefresh(let name):
      try file.append([sealer.seal([1], as: .refreshStarted, of: name, at: next)])
    case .endRefresh(let name):
      try file.append([sealer.seal([], as: .refreshEnded, of: name, at: next)])
    case .rewrite: break
    }
  }

  private func rewrite(_ file: VaultFile, _ known: Knowledge) throws(VaultFault) {
    let newer = try VaultSealer(
      newFileOf: file.header?.plan.vault, key: rightKey, source: "secret-service", scrypt: nil,
      OpenSSLVault())
    var frames: [RecordFrame] = []
    for (name, payload) in known.sessions {
      frames.append(try newer.session(name, payload, at: UInt64(frames.count) + 1))
    }
    for name in known.unfinished {
      frames.append(
        try newer.seal([1], as: .refreshStarted, of: name, at: UInt64(frames.count) + 1))
    }
    try file.rewrite(newer.header, frames)
  }

  /// The number of changes a whole life makes.
  private func changesOfALife() throws -> Int {
    let folder = SimulatedFolder()
    let file = try Contents(folder).file
    var known = Knowledge()
    for step in life {
      try perform(step, on: file, knowing: known)
      known = known.after(step)
    }
    return folder.changes
  }

  @Test("a crash at any change loses nothing that was answered", arguments: [Int.max, 150])
  func crashAtEveryChange(_ mostWritten: Int) throws {
    var changes = try changesOfALife()
    if mostWritten < .max { changes *= 2 }
    for crash in 0...changes {
      let folder = SimulatedFolder()
      folder.mostWritten = mostWritten
      folder.crashing = crash
      var known = Knowledge()
      var possible = known
      // The lock file's creation is the first change of all; without it there is nothing to see.
      guard let file = try? Contents(folder).file else { continue }
      for step in life {
        possible = known.after(step)
        do { try perform(step, on: file, knowing: known) } catch { break }
        known = possible
      }
      for loss in SimulatedFolder.Loss.allCases {
        for namesSurvive in [false, true] {
          let left = folder.afterCrash(loss, namesSurvive: namesSurvive)
          let found = try knowledge(left)
          #expect(
            found == known || found == possible, "crash \(crash), \(loss), \(namesSurvive)")
          try goOn(left, found)
        }
      }
    }
  }

  /// A vault that was found after a crash can be written and read as before.
  private func goOn(_ folder: SimulatedFolder, _ found: Knowledge) throws {
    var found = found
    do {
      let file = try Contents(folder).file
      if file.state == .absent { try perform(.rewrite, on: file, knowing: found) }
      try perform(.put("later", "l"), on: file, knowing: found)
      found = found.after(.put("later", "l"))
      try perform(.rewrite, on: file, knowing: found)
    }
    #expect(try knowledge(folder.afterCrash(.everything, namesSurvive: false)) == found)
  }

  @Test("an error at any change leaves the vault as it was, or is told", arguments: [ENOSPC, EIO])
  func errorAtEveryChange(_ number: Int32) throws {
    for failing in 1..<(try changesOfALife()) {
      let folder = SimulatedFolder()
      folder.failing = (failing, number)
      let file = try Contents(folder).file
      // What memory knows goes on whatever happens; what the vault knows may stay behind.
      var memory = Knowledge()
      var stored = memory
      for step in life {
        let next = memory.after(step)
        do {
          try perform(step, on: file, knowing: next)
          stored = file.header == nil ? stored : stored.after(step)
          if case .rewrite = step { stored = next }
        } catch {
          #expect(error != .tooLong)
          if case .unreliable = file.state {
            try perform(.rewrite, on: file, knowing: next)
            stored = next
          }
        }
        memory = next
        guard case .absent = file.state else {
          let copy = folder.afterCrash(.everything, namesSurvive: false)
          #expect(try knowledge(copy) == stored, "failing \(failing) at \(step)")
          continue
        }
      }
      try perform(.rewrite, on: file, knowing: memory)
      #expect(
        try knowledge(folder.afterCrash(.everything, namesSurvive: false)) == memory)
    }
  }
}
