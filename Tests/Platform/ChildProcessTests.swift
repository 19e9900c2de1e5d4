import Glibc
import Platform
import Testing

@Suite("Starting programs")
struct ChildProcessTests {
  @Test func wordsReachTheProgramAsTheyAre() throws {
    let words = [
      "", " ", "a b", "$(id)", "`id`", "; rm -rf /", "'\"\\", "--", "-n", "*", "https://h/?a&b=c",
      "naïve 🚪", "line\nbreak",
    ]
    let output = try run("/bin/sh", ["sh", "-c", "printf '<%s>' \"$@\"", "sh"] + words)
    #expect(output == words.map { "<\($0)>" }.joined())
  }

  @Test func theChildHasNoDescriptorBeyondTheStandardOnes() throws {
    // Not close-on-exec, as a careless library may leave one.
    let leaked = open("/dev/null", O_RDONLY)
    try #require(leaked > 2)
    defer { close(leaked) }
    #expect(try run("/bin/sh", ["sh", "-c", "ls /proc/$$/fd; true"]) == "0\n1\n2\n")
  }

  @Test func whatIsKeptIsNumberThreeAndAlone() async {
    await #expect(processExitsWith: .success) {
      // Wherever it was; a process of its own, in which nobody needs what has the number.
      for number: Int32 in [40, 3] {
        let file = open("/etc/passwd", O_RDONLY)
        guard dup2(file, number) == number, fcntl(number, F_SETFD, FD_CLOEXEC) == 0 else { exit(2) }
        let (first, second) = try DescriptorPair.pipe().take()
        let pid = try ChildProcess.spawn(
          "/bin/sh", arguments: ["sh", "-c", "readlink /proc/$$/fd/3; ls /proc/$$/fd"],
          output: .descriptor(second), kept: number)
        close(second)
        let output = String(decoding: try readAll(first, limit: 1000), as: UTF8.self)
        waitpid(pid, nil, 0)
        guard output == "/etc/passwd\n0\n1\n2\n3\n" else { exit(3) }
      }
      exit(0)
    }
  }

  @Test func unnamedDescriptorsAreTheNullDevice() throws {
    let script = "for f in 0 2; do readlink /proc/$$/fd/$f; done"
    #expect(try run("/bin/sh", ["sh", "-c", script]) == "/dev/null\n/dev/null\n")
  }

  @Test func descriptorsAreHandedOverInAnyOrder() throws {
    let (mine, theirs) = try DescriptorPair.sockets().take()
    let socket = Descriptor(owning: mine)
    let pid: pid_t
    do {
      let end = Descriptor(owning: theirs)
      pid = try ChildProcess.spawn(
        "/bin/sh", arguments: ["sh", "-c", "read word; echo \"got $word\"; echo too >&2"],
        input: .descriptor(end.number), output: .descriptor(end.number),
        error: .descriptor(end.number))
    }
    try writeAll(socket.number, "hello\n")
    let answer = try readAll(socket.number, limit: 100)
    #expect(String(decoding: answer, as: UTF8.self) == "got hello\ntoo\n")
    #expect(waitpid(pid, nil, 0) == pid)
  }

  @Test func theEnvironmentIsTheGivenOneOrOurs() throws {
    #expect(try run("/usr/bin/env", ["env"], environment: ["A=1", "B=x y"]) == "A=1\nB=x y\n")
    #expect(try run("/usr/bin/env", ["env"], environment: []) == "")
    let path = try #require(environmentVariable("PATH"))
    #expect(try run("/usr/bin/env", ["env"]).split(separator: "\n").contains("PATH=\(path)"))
  }

  @Test func signalsAreAtTheirDefaultsInTheChild() async {
    await #expect(processExitsWith: .success) {
      signal(SIGPIPE, SIG_IGN)
      signal(SIGTERM, SIG_IGN)
      var blocked = sigset_t()
      sigfillset(&blocked)
      sigprocmask(SIG_BLOCK, &blocked, nil)
      let status = try run("/bin/cat", ["cat", "/proc/self/status"])
      let masks = status.split(separator: "\n").filter {
        $0.hasPrefix("SigBlk:") || $0.hasPrefix("SigIgn:")
      }.compactMap { line in line.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) } }
      #expect(masks.count == 2)
      // Signals 32 and 33 are the C library's own.
      #expect(masks.allSatisfy { $0 & ~0x1_8000_0000 == 0 }, "\(status)")
    }
  }

  @Test func aNewSessionHasNoTerminalAndIsItsOwnLeader() throws {
    let script =
      "read -r pid name state parent group session rest < /proc/$$/stat; echo $pid $session"
    let own = try run("/bin/sh", ["sh", "-c", script], newSession: true).split(separator: " ")
    #expect(own.count == 2)
    #expect(own[0] + "\n" == own[1])
    let inherited = try run("/bin/sh", ["sh", "-c", script]).split(separator: " ")
    #expect(inherited[1] == "\(getsid(0))\n")
  }

  @Test func aProgramThatIsNotThereIsAnErrorAndNoChild() {
    #expect(throws: SystemError(ENOENT, in: "posix_spawn")) {
      try ChildProcess.spawn("/no/such/program", arguments: ["program"])
    }
    #expect(throws: SystemError(EACCES, in: "posix_spawn")) {
      try ChildProcess.spawn("/etc", arguments: ["etc"])
    }
  }

  @Test func aNameIsNeverSearchedForBySpawn() {
    #expect(throws: SystemError(ENOENT, in: "posix_spawn")) {
      try ChildProcess.spawn("sh", arguments: ["sh", "-c", "true"])
    }
  }
}

@Suite("Finding programs")
struct FindingProgramsTests {
  private let scratch: ScratchFolder

  init() throws { scratch = try ScratchFolder() }

  @Test func theFirstExecutableFileInTheSearchPathIsMeant() throws {
    let (one, two) = (try scratch.folder("one"), try scratch.folder("two"))
    let path = "\(one):\(two)"
    try scratch.write("one/tool", "", mode: 0o644)
    #expect(ChildProcess.find("tool", searchPath: path) == nil)
    try scratch.write("two/tool", "", mode: 0o755)
    #expect(ChildProcess.find("tool", searchPath: path) == "\(two)/tool")
    try #require(chmod(scratch("one/tool"), 0o755) == 0)
    #expect(ChildProcess.find("tool", searchPath: path) == "\(one)/tool")
    _ = try scratch.folder("one/folder")
    #expect(ChildProcess.find("folder", searchPath: path) == nil)
  }

  @Test(arguments: [".", "", "./", "bin", "../bin", ":", "::"])
  func relativeFoldersAreNeverSearched(entry: String) async {
    // In a process of its own: the working folder belongs to all tests.
    await #expect(processExitsWith: .success) { [entry] in
      let scratch = try ScratchFolder()
      try scratch.write("tool", "", mode: 0o755)
      _ = try scratch.folder("bin")
      try scratch.write("bin/tool", "", mode: 0o755)
      #expect(chdir(scratch("bin")) == 0)
      #expect(ChildProcess.find("tool", searchPath: entry) == nil)
      #expect(
        ChildProcess.find("tool", searchPath: "\(entry):\(scratch("bin"))") == scratch("bin/tool"))
    }
  }

  @Test func aNameWithASlashIsThatFile() throws {
    let tool = try scratch.write("tool", "", mode: 0o755)
    let plain = try scratch.write("plain", "", mode: 0o644)
    #expect(ChildProcess.find(tool, searchPath: nil) == tool)
    #expect(ChildProcess.find(plain, searchPath: nil) == nil)
    #expect(ChildProcess.find(scratch("none"), searchPath: nil) == nil)
    #expect(ChildProcess.find(scratch.path, searchPath: nil) == nil)
  }

  @Test func withoutPATHTheSystemsFoldersAreSearched() {
    #expect(ChildProcess.find("env", searchPath: nil)?.hasPrefix("/") == true)
    #expect(ChildProcess.find("", searchPath: nil) == nil)
  }

  @Test func aProgramThatIsNotOursIsNoSibling() {
    #expect(Programs.sibling("sallyport-no-such-program") == nil)
  }
}
