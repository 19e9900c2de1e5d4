"""Programs that stand in for what asks a person, or for what asks the agent for a token."""

import os
import shutil
import stat
import subprocess
import sys

from .home import Result
from .waiting import PATIENCE


def write_program(path, text):
    """Makes a script that can be run."""
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


class Asking:
    """A folder in front of the agent's PATH, with a notify-send or an askpass that a test scripts.

    Each run of one is written down with its arguments; `gate` is a pipe at which one waits.
    """

    def __init__(self, home):
        self.home = home
        self.folder = home.root / "asking"
        self.folder.mkdir()
        self.record = self.folder / "asked"
        self.gate = self.folder / "gate"
        os.mkfifo(self.gate, 0o600)
        # Both ends, so that neither side waits for the other to open it.
        self._gate = os.open(self.gate, os.O_RDWR)
        # Nothing of the machine's own may be asked.
        home.environment["PATH"] = f"{self.folder}:{home.environment['PATH']}"
        home.environment.pop("SSH_ASKPASS", None)
        self.notify("exit 1")

    def close(self):
        os.close(self._gate)

    def _program(self, name, commands):
        return write_program(self.folder / name, f"""#!/bin/sh
printf '%s\\n' {name} "$@" "prompt=$SSH_ASKPASS_PROMPT" -- >> {self.record}
{commands}
""")

    def notify(self, commands):
        """Puts a notify-send there."""
        return self._program("notify-send", commands)

    def askpass(self, commands, variable="SALLYPORT_ASKPASS"):
        """Puts an askpass program there, and names it."""
        program = self._program("askpass", commands)
        self.home.environment[variable] = str(program)
        return program

    @property
    def wait(self):
        """The command by which a program waits for `open`."""
        return f"read -r _ < {self.gate}"

    def open(self, count=1):
        os.write(self._gate, b"go\n" * count)

    @property
    def asked(self):
        """For each question its program and arguments."""
        if not self.record.exists():
            return []
        runs, run = [], []
        for line in self.record.read_text().splitlines():
            run.append(line)
            # The program's own "--" comes before its text; the last line of a run follows prompt=.
            if line == "--" and run[-2].startswith("prompt="):
                runs.append(run[:-1])
                run = []
        return runs


# A client in as few lines as can be: one request from its arguments, the reply on standard output.
CLIENT = """
import socket, sys
with socket.socket(socket.AF_UNIX) as agent:
    agent.connect(sys.argv[1])
    agent.sendall(("\\n".join(sys.argv[2:]) + "\\n\\n").encode())
    text = b""
    while text != b"\\n" and not text.endswith(b"\\n\\n"):
        piece = agent.recv(65536)
        if not piece:
            break
        text += piece
    sys.stdout.write(text.decode())
"""


# The program that runs the tests, as the kernel calls it.
SELF = os.path.realpath(sys.executable)


class OtherProgram:
    """A program of a name of its own that can do what a client does: a copy of this Python."""

    def __init__(self, home, name="other"):
        self.home = home
        self.path = home.root / name
        shutil.copy(SELF, self.path)
        self.environment = {**home.environment, "PYTHONHOME": sys.base_prefix}

    def run(self, *words):
        """Runs `sallyport` below the program."""
        code = f"import subprocess, sys; sys.exit(subprocess.run({list(map(str, words))!r}).returncode)"
        return self._run(code)

    def ask(self, *lines):
        """Asks the agent itself."""
        result = self._run(CLIENT, self.home.socket, *lines).done()
        return dict(line.split("=", 1) for line in result.output.splitlines() if line)

    def _run(self, code, *words):
        done = subprocess.run(
            [self.path, "-c", code, *map(str, words)], capture_output=True, timeout=PATIENCE,
            env=self.environment, cwd=self.home.folder)
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())
