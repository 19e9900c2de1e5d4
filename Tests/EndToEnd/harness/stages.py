"""Couriers that stop before they begin, where a test wants to look or to kill."""

import fcntl
import shutil
import sys

from .asking import write_program
from .waiting import wait_until

# Looks at the order without taking it, says what it is, and becomes the courier.
SCRIPT = """#!{python} -IS
import fcntl, os, re, socket
text = b""
with socket.socket(fileno=os.dup(0)) as order:
    while b"\\n\\n" not in text or b"job=seal\\n" in text and b"\\nrecord=" not in text:
        text = order.recv(65536, socket.MSG_PEEK)
        if not text:
            break
stage = re.search(r"^job=(.*)$", text.decode(), re.M)[1]
if stage == "seal":
    stage += " " + re.search(r"^record=(.*)$", text.decode(), re.M)[1]
with open("{folder}/begun", "a") as log:
    log.write(f"{{os.getpid()}} {{stage}}\\n")
try:
    with open("{folder}/" + stage) as gate:
        fcntl.flock(gate, fcntl.LOCK_SH)
except FileNotFoundError:
    pass
os.execv("{courier}", ["sallyport-courier"])
"""


class Stages:
    """A home's programs, with such couriers."""

    def __init__(self, home):
        self._gates = {}
        self._before = 0
        self.folder = home.root / "stages"
        self.folder.mkdir()
        programs = home.root / "programs"
        programs.mkdir()
        for name in ["sallyport", "sallyport-agent"]:
            shutil.copy(home.programs / name, programs)
        write_program(programs / "sallyport-courier", SCRIPT.format(
            python=sys.executable, folder=self.folder,
            courier=home.programs / "sallyport-courier"))
        home.programs = programs

    @property
    def begun(self):
        """What couriers were started for: process and stage."""
        path = self.folder / "begun"
        lines = path.read_text().splitlines() if path.exists() else []
        return [(int(line.split(" ", 1)[0]), line.split(" ", 1)[1]) for line in lines]

    def hold(self, stage):
        """Has the next couriers of this stage wait: "refresh", "seal session", "unseal"."""
        self._gates[stage] = open(self.folder / stage, "w")
        fcntl.flock(self._gates[stage], fcntl.LOCK_EX)
        self._before = len(self.begun)

    def wait_for(self, stage):
        """Waits until a courier stands there; gives its process."""
        return wait_until(
            lambda: [pid for pid, one in self.begun[self._before:] if one == stage],
            f"a courier for {stage!r} among {self.begun}")[0]

    def release(self, stage):
        """Lets them go on, and those that follow."""
        (self.folder / stage).unlink()
        with self._gates.pop(stage) as gate:
            fcntl.flock(gate, fcntl.LOCK_UN)
