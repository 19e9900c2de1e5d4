"""A command in a terminal of its own: what is typed, what is shown."""

import fcntl
import os
import pty
import select
import shlex
import termios
import time

from .waiting import PATIENCE


class Terminal:
    """Runs `sallyport` with a terminal as its three standard descriptors.

    `shell` has bash run it instead, there where `{}` stands.
    """

    def __init__(self, home, *words, environment=None, shell=None):
        self.main, side = pty.openpty()
        # As it was before any program had it.
        self.attributes = termios.tcgetattr(self.main)
        self.text = ""
        options = {}
        if shell:
            command = shlex.join([str(home.programs / "sallyport"), *map(str, words)])
            words = "-c", shell.replace("{}", command)
            options["executable"] = "/bin/bash"
        self._process = home.start(
            *words, environment=environment, stdin=side, stdout=side, stderr=side,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0), **options)
        self.pid = self._process.pid
        os.close(side)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.main)

    def write(self, text):
        os.write(self.main, text.encode())

    def _read(self, deadline):
        """Reads what is there; False at the end."""
        ready, _, _ = select.select([self.main], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            raise TimeoutError(f"the terminal shows only:\n{self.text}")
        try:
            chunk = os.read(self.main, 65536)
        except OSError:
            # EIO: nobody has the other side any more.
            return False
        self.text += chunk.decode()
        return bool(chunk)

    def wait_for(self, words, times=1):
        deadline = time.monotonic() + PATIENCE
        while self.text.count(words) < times:
            assert self._read(deadline), f"{words!r} was not shown:\n{self.text}"

    def read_url(self):
        """The line that is an address."""
        self.wait_for("waiting")
        return next(line for line in self.text.split("\r\n") if line.startswith("http"))

    def finish(self):
        """Waits for the end; gives the exit status."""
        deadline = time.monotonic() + PATIENCE
        while self._read(deadline):
            pass
        return self._process.wait(PATIENCE)
