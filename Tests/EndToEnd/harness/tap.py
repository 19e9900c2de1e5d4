"""What agent and couriers say to one another, written down by one who stands between."""

import re
import shutil
import sys

# In front of a courier: everything goes both ways as it comes, and into a file for each direction.
RELAY = """#!{python}
import os, select, socket, subprocess
mine, theirs = socket.socketpair()
kept = [3] if os.path.exists("/proc/self/fd/3") and os.fstat(3).st_mode & 0o100000 else []
courier = subprocess.Popen([{courier!r}], stdin=theirs, stdout=theirs, pass_fds=kept)
theirs.close()
agent = socket.socket(fileno=0)
ways = {{agent: (mine, "orders"), mine: (agent, "answers")}}
while mine in ways:
    for source in select.select(list(ways), [], [])[0]:
        target, name = ways[source]
        try:
            data = source.recv(65536)
        except OSError:
            data = b""
        with open({folder!r} + "/" + name, "ab") as record:
            record.write(data)
        try:
            target.sendall(data)
            if not data:
                target.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        if not data:
            del ways[source]
os._exit(courier.wait())
"""

SECRETS = re.compile(
    rb"^(?:[a-z_.]*(?:access_token|refresh_token|id_token|narrowed_token|client_secret|passphrase"
    rb"|answer_key)"
    rb"|vault\.key|code|secret\.[^=\n]*)(?:\[\])?=([^\n]{16,})$", re.M)
CODE = re.compile(rb"^url=[^\n]*[?&]code=([^&\n]+)", re.M)


class Tap:
    """Gives a home couriers that are listened to; of use before its agent starts."""

    def __init__(self, home):
        self.folder = home.root / "tap"
        self.folder.mkdir()
        programs = home.root / "tapped"
        programs.mkdir()
        for name in ["sallyport", "sallyport-agent", "sallyport-practice"]:
            shutil.copy(home.programs / name, programs)
        relay = programs / "sallyport-courier"
        relay.write_text(RELAY.format(
            python=sys.executable, courier=str(home.programs / "sallyport-courier"),
            folder=str(self.folder)))
        relay.chmod(0o755)
        home.programs = programs

    def _read(self, name):
        path = self.folder / name
        return path.read_bytes() if path.exists() else b""

    @property
    def secrets(self):
        """All that was secret so far: tokens, codes, keys, passphrases."""
        orders, answers = self._read("orders"), self._read("answers")
        found = {*SECRETS.findall(orders), *SECRETS.findall(answers), *CODE.findall(orders)}
        return sorted(found)

    def of(self, key):
        """The values of one key, in their order."""
        pattern = re.compile(rb"^%s(?:\[\])?=([^\n]*)$" % re.escape(key.encode()), re.M)
        return pattern.findall(self._read("orders")) + pattern.findall(self._read("answers"))
