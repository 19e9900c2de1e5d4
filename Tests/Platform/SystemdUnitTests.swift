import Testing

@testable import Platform

/// Lines of `/proc/PID/cgroup` as they are found on real machines.
@Suite struct SystemdUnitTests {
  private func unit(_ lines: String) -> SystemdUnit? {
    SystemdUnit(controlGroups: Array(lines.utf8))
  }

  @Test(
    arguments: [
      ("/user.slice/user-1000.slice/user@1000.service/app.slice/backup.service", "backup.service"),
      (
        "/user.slice/user-1000.slice/user@1000.service/session.slice/org.gnome.Shell@wayland.service",
        "org.gnome.Shell@wayland.service"
      ),
      (
        "/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome-firefox-4711.scope",
        "app-gnome-firefox-4711.scope"
      ),
      (
        "/user.slice/user-1000.slice/user@1000.service/app.slice/app-org.gnome.Terminal.slice/"
          + "vte-spawn-6a1fbd3e-96f4-4a7e-8f5c-0c4d1b2a3e4f.scope",
        "vte-spawn-6a1fbd3e-96f4-4a7e-8f5c-0c4d1b2a3e4f.scope"
      ),
      (
        "/user.slice/user-1000.slice/user@1000.service/app.slice/app-flatpak-org.gnome.Evolution-99.scope",
        "app-flatpak-org.gnome.Evolution-99.scope"
      ),
      ("/user.slice/user-1000.slice/user@1000.service/init.scope", "init.scope"),
      (
        "/user.slice/user-1000.slice/user@1000.service/app.slice/dbus-:1.2-org.a.B@0.service",
        "dbus-:1.2-org.a.B@0.service"
      ),
      (
        "/user.slice/user-1000.slice/user@1000.service/app.slice/a\\x2db.service/worker/3",
        "a\\x2db.service"
      ),
    ])
  func unitsOfTheUsersManager(_ path: String, _ name: String) {
    #expect(unit("0::\(path)\n") == SystemdUnit(name: name, manager: .user(1000)))
  }

  @Test(
    arguments: [
      ("/system.slice/sshd.service", "sshd.service"),
      ("/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service"),
      ("/system.slice/docker-0123456789abcdef.scope", "docker-0123456789abcdef.scope"),
      ("/system.slice/containerd.service/kubepods-burstable/pod1", "containerd.service"),
      ("/user.slice/user-1000.slice/session-2.scope", "session-2.scope"),
      ("/user.slice/user-1000.slice/user@1000.service", "user@1000.service"),
      ("/user.slice/user-1000.slice/user@1000.service/app.slice", "user@1000.service"),
      ("/init.scope", "init.scope"), ("/system.slice/_cgroup.service", "cgroup.service"),
      ("/machine.slice/libpod-abc.scope/container", "libpod-abc.scope"),
    ])
  func unitsOfTheSystem(_ path: String, _ name: String) {
    #expect(unit("0::\(path)\n") == SystemdUnit(name: name, manager: .system))
  }

  @Test func theHierarchyOfVersionOneCountsWhereThereIsNoOther() {
    let lines = """
      12:pids:/user.slice/user-1000.slice/session-4.scope
      1:name=systemd:/user.slice/user-1000.slice/user@1000.service/dbus.service
      0::/

      """
    #expect(unit(lines) == SystemdUnit(name: "dbus.service", manager: .user(1000)))
    #expect(
      unit("1:name=systemd:/system.slice/a.service\n0::/system.slice/b.service\n")
        == SystemdUnit(name: "b.service", manager: .system))
  }

  @Test(
    "lines that name no unit",
    arguments: [
      "", "0::/\n", "0::\n", "x\n", "0:/system.slice/a.service\n", "0::/docker/0123abc\n",
      "0::/system.slice\n", "0::/../system.slice/a.service\n", "0::/../../a.service\n",
      "0::/system.slice/a.service (deleted)\n", "0::a.service\n", "3:cpu:/system.slice/a.service\n",
      "0::/system.slice/.service\n", "0::/system.slice/a b.service\n", "0::/.service/x\n",
      "0::/system.slice/a.timer\n", "0::/build/user.slice/a.service\n", ":::::\n",
    ])
  func noUnit(_ lines: String) { #expect(unit(lines) == nil) }

  @Test("a unit cannot hide in the name of a group below another unit")
  func nested() {
    #expect(
      unit(
        "0::/user.slice/user-1000.slice/user@1000.service/app.slice/evil.service/backup.service\n")
        == SystemdUnit(name: "evil.service", manager: .user(1000)))
    #expect(
      unit("0::/user.slice/user-1000.slice/session-2.scope/user@0.service/backup.service\n")
        == SystemdUnit(name: "session-2.scope", manager: .system))
  }

  @Test func bytesThatAreNoTextDoNotTrap() {
    #expect(SystemdUnit(controlGroups: Array("0::/system.slice/".utf8) + [0xFF, 0xFE]) == nil)
    for user in ["4294967296", "-1", "", "99999999999999999999"] {
      #expect(
        unit("0::/user.slice/user@\(user).service/a.service\n")
          == SystemdUnit(name: "user@\(user).service", manager: .system))
    }
  }
}

@Suite struct SandboxTests {
  private func info(_ text: String) -> String? { Sandbox.flatpakID(inInfo: Array(text.utf8)) }

  @Test func theInfoOfAFlatpak() {
    let text = """
      [Application]
      name=org.gnome.Evolution
      runtime=runtime/org.gnome.Platform/x86_64/49

      [Instance]
      instance-id=1234567890
      name=not.this.One
      """
    #expect(info(text) == "org.gnome.Evolution")
  }

  @Test(
    arguments: [
      "", "name=a.b.C\n", "[Runtime]\nruntime=x\nname=a.b.C\n", "[Application]\nname=\n",
      "[Application]\nname=a.b.C;rm\n", "[Application]\nname=../x\n",
      "[Application]\nname=a\u{1b}[m\n",
      "[Application ]\nname=a.b.C\n", "[Application]\nname = a.b.C\n",
      "[Application]\nname=a.b.C\r\n",
    ])
  func infosThatNameNoApplication(_ text: String) { #expect(info(text) == nil) }

  @Test(
    arguments: [
      ("snap.firefox.firefox (enforce)\n", Sandbox.Label.snap("firefox")),
      ("snap.snap-store.ubuntu-software (complain)\n", .snap("snap-store")),
      ("snap.code_2.code", .snap("code_2")), ("unconfined\n", .other),
      ("/usr/bin/evince (enforce)\n", .other), ("snap.firefox\n", .other), ("snap..x\n", .other),
      ("snap.a b.c\n", .other), ("notsnap.a.b (enforce)\n", .other),
    ])
  func labels(_ text: String, _ label: Sandbox.Label) {
    #expect(Sandbox.label(Array(text.utf8)) == label)
  }

  @Test func anEmptyLabelSaysNothing() {
    #expect(Sandbox.label([]) == nil)
    #expect(Sandbox.label([0x0A]) == nil)
    #expect(Sandbox.label([0]) == nil)
  }

  @Test func unitsOfSnaps() {
    #expect(
      Sandbox.snap(ofUnit: "snap.firefox.firefox-6a1fbd3e-96f4-4a7e.scope") == "firefox")
    #expect(Sandbox.snap(ofUnit: "snap.lxd.daemon.service") == "lxd")
    #expect(Sandbox.snap(ofUnit: "snapd.service") == nil)
    #expect(Sandbox.snap(ofUnit: "snap.socket") == nil)
  }
}
