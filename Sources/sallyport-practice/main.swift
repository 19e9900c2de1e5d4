import Glibc
import PracticeServer

exit(PracticeProgram.run(Array(CommandLine.arguments.dropFirst())))
