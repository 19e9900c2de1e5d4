import CPlatform
import Glibc
import Testing

@testable import Platform

@Suite struct PeerIdentityTests {
  /// This process, at both ends of a pair of sockets.
  @Test func oneselfIsKnown() throws {
    let (first, second) = try DescriptorPair.sockets().take()
    let mine = Descriptor(owning: first)
    let other = Descriptor(owning: second)
    let peer = try PeerIdentity(of: mine.number)
    #expect(peer.process == getpid())
    #expect(peer.user == geteuid())
    #expect(peer.sandbox == .none)
    let executable = try #require(peer.executable)
    #expect(executable.isFileAtPath)
    #expect(executable.path.hasPrefix("/"))
    _ = consume other
  }

  @Test func aProcessThatHasEndedIsGone() throws {
    let scratch = try ScratchFolder()
    let path = scratch("s")
    let listener = try UnixSocket.listen(path, backlog: 1)
    // perl is on every Debian and Fedora; it connects and ends.
    _ = try run(
      "/usr/bin/perl",
      ["perl", "-MIO::Socket::UNIX", "-e", "IO::Socket::UNIX->new(Peer => $ARGV[0]) or die", path])
    try #require(waitUntil(listener.number, readyFor: POLLIN, milliseconds: 10_000))
    let accepted = Descriptor(owning: sp_accept(listener.number))
    try #require(accepted.number >= 0)
    #expect(throws: PeerIdentity.Fault.gone) { try PeerIdentity(of: accepted.number) }
  }

  /// This process seen through itself: whoever runs the tests asks.
  @Test func aMessengerIsLookedThrough() throws {
    let (first, second) = try DescriptorPair.sockets().take()
    let mine = Descriptor(owning: first)
    let other = Descriptor(owning: second)
    let path = try #require(try PeerIdentity(of: mine.number).executable).path
    let seen = try PeerIdentity(of: mine.number, through: path, withStarters: true)
    #expect(seen.process != getpid())
    #expect(seen.executable?.path != path)
    let starters = try #require(seen.starters)
    let direct = try PeerIdentity(of: mine.number, withStarters: true)
    #expect(direct.process == getpid())
    #expect((direct.starters?.count ?? 0) > starters.count)
    _ = consume other
  }

  @Test func whatIsNoSocketIsSaidToBeNone() throws {
    let (first, second) = try DescriptorPair.pipe().take()
    let reader = Descriptor(owning: first)
    let writer = Descriptor(owning: second)
    #expect(throws: PeerIdentity.Fault.system(SystemError(ENOTSOCK, in: "getsockopt"))) {
      try PeerIdentity(of: reader.number)
    }
    _ = consume writer
  }
}

/// A `/proc` made of files.
@Suite struct ProcProcessTests {
  private let scratch: ScratchFolder

  init() throws {
    scratch = try ScratchFolder()
    _ = try scratch.folder("7")
    _ = try scratch.folder("7/root")
  }

  private var process: ProcProcess { ProcProcess(7, proc: scratch.path) }

  @Test func aProgramAtItsPath() throws {
    let program = try scratch.write("git", "program")
    try #require(symlink(program, scratch("7/exe")) == 0)
    #expect(process.executable == .init(path: program, isFileAtPath: true))
  }

  @Test func aProgramThatIsNoMore() throws {
    try #require(symlink(scratch("git") + " (deleted)", scratch("7/exe")) == 0)
    #expect(process.executable?.isFileAtPath == false)
  }

  @Test(
    "the name of a process can hold anything",
    arguments: [
      ("7 (a) S 3 7 7", 3), ("7 (a) S 9) S 4 7", 4), ("7 (\n) R 0 1", 0), ("7 (a) S", nil),
      ("7 a S 3 7", nil), ("", nil), ("7 (a) S x 7", nil),
    ] as [(String, pid_t?)])
  func theParent(_ text: String, _ parent: pid_t?) throws {
    try scratch.write("7/stat", text)
    #expect(process.parent == parent)
  }

  @Test(arguments: [
    ("sh\0-c\0ls\0", true), ("sh\0-c\0", true), ("sh\0script\0-c\0", false), ("sh\0", false),
    ("sh\0-ic\0ls\0", false), ("", false),
  ])
  func aShellThatRunsOneCommand(_ words: String, _ doesSo: Bool) throws {
    try scratch.write("7/cmdline", words)
    #expect(process.runsOneCommand == doesSo)
  }

  @Test func aProgramThatMayNotBeSeen() { #expect(process.executable == nil) }

  @Test func aFlatpakIsKnownByTheFileInItsRoot() throws {
    #expect(process.sandbox(unit: nil) == .none)
    try scratch.write("7/root/.flatpak-info", "[Application]\nname=org.gnome.Evolution\n")
    #expect(process.sandbox(unit: nil) == .flatpak("org.gnome.Evolution"))
  }

  @Test("a link, a folder or a pipe is not the file Flatpak makes")
  func forgedInfo() throws {
    try scratch.write("info", "[Application]\nname=org.gnome.Evolution\n")
    try #require(symlink(scratch("info"), scratch("7/root/.flatpak-info")) == 0)
    #expect(process.sandbox(unit: nil) == .unknown)
    unlink(scratch("7/root/.flatpak-info"))
    try #require(mkfifo(scratch("7/root/.flatpak-info"), 0o600) == 0)
    #expect(process.sandbox(unit: nil) == .unknown)
    unlink(scratch("7/root/.flatpak-info"))
    try scratch.write("7/root/.flatpak-info", "")
    #expect(process.sandbox(unit: nil) == .unknown)
  }

  @Test func aRootThatCannotBeOpenedIsUnknown() {
    rmdir(scratch("7/root"))
    #expect(process.sandbox(unit: nil) == .unknown)
  }

  @Test func theLabelCountsMoreThanTheUnit() throws {
    let unit = SystemdUnit(name: "snap.firefox.firefox-1.scope", manager: .user(1000))
    #expect(process.sandbox(unit: unit) == .snap("firefox"))
    _ = try scratch.folder("7/attr")
    try scratch.write("7/attr/current", "unconfined\n")
    #expect(process.sandbox(unit: unit) == .none)
    _ = try scratch.folder("7/attr/apparmor")
    try scratch.write("7/attr/apparmor/current", "snap.thunderbird.thunderbird (enforce)\n")
    #expect(process.sandbox(unit: unit) == .snap("thunderbird"))
  }

  @Test func theUnitIsReadFromTheControlGroup() throws {
    #expect(process.unit == nil)
    try scratch.write("7/cgroup", "0::/system.slice/cron.service\n")
    #expect(process.unit == SystemdUnit(name: "cron.service", manager: .system))
  }
}

@Suite struct AllowedPeerTests {
  private func peer(
    _ path: String? = "/usr/bin/git", isFileAtPath: Bool = true, unit: SystemdUnit? = nil,
    sandbox: Sandbox = .none
  ) -> PeerIdentity {
    PeerIdentity(
      process: 7, user: 1000,
      executable: path.map { .init(path: $0, isFileAtPath: isFileAtPath) }, unit: unit,
      sandbox: sandbox, certainty: .pinned)
  }

  @Test func programs() throws {
    let rule = try #require(AllowedPeer("/usr/bin/git"))
    #expect(rule.allows(peer(), of: 1000))
    #expect(!rule.allows(peer("/usr/bin/git2"), of: 1000))
    #expect(!rule.allows(peer(nil), of: 1000))
    #expect(!rule.allows(peer(isFileAtPath: false), of: 1000))
    for sandbox in [Sandbox.flatpak("a.b.C"), .snap("git"), .unknown] {
      #expect(!rule.allows(peer(sandbox: sandbox), of: 1000))
    }
  }

  @Test func units() throws {
    let rule = try #require(AllowedPeer("unit:backup.service"))
    func allows(_ name: String, _ manager: SystemdUnit.Manager) -> Bool {
      rule.allows(peer(unit: SystemdUnit(name: name, manager: manager)), of: 1000)
    }
    #expect(allows("backup.service", .user(1000)))
    #expect(allows("backup.service", .system))
    #expect(!allows("backup.service", .user(1001)))
    #expect(!allows("Backup.service", .system))
    #expect(!rule.allows(peer(), of: 1000))
  }

  @Test func boxes() throws {
    let flatpak = try #require(AllowedPeer("flatpak:org.gnome.Evolution"))
    #expect(flatpak.allows(peer(sandbox: .flatpak("org.gnome.Evolution")), of: 1000))
    #expect(!flatpak.allows(peer(sandbox: .snap("org.gnome.Evolution")), of: 1000))
    #expect(!flatpak.allows(peer(sandbox: .unknown), of: 1000))
    let snap = try #require(AllowedPeer("snap:thunderbird"))
    #expect(snap.allows(peer(sandbox: .snap("thunderbird")), of: 1000))
    #expect(!snap.allows(peer(), of: 1000))
  }

  @Test func whatAProgramHasStartedIsAllowedWhatItIs() throws {
    let rule = try #require(AllowedPeer("/usr/bin/git"))
    func allows(_ starters: [PeerIdentity.Executable]?, _ sandbox: Sandbox = .none) -> Bool {
      rule.allows(
        PeerIdentity(
          process: 7, user: 1000, executable: .init(path: "/bin/x", isFileAtPath: true), unit: nil,
          sandbox: sandbox, starters: starters, certainty: .pinned), of: 1000)
    }
    let git = PeerIdentity.Executable(path: "/usr/bin/git", isFileAtPath: true)
    #expect(allows([.init(path: "/bin/sh", isFileAtPath: true), git]))
    #expect(!allows([.init(path: "/usr/bin/git", isFileAtPath: false)]))
    #expect(!allows([git], .flatpak("a.b.C")))
    #expect(!allows(nil))
  }

  @Test func lists() {
    #expect(
      AllowedPeer.list(" /usr/bin/git ,unit:a.service,\tsnap:x\t")
        == [.executable("/usr/bin/git"), .unit("a.service"), .snap("x")])
    #expect(AllowedPeer.list("/a b") == [.executable("/a b")])
    for text in ["", ",", "/a,", ",/a", "/a,,/b", "/a, git"] {
      #expect(AllowedPeer.list(text) == nil)
    }
  }

  @Test(
    arguments: [
      "", "git", "usr/bin/git", "/", "/usr/bin/", "/usr//bin/git", "/usr/../bin/git", "/./git",
      "unit:", "unit", "user:root", "flatpak:", ":x",
    ])
  func formsThatAreNoRule(_ text: String) { #expect(AllowedPeer(text) == nil) }
}
