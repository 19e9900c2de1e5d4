import Attributes
import Platform

/// What a person is shown to sign in on another device (RFC 8628 §3.3).
struct DevicePrompt: Equatable {
  /// Characters of a user code; servers give some eight (RFC 8628 §6.1).
  private static let longestCode = 64

  let userCode: String
  /// Where the code is to be entered.
  let address: String
  /// The same address with the code in it already.
  let completeAddress: String?
  /// Another program has started this sign-in.
  let isJoined: Bool
  let expiresIn: Int64?

  /// Reads the block; what would be no good to a person is refused.
  init(_ block: AttributeBlock) throws(Failure) {
    guard let address = block.string("verification_uri"), BrowserCommand.isFit(address) else {
      throw Failure(
        .failed, "refusing the verification address: it is no https URL, or no URL at all")
    }
    guard let code = block.string("user_code"), !code.isEmpty, code.count <= Self.longestCode,
      printable(code) == code
    else { throw Failure(.failed, "refusing the user code: it is empty, or cannot be shown") }
    userCode = code
    self.address = address
    completeAddress = block.string("verification_uri_complete").flatMap {
      BrowserCommand.isFit($0) ? $0 : nil
    }
    isJoined = block.flag("joined")
    expiresIn = block.integer("expires_in")
  }

  /// The address that says most: what a program gets, and what is drawn for a camera.
  var bestAddress: String { completeAddress ?? address }

  /// The lines up to the picture, if one can be drawn.
  func opening(account: String?) -> [String] {
    let name = account.map { " to \($0)" } ?? ""
    let first =
      isJoined
      ? "a sign-in\(name) is going on already: finish it on any device with a browser, at"
      : "to sign in\(name), open on any device with a browser, such as a phone,"
    return [first, "  \(address)", "and enter this code there:", "  \(userCode)"]
  }

  /// The lines after the picture.
  ///
  /// RFC 8628 §3.3.1: with the code in the address, a person should still compare it.
  func ending(hasPicture: Bool) -> [String] {
    var lines: [String] = []
    if let completeAddress {
      lines.append(
        hasPicture
          ? "picture and address have the code in them: see that the page shows the same"
          : "this address has the code in it: see that the page shows the same")
      lines.append("  \(completeAddress)")
    } else if hasPicture {
      lines.append("the picture has the address; the code is to be entered there")
    }
    let time = expiresIn.map { " for \(Timestamp.length($0))" } ?? ""
    return lines + ["waiting\(time); Ctrl-C cancels"]
  }
}
