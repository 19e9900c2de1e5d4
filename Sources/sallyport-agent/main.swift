import Agent
import Glibc
import Platform

exit(
  AgentProgram.run(
    arguments: Array(CommandLine.arguments.dropFirst()), environment: Environment.current))
