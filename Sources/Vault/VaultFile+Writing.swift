internal import Platform

extension VaultFile {
  /// Appends records, and returns when they are on the disk: all of them, or an error is thrown.
  ///
  /// They must have been sealed for the sequence numbers from ``nextSequence`` on. After an error
  /// the file is as it was, or the state is `unreliable`; either way what was there before is still
  /// there.
  package func append(_ frames: [RecordFrame]) throws(VaultFault) {
    guard let file, try isReady() else { throw .absent }
    try checkTurn(of: frames, from: nextSequence)
    try checkStillThere(file)
    guard length + frames.reduce(0, { $0 + $1.length }) <= VaultLimits.fileLength else {
      throw .tooLong
    }
    let bytes = frames.flatMap(\.bytes)
    do { try folder.writeAll(bytes, to: file.handle, at: length) } catch {
      withdraw(file, after: error)
      throw .system(subject: names.vault, error)
    }
    do { try folder.synchronize(file.handle) } catch {
      // The kernel may have dropped the pages: a second fdatasync would say all is well.
      state = .unreliable(error)
      throw .system(subject: names.vault, error)
    }
    length += bytes.count
    nextSequence += UInt64(frames.count)
    for frame in frames { live.take(frame) }
  }

  private func isReady() throws(VaultFault) -> Bool {
    switch state {
    case .absent: return false
    case .writable: return true
    case .readOnly(let error): throw .readOnly(error)
    case .unreliable(let error): throw .unreliable(error)
    }
  }

  /// A file the user has put there (a restored backup) is not overwritten, and what would go to a
  /// file without a name is not called durable.
  func checkStillThere(_ file: OpenFile) throws(VaultFault) {
    let named: FileFacts?
    do { named = try folder.facts(named: names.vault) } catch {
      throw .system(subject: names.vault, error)
    }
    let mine = try file.facts(names.vault)
    guard let named, named.isSameFile(as: mine) else { throw .replaced }
  }

  /// Takes back what a failed write has left.
  private func withdraw(_ file: OpenFile, after error: SystemError) {
    do { try folder.truncate(file.handle, to: length) } catch { state = .unreliable(error) }
  }
}

/// Throws unless the records have the sequence numbers from `first` on.
func checkTurn(of frames: [RecordFrame], from first: UInt64) throws(VaultFault) {
  var sequence = first
  for frame in frames {
    guard frame.sequence == sequence else { throw .outOfTurn(expected: sequence) }
    sequence += 1
  }
}
