import Attributes
import CPlatform
import Glibc
import Platform

/// The program `sallyport`, also called as `git-credential-sallyport`.
package enum Sallyport {
  /// The argument vector of a process, as the kernel handed it over.
  package typealias Arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

  /// Runs the command and returns its exit status.
  ///
  /// - Parameters:
  ///   - count: how many arguments there are, the program's name among them.
  ///   - vector: the arguments; they may hold any bytes.
  package static func main(_ count: Int32, _ vector: Arguments) -> Int32 {
    let isOutputOpen = fcntl(1, F_GETFD) != -1
    // A socket that landed on descriptor 1 would get what is meant for people.
    guard sp_open_standard_descriptors() == 0 else { return FailureCode.failed.exitStatus }
    if !isOutputOpen { refuseOutput() }
    sp_ignore_failed_writes()
    do throws(Failure) {
      return try run(count, vector)
    } catch {
      Diagnostics.report(error.description, hint: error.hint)
      return error.code.exitStatus
    }
  }

  private static func run(_ count: Int32, _ vector: Arguments) throws(Failure) -> Int32 {
    let first = count > 1 ? vector[1] : nil
    if let name = vector[0], isCredentialHelper(name) {
      // git waits for this answer many times an hour: nothing is read or made that it does not need.
      if let first, strcmp(first, "get") == 0 { return try CredentialGet.run() }
      return try Credential.helper(first.map { String(cString: $0) })
    }
    if let first, count == 2, strcmp(first, "get") == 0 { return try CredentialGet.run() }
    var words: [String] = []
    for index in 1..<max(1, Int(count)) {
      // What is not UTF-8 gets U+FFFD, which no name and no option has.
      if let word = vector[index] { words.append(String(cString: word)) }
    }
    return try run(words)
  }

  /// Runs the words after the program's name.
  private static func run(_ words: [String]) throws(Failure) -> Int32 {
    guard let first = words.first else {
      throw Failure(.invalidRequest, "a verb is missing", hint: "sallyport help")
    }
    switch first {
    case "--help", "-h": return try Help.verb.run(Invocation(Help.verb, []))
    case "--version", "-V": return try Help.versionVerb.run(Invocation(Help.versionVerb, []))
    default:
      guard !first.hasPrefix("-") else {
        throw .usage("there is no option \(shellQuoted(first)) before the verb")
      }
      let verb = try Verbs.named(first)
      let invocation = try Invocation(verb, Array(words.dropFirst()))
      guard !invocation.has("help") else {
        try Output.write(Help.text(of: verb))
        return 0
      }
      do throws(Failure) {
        return try verb.run(invocation)
      } catch {
        guard FailureAdvice.isWanted(for: error) else { throw error }
        throw FailureAdvice.load().applied(to: error, of: verb.name)
      }
    }
  }

  /// Puts something that cannot be written to in the place of a closed standard output: a token that
  /// nobody gets must not look like success.
  private static func refuseOutput() {
    let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
    guard null >= 0 else { return }
    dup2(null, 1)
    close(null)
  }

  /// Whether the program is called by the name git looks for.
  private static func isCredentialHelper(_ name: UnsafePointer<CChar>) -> Bool {
    let base = strrchr(name, Int32(UInt8(ascii: "/"))).map { UnsafePointer($0 + 1) } ?? name
    return strcmp(base, "git-credential-sallyport") == 0
  }
}
