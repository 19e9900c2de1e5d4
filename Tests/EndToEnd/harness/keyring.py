"""A Secret Service of its own: a bus that starts nothing by itself, and gnome-keyring there."""

import shutil
import subprocess

import pytest

from .waiting import PATIENCE, wait_until

PROGRAMS = ["dbus-daemon", "gnome-keyring-daemon", "secret-tool"]
needs_keyring = pytest.mark.skipif(
    any(shutil.which(name) is None for name in PROGRAMS),
    reason="dbus-daemon, gnome-keyring-daemon or secret-tool is not there")

BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={path}</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


class Keyring:
    """A session bus for a home, whose keyring comes and goes."""

    def __init__(self, home):
        self._home = home
        self._daemon = None
        path = home.root / "bus"
        configuration = home.root / "bus.conf"
        configuration.write_text(BUS.format(path=path))
        self._bus = subprocess.Popen(
            ["dbus-daemon", f"--config-file={configuration}", "--nofork", "--nopidfile"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=home.environment)
        wait_until(path.exists, "the bus")
        home.environment["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={path}"

    def start(self):
        """Unlocks the keyring, and makes it where there is none."""
        self._daemon = subprocess.Popen(
            ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=self._home.environment)
        self._daemon.stdin.write(b"the keyring's own password")
        self._daemon.stdin.close()
        wait_until(self._answers, "the keyring")

    def _answers(self):
        return self.tool("store", "--label=probe", "probe", "probe", input=b"x").returncode == 0

    def stop(self):
        if self._daemon:
            self._daemon.terminate()
            self._daemon.wait(PATIENCE)
            self._daemon = None

    def tool(self, *words, input=b""):
        """Runs secret-tool."""
        return subprocess.run(
            ["secret-tool", *words], input=input, capture_output=True, timeout=PATIENCE,
            env=self._home.environment)

    def close(self):
        self.stop()
        self._bus.terminate()
        self._bus.wait(PATIENCE)
