import Glibc
import Platform

/// What `doctor` finds around the program: its folder, its other programs, the browser.
enum Surroundings {
  static func findings() -> [Finding] { [folder(), programs(), browser(), picture()] }

  private static func folder() -> Finding {
    let folders = Folders()
    if let socket = environmentVariable("SALLYPORT_SOCK") {
      return .fine("SALLYPORT_SOCK puts the agent's socket at \(socket)")
    }
    guard let folder = folders.runtimeFolder else {
      return .problem(
        "there is no folder for the agent's socket: neither XDG_RUNTIME_DIR nor HOME is set")
    }
    guard access(folder, F_OK) == 0 else { return .fine("\(folder) will be made for the socket") }
    do throws(FolderFault) {
      try checkPrivateFolder(folder)
      return .fine("\(folder) is private")
    } catch { return .problem(error.sentence, hint: error.hint) }
  }

  private static func programs() -> Finding {
    let missing = ["sallyport-agent", "sallyport-courier"].filter { Programs.sibling($0) == nil }
    return missing.isEmpty
      ? .fine("sallyport-agent and sallyport-courier are installed")
      : .problem("not installed beside this program: \(missing.joined(separator: ", "))")
  }

  private static func browser() -> Finding {
    let display = environmentVariable("WAYLAND_DISPLAY") ?? environmentVariable("DISPLAY")
    let ways = BrowserCommand.candidates(
      for: "https://example.com/", browser: environmentVariable("BROWSER"),
      hasDisplay: display != nil, isWSL: environmentVariable("WSL_DISTRO_NAME") != nil)
    let path = environmentVariable("PATH")
    if let way = ways.first(where: { ChildProcess.find($0.program, searchPath: path) != nil }) {
      return .fine("the browser is started by \(way.program)")
    }
    if ways.isEmpty {
      return .warning(
        "no browser can be started: there is no display and BROWSER is not set;"
          + " a sign-in shows its URL")
    }
    if let entry = BrowserLauncher.missingBrowser(searchPath: path) {
      return .warning("no browser can be started: \(entry)", hint: "unset BROWSER")
    }
    let names = ways.map(\.program).joined(separator: ", ")
    return .warning(
      "no browser can be started: not found: \(names)", hint: "sudo apt install xdg-utils")
  }

  /// Only who signs in on a phone misses it.
  private static func picture() -> Finding {
    QRCode.program == nil
      ? .fine("login --device shows its address and code; with qrencode installed, a QR code too")
      : .fine("login --device shows a QR code")
  }
}
