import Attributes
import Glibc
import Platform

/// The program `sallyport-practice`.
package enum PracticeProgram {
  static let name = "sallyport-practice"

  /// Runs what the arguments, without the program's name, say; returns the exit status.
  package static func run(_ arguments: [String]) -> Int32 {
    openStandardDescriptors()
    // A reader that has gone is an error to handle, not a death.
    signal(SIGPIPE, SIG_IGN)
    do throws(UsageFault) {
      switch arguments.first {
      case "help", "--help", "-h": return print(Help.text)
      case "version", "--version", "-V": return print("\(name) \(sallyportVersion)\n")
      case "faults":
        if arguments.count > 1 { throw .unexpectedArgument(arguments[1]) }
        return print(Fault.all.map { $0.line + "\n" }.joined())
      case "browse": return browse(try BrowseOptions(arguments.dropFirst()))
      default: return serve(try ServeOptions(arguments, reading: Serving.file))
      }
    } catch {
      Diagnostics.report(error.sentence, hint: "\(name) help", program: name)
      return 2
    }
  }

  /// Where a standard descriptor is closed, a socket would get its number, and lines for people
  /// would go to a client.
  private static func openStandardDescriptors() {
    var number: Int32
    repeat { number = open("/dev/null", O_RDWR | O_CLOEXEC) } while (0...2).contains(number)
    if number > 2 { close(number) }
  }

  private static func print(_ text: String) -> Int32 {
    do { try writeAll(1, text) } catch { return 1 }
    return 0
  }

  private static func serve(_ options: ServeOptions) -> Int32 {
    do throws(StartFault) { return try Serving.run(options) } catch {
      Diagnostics.report(error.sentence, program: name)
      return 1
    }
  }

  private static func browse(_ options: BrowseOptions) -> Int32 {
    do throws(BrowseFault) {
      let ending = try ScriptedBrowser(options).open(options.address)
      let written = print(ending.attributes)
      return ending.isGood ? written : 1
    } catch {
      Diagnostics.report(error.sentence, program: name)
      return 1
    }
  }
}
