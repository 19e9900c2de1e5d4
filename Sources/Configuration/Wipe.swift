import Glibc

/// Fills bytes with zeros in a way no optimiser removes: a secret may have been among them.
func wipe(_ bytes: UnsafeMutableRawBufferPointer) {
  guard let start = bytes.baseAddress else { return }
  explicit_bzero(start, bytes.count)
}
