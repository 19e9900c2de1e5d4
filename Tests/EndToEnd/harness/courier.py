"""A courier started by hand: its job goes in, its blocks are read as they come."""

import subprocess

from .blocks import blocks, next_pairs
from .waiting import PATIENCE


class CourierJob:
    """One job of `sallyport-courier`; a list in its settings gives several lines."""

    def __init__(self, home, **settings):
        lines = [f"{key.replace('__', '.')}{'[]' if isinstance(value, list) else ''}={one}\n"
                 for key, value in settings.items() if value is not None
                 for one in (value if isinstance(value, list) else [value])]
        self.process = subprocess.Popen(
            [home.programs / "sallyport-courier"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=home.environment, cwd=home.folder)
        home._pending.append(self.process)
        self.blocks = []
        self.send("".join(lines))

    def send(self, lines):
        """Sends a block; what is missing is only the blank line."""
        self.process.stdin.write(lines.encode() + b"\n")
        self.process.stdin.flush()

    def pairs(self):
        """The next block as pairs, None at the end of the output."""
        return next_pairs(self.process.stdout)

    def block(self):
        pairs = self.pairs()
        if pairs is not None:
            self.blocks.append(dict(pairs))
            return self.blocks[-1]
        return None

    def event(self, name):
        """The next block of this event; an error in its place is a failure."""
        while (block := self.block()) is not None:
            assert "error" not in block, block
            if block.get("event") == name:
                return block
        raise AssertionError(f"no {name}: {self.blocks} {self.process.stderr.read()}")

    def finish(self):
        """Waits for the end; gives the last block, whatever it says."""
        while self.block() is not None:
            pass
        self.process.wait(PATIENCE)
        assert self.process.stderr.read() == b""
        return self.blocks[-1]

    def done(self):
        last = self.finish()
        assert self.process.returncode == 0 and last.get("event") == "done", self.blocks
        return last

    def failed(self, status, *words):
        """Ends with `status` and a sentence that has all of `words`."""
        last = self.finish()
        assert self.process.returncode == status, self.blocks
        said = last["error_description"]
        for word in words:
            assert word in said, f"{word!r} is missing: {last}"
        assert said.isprintable() and not said.endswith("."), repr(said)
        return last


def settings_at(practice, **changes):
    """The account at a practice server, as a job has it."""
    return {"account": "work", "issuer": practice.issuer, "client_id": "practice",
            "redirect_uri": "http://127.0.0.1/callback", "scope": "openid profile",
            "timeout": PATIENCE, **changes}


def browse(home, url, *options):
    """What the scripted browser sees in the end."""
    done = home.run("browse", *options, url, program="sallyport-practice").done()
    return blocks(done.output)[-1]


def requests_of(practice, path):
    """The requests for one path, as the log has them."""
    return [one for one in practice.requests if one["path"] == path]
