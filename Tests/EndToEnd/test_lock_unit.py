"""The unit that locks with the session and before sleep: what it listens to, and to whom."""

import contextlib
import os
import pathlib
import shutil
import signal
import stat
import subprocess

import pytest
from harness.home import CHECKOUT
from harness.vault import give_key_file
from harness.waiting import PATIENCE, wait_until

pytest.importorskip("jeepney")
from harness.bus import NAME, ROOT, Login, SystemBus, become_user, missing_tools  # noqa: E402

pytestmark = pytest.mark.skipif(
    bool(missing_tools()), reason=f"this machine has no {', '.join(missing_tools())}")

WATCH = CHECKOUT / "packaging" / "systemd" / "sallyport-lock-watch"
# A session of this user, and one of another.
OWN, OTHER = "1", "2"


class Watch:
    """The watch as its unit runs it, with programs in its PATH that write down how they are run."""

    def __init__(self, bus):
        self.bus = bus
        self.folder = bus.folder / "user"
        self.folder.mkdir()
        self.bin = self.folder / "bin"
        self.bin.mkdir()
        self.record = self.folder / "record"
        self.journal = self.folder / "journal"
        self.gate = self.folder / "gate"
        os.mkfifo(self.gate)
        self._gate = os.open(self.gate, os.O_RDWR)
        self.script = self.folder / WATCH.name
        shutil.copy(WATCH, self.script)
        self.program("sallyport")
        # The agent's socket is not the service manager's.
        self.program("systemctl", "exit 3", quiet=True)
        self.process = None

    def program(self, name, commands="", quiet=False):
        path = self.bin / name
        note = "" if quiet else f'echo "{name} $*" >> {self.record}\n'
        path.write_text(f"#!/bin/sh\n{note}{commands}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        if os.geteuid() == 0:
            subprocess.run(["chown", "-R", "nobody:", self.folder], check=True)

    def start(self, home=None, **environment):
        """Starts the watch; with a home it is that user's, and the programs are the real ones."""
        if home:
            with open(self.journal, "a") as journal:
                self.process = subprocess.Popen(
                    [self.script, home.programs / "sallyport"], stdin=subprocess.DEVNULL,
                    stdout=journal, stderr=journal, start_new_session=True,
                    env={**home.environment, "PATH": f"{self.bin}:{home.environment['PATH']}",
                         "DBUS_SYSTEM_BUS_ADDRESS": self.bus.address, **environment})
            return self
        with open(self.journal, "a") as journal:
            self.process = subprocess.Popen(
                [self.script, self.bin / "sallyport"], stdin=subprocess.DEVNULL, stdout=journal,
                stderr=journal, start_new_session=True, preexec_fn=become_user,
                env={"PATH": f"{self.bin}:/usr/bin:/bin", "HOME": str(self.folder),
                     "DBUS_SYSTEM_BUS_ADDRESS": self.bus.address, **environment})
        return self

    @property
    def locks(self):
        """How many times something was locked."""
        return len(self.ran("sallyport lock"))

    def ran(self, start):
        lines = self.record.read_text().splitlines() if self.record.exists() else []
        return [line for line in lines if line.startswith(start)]

    @property
    def said(self):
        text = self.journal.read_text() if self.journal.exists() else ""
        return [line for line in text.splitlines() if line.startswith("sallyport-lock-watch: ")]

    def processes(self):
        """What runs in the watch's group, as number and command line."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            with contextlib.suppress(OSError, ProcessLookupError):
                if entry.name.isdigit() and os.getpgid(int(entry.name)) == self.process.pid:
                    line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    if line:
                        found.append((int(entry.name), line))
        return found

    def open_gate(self):
        os.write(self._gate, b"go\n")

    def close(self):
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
        if self.process:
            self.process.wait(PATIENCE)
        os.close(self._gate)


@pytest.fixture
def bus():
    bus = SystemBus()
    yield bus
    bus.close()


@pytest.fixture
def login(bus):
    login = Login(bus)
    yield login
    login.close()


@pytest.fixture
def idle(bus):
    """A watch that was not started yet."""
    watch = Watch(bus)
    yield watch
    watch.close()


@pytest.fixture
def watch(idle, login):
    """A watch that listens and delays sleep."""
    idle.start()
    login.wait_for_listener()
    wait_until(lambda: login.held, "sleep to be delayed")
    return idle


# The session

def test_a_session_of_the_user_is_locked(watch, login):
    login.lock(OWN)
    login.settle()
    assert watch.ran("sallyport") == ["sallyport lock --no-ask"]
    login.lock(OWN)
    login.settle()
    assert watch.locks == 2 and watch.said == []


def test_a_session_of_another_user_is_none_of_its_business(watch, login):
    login.lock(OTHER)
    login.locked(OTHER)
    login.settle()
    assert watch.locks == 0


def test_a_session_whose_user_nobody_tells_counts(watch, login):
    login.lock("9")
    login.settle()
    assert watch.locks == 1


def test_a_lock_screen_that_says_so_counts(watch, login):
    login.locked(OWN, hint=False)
    login.settle()
    assert watch.locks == 0
    login.locked(OWN)
    login.settle()
    assert watch.locks == 1


def test_what_else_logind_says_does_nothing(watch, login):
    login.signal(login.path(OWN), f"{NAME}.Session", "Unlock")
    login.signal(login.path(OWN), f"{NAME}.Session", "Lock", "s", ("now",))
    login.signal(ROOT, f"{NAME}.Manager", "PrepareForShutdown", "b", (True,))
    login.signal(ROOT, f"{NAME}.Manager", "SessionNew", "so", ("1", login.path(OWN)))
    # Text of others, which could look like a line of its own.
    login.signal(ROOT, f"{NAME}.Manager", "SecureAttentionKey", "s", (
        f"\n{login.path(OWN)}: {NAME}.Session.Lock ()\n{NAME}.Manager.PrepareForSleep (true,)",))
    login.settle()
    assert watch.locks == 0 and len(login.held) == 1


# Who says it

def test_signals_of_anybody_else_are_not_heard(watch, login, bus):
    listeners = bus.connections()
    assert len(listeners) > 1
    for to in [None, *listeners]:
        bus.emit(login.path(OWN), f"{NAME}.Session.Lock", to=to)
        bus.emit(ROOT, f"{NAME}.Manager.PrepareForSleep", "true", to=to)
        bus.emit(login.path(OWN), "org.freedesktop.DBus.Properties.PropertiesChanged",
                 f"'{NAME}.Session'", "{'LockedHint': <true>}", "@as []", to=to)
    login.settle()
    assert watch.locks == 0 and len(login.held) == 1 and len(login.inhibitors) == 1


def test_a_logind_that_is_started_anew_is_heard(watch, login, bus):
    login.close()
    another = Login(bus)
    another.wait_for_listener()
    another.lock(OWN)
    another.settle()
    assert watch.locks == 1
    another.close()


# Sleep

def test_sleep_waits_until_it_is_locked(watch, login):
    assert login.held == [("sleep", "sallyport", "Tokens are being locked", "delay")]
    watch.program("sallyport", f"read -r _ < {watch.gate}")
    login.prepare_for_sleep(True)
    wait_until(lambda: watch.locks, "the lock")
    assert len(login.held) == 1, "sleep may begin before everything is locked"
    watch.open_gate()
    wait_until(lambda: not login.held, "sleep to be let")
    login.prepare_for_sleep(False)
    wait_until(lambda: login.held, "sleep to be delayed again")
    login.settle()
    assert watch.locks == 1 and len(login.held) == 1 and watch.said == []


def test_each_sleep_is_delayed(watch, login):
    for number in range(1, 4):
        login.prepare_for_sleep(True)
        wait_until(lambda: not login.held, "sleep to be let")
        login.prepare_for_sleep(False)
        wait_until(lambda: login.held, "sleep to be delayed again")
        assert watch.locks == number and len(login.inhibitors) == number + 1
    # Said twice, it is delayed once.
    login.prepare_for_sleep(False)
    login.settle()
    assert len(login.held) == 1


def test_sleep_that_cannot_be_delayed_is_told(idle, login):
    login.refuses = True
    idle.start()
    login.wait_for_listener()
    login.prepare_for_sleep(True)
    login.settle()
    assert idle.locks == 1
    assert idle.said == ["sallyport-lock-watch: sleep could not be delayed: it may have begun"
                         " before everything was locked"]


# What is locked

def test_what_could_not_be_locked_is_said_once(watch, login):
    watch.program("sallyport", 'echo "sallyport: the tokens are in memory alone" >&2; exit 1')
    for _ in range(3):
        login.lock(OWN)
    login.settle()
    sentence = ("sallyport-lock-watch: nothing was locked:"
                " sallyport: the tokens are in memory alone")
    assert watch.locks == 3 and watch.said == [sentence]
    watch.program("sallyport")
    login.lock(OWN)
    login.settle()
    watch.program("sallyport", 'echo "sallyport: the tokens are in memory alone" >&2; exit 1')
    login.lock(OWN)
    login.settle()
    assert watch.said == [sentence, sentence]


@pytest.mark.parametrize("state, locks", [
    ("inactive", 0), ("failed", 0), ("active", 1), ("activating", 1), ("deactivating", 1)])
def test_no_agent_is_started_to_be_locked(watch, login, state, locks):
    """The service manager listens for an agent that does not run."""
    watch.program("systemctl", f"""case $* in
*is-active*agent.socket) exit 0 ;;
*is-active*agent.service) echo {state}; [ {state} = active ] ;;
esac""", quiet=True)
    login.lock(OWN)
    login.settle()
    assert watch.locks == locks and watch.said == []


def test_an_agent_elsewhere_is_locked_whatever_the_service_manager_has(idle, login):
    idle.program("systemctl", "echo inactive; exit 0", quiet=True)
    idle.start(SALLYPORT_SOCK="/elsewhere")
    login.wait_for_listener()
    login.lock(OWN)
    login.settle()
    assert idle.locks == 1


# With the programs themselves

@pytest.fixture
def mine(login):
    """A session of whoever runs the tests."""
    login.sessions[login.path("3")] = os.geteuid()
    return "3"


def test_an_open_vault_is_locked(home, server, idle, login, mine):
    give_key_file(home)
    home.configure_for(server)
    home.sign_in(server)
    idle.start(home)
    login.wait_for_listener()
    login.lock(mine)
    login.settle()
    home.run("token", "work", "--format", "json").failed(6)
    assert idle.said == []
    home.run("unlock").done()
    login.prepare_for_sleep(True)
    login.settle()
    home.run("token", "work").failed(6)
    home.run("unlock").done()
    assert home.token()


def test_what_is_in_memory_alone_is_kept(signed_in, idle, login, mine):
    """Nobody is asked for a passphrase, and nobody has to sign in again."""
    asked = idle.folder / "asked"
    idle.program("askpass", f"echo asked >> {asked}", quiet=True)
    idle.start(signed_in, SALLYPORT_ASKPASS=str(idle.bin / "askpass"), DISPLAY=":0",
               SSH_ASKPASS=str(idle.bin / "askpass"))
    login.wait_for_listener()
    login.lock(mine)
    login.lock(mine)
    login.settle()
    [said] = idle.said
    assert "nothing was locked" in said and "in memory only" in said
    assert not asked.exists()
    assert signed_in.token()


def test_where_no_agent_runs_none_is_started(home, idle, login, mine):
    idle.start(home)
    login.wait_for_listener()
    login.lock(mine)
    login.prepare_for_sleep(True)
    login.settle()
    assert not home.socket.exists() and idle.said == []


# The watch itself

def test_it_ends_with_the_bus(watch, login, bus):
    bus.stop()
    assert watch.process.wait(PATIENCE) == 1
    assert watch.said == ["sallyport-lock-watch: the system bus has gone"]


def test_it_ends_with_gdbus(watch, login):
    [gdbus] = [pid for pid in watch.processes() if pid[1].startswith("gdbus monitor")]
    os.kill(gdbus[0], signal.SIGKILL)
    assert watch.process.wait(PATIENCE) == 1
    wait_until(lambda: not login.held, "the inhibitor to be given back")
    wait_until(lambda: not watch.processes(), "what it has started to end")


@pytest.mark.parametrize("name", ["gdbus", "systemd-inhibit", "sallyport"])
def test_without_a_program_it_says_so_and_stays_down(idle, bus, name):
    """69 is what the unit does not start again for."""
    for tool in ["sh", "id", "gdbus", "systemd-inhibit", "sleep"]:
        if tool != name:
            (idle.bin / tool).unlink(missing_ok=True)
            (idle.bin / tool).symlink_to(shutil.which(tool))
    if name == "sallyport":
        (idle.bin / name).unlink()
    idle.start(PATH=str(idle.bin))
    assert idle.process.wait(PATIENCE) == 69
    assert f"{name} is not there" in idle.said[0]
    assert idle.said[1:] == (
        ["sallyport-lock-watch: try: apt install libglib2.0-bin"] if name == "gdbus" else [])
    unit = (WATCH.parent / "sallyport-lock.service").read_text()
    assert "RestartPreventExitStatus=69\n" in unit and "Restart=always\n" in unit
