import Command
import Glibc

exit(Sallyport.main(CommandLine.argc, CommandLine.unsafeArgv))
