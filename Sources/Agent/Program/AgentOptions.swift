import Attributes
import Glibc
import Platform

/// The command line of `sallyport-agent`.
struct AgentOptions {
  enum Mode {
    case serve(Starter)
    case help
    case version
  }

  /// Who has started the agent, and so how it is told that the socket is ready.
  enum Starter: Equatable {
    /// A person or a service manager: standard error is read by somebody.
    case person
    /// A client that waits at the other end of standard output for one block.
    case client

    func tellReady() {
      guard self == .client else { return }
      finish("ready=yes\n\n")
    }

    func tell(_ failure: Failure) {
      guard self == .client else { return }
      var block: [UInt8] = []
      block.append(failure)
      block.endBlock()
      finish(String(decoding: block, as: UTF8.self))
    }

    /// Says the last word, and lets go of the client's pipe and terminal: whoever waits for their
    /// end must not wait for the agent's.
    private func finish(_ text: String) {
      try? writeAll(1, text)
      let null = open("/dev/null", O_RDWR | O_CLOEXEC)
      guard null >= 0 else { return }
      for number: Int32 in 0...2 { dup2(null, number) }
      close(null)
    }
  }

  let mode: Mode

  init(parsing arguments: [String]) throws(Failure) {
    switch arguments {
    case [], ["--foreground"]: mode = .serve(.person)
    case ["--started-by-client"]: mode = .serve(.client)
    case ["--help"], ["-h"], ["help"]: mode = .help
    case ["--version"], ["version"]: mode = .version
    default:
      throw Failure(
        .invalidRequest, "unknown option \(printable(arguments[0], limit: 60))",
        hint: "sallyport-agent --help")
    }
  }

  static let help = """
    usage: sallyport-agent [--foreground]

    Holds the tokens of one user and hands access tokens to that user's programs through a Unix
    socket. It is started by `sallyport` when it is needed, or by the user unit
    sallyport-agent.socket; to run it by hand, in the foreground, give no option.

      --foreground   stay in the foreground; the default
      --help         show this text
      --version      show the version

    The socket is $SALLYPORT_SOCK, or $XDG_RUNTIME_DIR/sallyport/agent.sock. See sallyport-agent(1).

    """
}
