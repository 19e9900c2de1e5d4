"""A system bus of its own with the machine's policy, and somebody who plays logind there."""

import contextlib
import os
import pathlib
import pwd
import re
import select
import shutil
import subprocess
import tempfile
import threading

from jeepney import DBusAddress, HeaderFields, MessageType, message_bus
from jeepney.io.blocking import open_dbus_connection
from jeepney.wrappers import new_error, new_method_return, new_signal

from .waiting import PATIENCE, wait_until

NAME = "org.freedesktop.login1"
ROOT = "/org/freedesktop/login1"
POLICY = pathlib.Path("/usr/share/dbus-1")

# A user who may do nothing; where the tests are not run by root, everybody is who runs them.
USER = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else os.geteuid()


def become_user():
    """For a child process: the user whose sessions are locked."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(USER)
        os.setuid(USER)


def missing_tools():
    """What a bus needs and this machine has not."""
    return [tool for tool in ["dbus-daemon", "gdbus", "systemd-inhibit"] if not shutil.which(tool)]


class SystemBus:
    """A dbus-daemon that allows what the system's would."""

    def __init__(self):
        # Not below the folder of the tests, which another user cannot enter.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bus-"))
        self.folder.chmod(0o755)
        self.address = f"unix:path={self.folder}/socket"
        configuration = self.folder / "bus.conf"
        configuration.write_text(self._configuration())
        self._log = open(self.folder / "log", "w")
        self.process = subprocess.Popen(
            ["dbus-daemon", f"--config-file={configuration}", "--nofork", "--nopidfile"],
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log)
        wait_until((self.folder / "socket").exists, "the bus")

    def _configuration(self):
        """The system's, but for where it listens and what it starts."""
        text = re.sub(r"<!--.*?-->", "", (POLICY / "system.conf").read_text(), flags=re.S)
        for tag in ["user", "listen", "pidfile", "servicehelper", "includedir", "include"]:
            text = re.sub(rf"<{tag}(\s[^>]*)?>[^<]*</{tag}>", "", text)
        text = re.sub(r"<(fork|syslog|standard_system_servicedirs)/>", "", text)
        login = (POLICY / "system.d" / f"{NAME}.conf").read_text()
        policies = "".join(re.findall(r"<policy .*?</policy>", login, flags=re.S))
        policies = policies.replace('user="root"', f'user="{os.geteuid()}"')
        return text.replace(
            "</busconfig>", f"<listen>{self.address}</listen>{policies}</busconfig>")

    def emit(self, path, signal, *words, to=None):
        """Sends a signal as a user who is not logind; `to` is a connection's own name."""
        options = [f"--dest={to}"] if to else []
        subprocess.run(
            ["gdbus", "emit", "--system", *options, "--object-path", path, "--signal", signal,
             *words], check=True, timeout=PATIENCE, preexec_fn=become_user,
            env={"PATH": os.environ["PATH"], "DBUS_SYSTEM_BUS_ADDRESS": self.address})

    def connections(self):
        """The own names of all who are on the bus."""
        listed = subprocess.run(
            ["gdbus", "call", "--system", "--dest", "org.freedesktop.DBus", "--object-path",
             "/org/freedesktop/DBus", "--method", "org.freedesktop.DBus.ListNames"], check=True,
            timeout=PATIENCE, capture_output=True, text=True,
            env={"PATH": os.environ["PATH"], "DBUS_SYSTEM_BUS_ADDRESS": self.address})
        return re.findall(r"'(:[0-9.]+)'", listed.stdout)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(PATIENCE)

    def close(self):
        self.stop()
        self._log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Login:
    """Plays logind: tells whose a session is, hands out inhibitors, and sends signals."""

    def __init__(self, bus):
        # The users of sessions, by their paths.
        self.sessions = {self.path("1"): USER, self.path("2"): USER + 1}
        # Paths that somebody has asked the user of.
        self.asked = []
        self.refuses = False
        # For each inhibitor what it was asked for and the end that shows whether it is held.
        self.inhibitors = []
        self._lock = threading.Lock()
        self._connection = open_dbus_connection(bus.address, enable_fds=True)
        reply = self._connection.send_and_get_reply(message_bus.RequestName(NAME))
        assert reply.body == (1,), "the name is taken"
        self._stopping = False
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @staticmethod
    def path(session):
        """The path of a session, whose first digit is escaped."""
        return f"{ROOT}/session/_{ord(session[0]):02x}{session[1:]}"

    # Signals

    def lock(self, session="1"):
        self.signal(self.path(session), f"{NAME}.Session", "Lock")

    def locked(self, session="1", hint=True):
        """A lock screen says that it is there, or no longer."""
        self.signal(
            self.path(session), "org.freedesktop.DBus.Properties", "PropertiesChanged",
            "sa{sv}as", (f"{NAME}.Session", {"LockedHint": ("b", hint)}, []))

    def prepare_for_sleep(self, begins):
        self.signal(ROOT, f"{NAME}.Manager", "PrepareForSleep", "b", (begins,))

    def signal(self, path, interface, name, signature=None, body=()):
        self._send(new_signal(DBusAddress(path, interface=interface), name, signature, body))

    def settle(self):
        """Waits until whoever takes signals in their order has done with all so far.

        It asks whose a session is that was locked: this one is nobody's here, and is new each time.
        """
        path = self.path(f"m{len(self.sessions)}")
        self.sessions[path] = USER + 1
        self.signal(path, f"{NAME}.Session", "Lock")
        wait_until(lambda: path in self.asked, "the signals to be taken")

    def wait_for_listener(self):
        """Waits until somebody takes signals: gdbus does not tell when the bus knows of it."""
        path = self.path("2")

        def is_asked():
            self.lock("2")
            return path in self.asked
        wait_until(is_asked, "somebody to listen")
        self.settle()

    # Inhibitors

    @property
    def held(self):
        """The inhibitors that nobody has given back."""
        return [asked for asked, end in self.inhibitors if not select.select([end], [], [], 0)[0]]

    # Requests

    def _send(self, message):
        with self._lock:
            self._connection.send(message)

    def _serve(self):
        while not self._stopping:
            try:
                message = self._connection.receive(timeout=0.2)
            except TimeoutError:
                continue
            except (OSError, EOFError):
                return
            if message.header.message_type is MessageType.method_call:
                with contextlib.suppress(OSError):
                    self._answer(message)

    def _answer(self, message):
        fields = message.header.fields
        member = fields[HeaderFields.member]
        if member == "Get" and fields[HeaderFields.path] in self.sessions:
            user = self.sessions[fields[HeaderFields.path]]
            self.asked.append(fields[HeaderFields.path])
            value = ("(uo)", (user, f"{ROOT}/user/_{user}"))
            self._send(new_method_return(message, "v", (value,)))
        elif member == "Inhibit" and not self.refuses:
            mine, theirs = os.pipe()
            self.inhibitors.append((message.body, mine))
            with open(theirs, "wb", 0) as end:
                self._send(new_method_return(message, "h", (end,)))
        else:
            self._send(new_error(message, "org.freedesktop.DBus.Error.AccessDenied"))

    def close(self):
        self._stopping = True
        self._thread.join(PATIENCE)
        self._connection.close()
        while self.inhibitors:
            os.close(self.inhibitors.pop()[1])
