import Glibc
import Platform

/// An address as a picture for a phone's camera, drawn by qrencode(1) where it is installed.
enum QRCode {
  /// Bytes of an address that is drawn: what 57 by 57 squares hold at the lowest correction level.
  private static let longestAddress = 271

  /// Columns those squares and their margin need.
  private static let columns = 61

  /// Milliseconds between two writes of the program; it needs a few for all of it.
  private static let patience: Int32 = 5000

  /// Bytes of a picture, with the escape sequences that give it its colours.
  private static let longestPicture = 64 * 1024

  static var program: String? {
    ChildProcess.find("qrencode", searchPath: environmentVariable("PATH"))
  }

  /// The picture as lines for the terminal on standard error; nil where there is none, where it is
  /// too narrow, or where qrencode is missing or fails: the address is shown anyway.
  static func picture(of address: String) -> String? {
    guard isatty(2) == 1, environmentVariable("TERM") != "dumb", isWideEnough,
      address.utf8.count <= longestAddress, let program
    else { return nil }
    // Drawn with its own colours, so that it can be read on a dark terminal too.
    let type = isUTF8 ? "ANSIUTF8" : "ANSI"
    return try? run(
      program, [program, "-t", type, "-l", "L", "-m", "2", "-o", "-"], input: address)
  }

  /// The address goes in on standard input: it is no argument, and so never an option.
  static func run(
    _ program: String, _ arguments: [String], input: String
  ) throws(SystemError) -> String? {
    let (inputReader, inputWriter) = try DescriptorPair.pipe().take()
    let source = Descriptor(owning: inputReader)
    let sink = Descriptor(owning: inputWriter)
    let (outputReader, outputWriter) = try DescriptorPair.pipe().take()
    let output = Descriptor(owning: outputReader)
    let outputSink = Descriptor(owning: outputWriter)
    let child = try ChildProcess.spawn(
      program, arguments: arguments, input: .descriptor(source.number),
      output: .descriptor(outputSink.number))
    _ = consume source
    _ = consume outputSink
    // A pipe holds more than the longest address.
    try? writeAll(sink.number, input)
    _ = consume sink
    let picture = read(output)
    if picture == nil { kill(child, SIGKILL) }
    var status: Int32 = 0
    _ = retryingInterrupts { Int(waitpid(child, &status, 0)) }
    return status == 0 ? picture : nil
  }

  private static func read(_ output: borrowing Descriptor) -> String? {
    var picture: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while picture.count <= longestPicture,
      waitUntil(output.number, readyFor: POLLIN, milliseconds: patience)
    {
      switch chunk.withUnsafeMutableBytes({ readOnce(output.number, into: $0) }) {
      case .bytes(let count): picture.append(contentsOf: chunk[..<count])
      case .closed: return picture.isEmpty ? nil : String(validating: picture, as: UTF8.self)
      case .wouldBlock: continue
      case .failed: return nil
      }
    }
    return nil
  }

  /// Unknown is wide enough: a terminal that does not tell its size is seldom a small one.
  private static var isWideEnough: Bool {
    var size = winsize()
    guard ioctl(2, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return true }
    return Int(size.ws_col) >= columns
  }

  /// The locale as locale(7) finds it.
  private static var isUTF8: Bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap(environmentVariable).first ?? ""
    let name = locale.lowercased()
    return name.hasSuffix("utf-8") || name.hasSuffix("utf8")
  }
}
