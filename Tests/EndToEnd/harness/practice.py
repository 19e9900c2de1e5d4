"""The practice server: an authorization server that checks what the scripted one only records."""

import json
import subprocess

from .blocks import next_pairs
from .home import programs_folder
from .waiting import PATIENCE


class PracticeProgram:
    """The running program; ends with its standard input, at the latest with the test."""

    def __init__(self, folder, *options):
        self._log = folder / "requests.jsonl"
        words = ["--quiet", "--stop-with-stdin", "--log", self._log, "--log-secrets", *options]
        self._process = subprocess.Popen(
            [programs_folder() / "sallyport-practice", *map(str, words)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.facts = dict(next_pairs(self._process.stdout) or [])
        if "issuer" not in self.facts:
            self.stop()
            raise AssertionError(f"the practice server did not start with {options}")

    def __getitem__(self, name):
        return self.facts[name]

    def stop(self):
        if self._process.stdin.closed:
            return
        self._process.stdin.close()
        self._process.wait(PATIENCE)
        self._process.stdout.close()

    @property
    def requests(self):
        """What was asked, in its order."""
        if not self._log.exists():
            return []
        return [json.loads(line) for line in self._log.read_text().splitlines()]


class Practice(PracticeProgram):
    """A server that accounts are configured for, and the person there."""

    def __init__(self, folder, *options):
        self.ca_file = folder / "practice.pem"
        certificate = ["--certificate-file", self.ca_file] if "--tls" in options else []
        super().__init__(folder, "--id-token-alg", "ES256", *certificate, *options)

    @property
    def issuer(self):
        return self["issuer"]

    @property
    def is_secure(self):
        return self.issuer.startswith("https:")

    def forms(self, path):
        """The forms that one endpoint was sent."""
        return [dict(one["form"]) for one in self.requests if one["path"] == path]

    def headers(self, path):
        """Their header fields, with names in lower case."""
        return [{name.lower(): value for name, value in one["headers"]}
                for one in self.requests if one["path"] == path]

    def configure(self, home, name="work", **settings):
        """Adds an account of this server."""
        settings = {
            "issuer": self.issuer, "client_id": "practice", "redirect_uri": home.redirect_uri,
            "scope": "openid offline_access read write",
            **({"ca_file": self.ca_file} if self.is_secure else {}), **settings}
        home.configure(name, **{key: value for key, value in settings.items() if value is not None})

    def person(self, home, url, user="alice"):
        """Signs in at an authorize URL, as a person with a browser does."""
        words = ["--ca-file", self.ca_file] if self.is_secure else []
        return home.run("browse", "--user", user, *words, url, program="sallyport-practice")

    def sign_in(self, home, *words):
        """A whole sign-in that works."""
        login = home.start_login(*words)
        self.person(home, login.url).done()
        return login.finish().done()
