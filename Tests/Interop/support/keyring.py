"""A Secret Service of its own: gnome-keyring, on a session bus that ends with the tests."""

import os
import shutil
import subprocess

from .server import CannotRun
from .waiting import PATIENCE, wait_until

PACKAGES = {
    "dbus-run-session": "dbus", "dbus-send": "dbus", "gnome-keyring-daemon": "gnome-keyring",
    "secret-tool": "libsecret-tools"}


class Keyring:
    """A keyring with a password of its own, unlocked."""

    name = "keyring"

    def __init__(self, folder):
        missing = {package for name, package in PACKAGES.items() if not shutil.which(name)}
        if missing:
            names = " ".join(sorted(missing))
            raise CannotRun(f"{names} is not installed: apt-get install {names}")
        self.environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        for variable in ("HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME",
                         "XDG_CACHE_HOME"):
            place = folder / variable.lower()
            place.mkdir(mode=0o700)
            self.environment[variable] = str(place)
        # The bus lives as long as somebody reads from this end.
        self._session = subprocess.Popen(
            ["dbus-run-session", "--", "sh", "-c", 'echo "$DBUS_SESSION_BUS_ADDRESS"; exec cat'],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env=self.environment)
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self):
        address = self._session.stdout.readline().strip()
        if not address:
            raise CannotRun("dbus-run-session gives no bus")
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = address
        self._daemon = subprocess.Popen(
            ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=self.environment)
        self._daemon.stdin.write(b"password of the keyring")
        self._daemon.stdin.close()
        wait_until(self._has_owner, "gnome-keyring to answer on the bus")

    def _has_owner(self):
        if self._daemon.poll() is not None:
            raise CannotRun(f"gnome-keyring-daemon ended with {self._daemon.returncode}")
        done = self._call(
            "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus.NameHasOwner",
            "string:org.freedesktop.secrets")
        return "boolean true" in done.stdout

    def _call(self, destination, path, member, *arguments):
        return subprocess.run(
            ["dbus-send", "--session", "--print-reply", f"--dest={destination}", path, member,
             *arguments], capture_output=True, text=True, timeout=PATIENCE, env=self.environment)

    def lock(self):
        """Locks it: only a person could open it now, and there is none."""
        done = self._call(
            "org.freedesktop.secrets", "/org/freedesktop/secrets",
            "org.freedesktop.Secret.Service.Lock",
            "array:objpath:/org/freedesktop/secrets/collection/login")
        assert "collection/login" in done.stdout, done

    def tool(self, *words):
        """What secret-tool says itself."""
        return subprocess.run(
            ["secret-tool", *words], capture_output=True, text=True, timeout=PATIENCE,
            env=self.environment)

    def stop(self):
        """Ends what was started here."""
        daemon = getattr(self, "_daemon", None)
        if daemon and daemon.poll() is None:
            daemon.terminate()
            daemon.wait(PATIENCE)
        self._session.stdin.close()
        self._session.stdout.close()
        self._session.wait(PATIENCE)
