internal import Platform

extension VaultFile {
  /// Begins a file that is to take the place of the present one, or to be the first.
  package func beginRewriting(_ header: VaultHeader) throws(VaultFault) -> VaultDraft {
    if case .readOnly(let error) = state { throw .readOnly(error) }
    return try VaultDraft(header, in: folder, named: names.draft, basis: nextSequence)
  }

  /// Puts the draft in the vault's place, and returns when that is on the disk.
  ///
  /// A crash at any moment leaves the old file or the new one, whole. When records were appended
  /// since the draft was begun nothing happens, since they would be lost.
  package func commit(_ draft: VaultDraft) throws(VaultFault) {
    if case .readOnly(let error) = state { throw .readOnly(error) }
    guard draft.basis == nextSequence else { throw .outOfTurn(expected: nextSequence) }
    if let file { try checkStillThere(file) }
    guard try draft.isStillThere() else { throw .replaced }
    try draft.synchronize()
    do {
      if file == nil {
        try folder.renameToNew(names.draft, names.vault)
      } else {
        try folder.rename(names.draft, to: names.vault)
      }
    } catch {
      throw error.isExistence ? .exists : .system(subject: names.vault, error)
    }
    // From here on the new file is the vault, whether or not the folder's change is on the disk.
    adopt(draft)
    do { try folder.synchronizeFolder() } catch {
      // A crash could bring the old file back, without what would be appended to the new one.
      state = .unreliable(error)
      throw .system(subject: "", error)
    }
  }

  /// Whether enough of the file is out of force that rewriting it pays.
  ///
  /// At most half of a file is, so that a record is written twice on average.
  package var isWorthRewriting: Bool {
    length > VaultLimits.lengthNotWorthRewriting && length > 2 * (live.total + live.headerLength)
  }

  private func adopt(_ draft: VaultDraft) {
    file = draft.file
    header = draft.header
    state = .writable
    cutBytes = 0
    nextSequence = draft.nextSequence
    live = draft.live
    length = draft.length
  }
}
