"""A case file: what is expected of the programs when they meet the fault it is named after."""

import pathlib
import re
import subprocess
from dataclasses import dataclass, field

from harness.home import programs_folder

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "cases"
# What stands once in every file, and what may stand once, or several times.
ONCE = ["section", "occasion", "verdict"]
SOMETIMES = ["session", "try", "waits"]
OFTEN = ["says", "helps", "unasked"]


@dataclass(frozen=True)
class Fault:
    """A line of `sallyport-practice faults`."""

    name: str
    occasion: str
    verdict: str
    section: str
    # Whether the programs only end by their own deadline.
    is_slow: bool


@dataclass
class Case:
    """What a file says; each line is `key: value`."""

    name: str
    section: str
    occasion: str
    verdict: str
    # What becomes of a session that was there before: `kept` or `ended`.
    session: str | None = None
    # The command that is recommended.
    hint: str | None = None
    # What is waited for, where it takes more than a moment.
    waits: str | None = None
    # Words that are shown, each of them: the check and its subject.
    says: list[str] = field(default_factory=list)
    # Words that are shown, each of them: what the person or the server's administrator can do.
    helps: list[str] = field(default_factory=list)
    # Places of the server that are not asked any more, or never.
    unasked: list[str] = field(default_factory=list)

    @property
    def status(self):
        if self.verdict == "works":
            return 0
        return int(re.fullmatch(r"refused: exit ([1-6])", self.verdict)[1])

    @classmethod
    def read(cls, path):
        found = {}
        for number, line in enumerate(path.read_text().splitlines(), 1):
            key, colon, value = line.partition(": ")
            where = f"{path.name}:{number}"
            assert colon and value == value.strip() and value, f"{where} is not `key: value`"
            assert key in ONCE + SOMETIMES + OFTEN, f"{where}: there is no {key}"
            assert key in OFTEN or key not in found, f"{where}: {key} is there twice"
            found.setdefault(key, []).append(value)
        assert all(key in found for key in ONCE), f"{path.name} lacks one of {', '.join(ONCE)}"
        one = {key: found[key][0] for key in [*ONCE, "session", "waits"] if key in found}
        return cls(
            name=path.stem, hint=found.get("try", [None])[0], **one,
            **{key: found.get(key, []) for key in OFTEN})


def faults():
    """What the practice server can do wrong, by name."""
    listed = subprocess.run(
        [programs_folder() / "sallyport-practice", "faults"], check=True, capture_output=True,
        text=True).stdout
    found = {}
    for line in listed.splitlines():
        name, occasion, verdict, section, note = line.split("\t")
        found[name] = Fault(name, occasion, verdict, section, note == "deadline")
    return found


def cases():
    """All files, by name."""
    return {path.stem: Case.read(path) for path in sorted(FOLDER.glob("*.txt"))}
