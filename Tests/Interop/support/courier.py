"""The courier alone, with the jobs that have the vault's key: blocks in, blocks out."""

import subprocess

from .programs import programs_folder
from .waiting import PATIENCE

# Lines of a sealed record that are given back to be opened.
FRAME = ("sequence", "record", "name", "sealed[]", "more")


def courier(environment, *blocks):
    """Runs one job; the blocks are lists of lines, and so are those it answers with."""
    text = "".join("".join(f"{line}\n" for line in block) + "\n" for block in blocks)
    done = subprocess.run(
        [programs_folder() / "sallyport-courier"], input=text, text=True, capture_output=True,
        timeout=PATIENCE, env=environment)
    answers = [block.splitlines() for block in done.stdout.split("\n\n") if block]
    return done.returncode, answers[1:]


def value(block, key):
    """The value of a key that stands there once."""
    found = [line.partition("=")[2] for line in block if line.partition("=")[0] == key]
    assert len(found) == 1, block
    return found[0]


class Vault:
    """A vault with one session, made under the source of a key."""

    TOKEN = "a-refresh-token"

    def __init__(self, environment, source, *lines):
        status, answers = courier(
            environment,
            ["job=seal", "vault.path=/v/vault", f"vault.create={source}", *lines],
            ["record=session", "name=work"], [f"refresh_token={self.TOKEN}", "obtained_at=1"],
            ["end=yes"])
        assert status == 0, answers
        key, *sealed, _ = answers
        self.header = value(key, "vault.header")
        self.key = value(key, "vault.key")
        self.frames = [
            [line for line in block if line.partition("=")[0] in FRAME] for block in sealed]

    @property
    def identifier(self):
        """What a keyring knows it by."""
        return value(bytes.fromhex(self.header).decode().splitlines(), "vault")

    def open(self, environment, *lines):
        """What comes of opening it: the exit status and the blocks."""
        return courier(
            environment, ["job=unseal", "vault.path=/v/vault", f"vault.header={self.header}", *lines],
            *self.frames, ["end=yes"])

    def opens(self, environment, *lines):
        status, answers = self.open(environment, *lines)
        return (
            status == 0 and value(answers[0], "vault.key") == self.key
            and f"refresh_token={self.TOKEN}" in answers[2])
