"""The practice server with one fault, and what it has seen and given away."""

import json
import subprocess
import urllib.parse

from harness.home import programs_folder
from harness.waiting import PATIENCE

# What stands in forms and answers and must never be shown, kept or sent twice.
SECRETS = {
    "code", "code_verifier", "client_secret", "client_assertion", "device_code", "access_token",
    "refresh_token", "id_token", "token", "subject_token", "registration_access_token",
}


class Practice:
    """Ends with its standard input."""

    def __init__(self, folder, *options):
        self._log = folder / "requests.jsonl"
        self._process = subprocess.Popen(
            [programs_folder() / "sallyport-practice", "--quiet", "--stop-with-stdin",
             "--log", self._log, "--log-secrets", *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.facts = {}
        for line in self._process.stdout:
            if line == "\n":
                break
            key, _, value = line.rstrip("\n").partition("=")
            self.facts[key] = value

    def __getitem__(self, name):
        return self.facts[name]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait(PATIENCE)
        self._process.stdout.close()

    @property
    def requests(self):
        """What was asked, in its order."""
        if not self._log.exists():
            return []
        return [json.loads(line) for line in self._log.read_text().splitlines()]

    def secrets(self):
        """What the client has sent or been given, that is nobody else's business: values and what
        they are."""
        found = []
        for request in self.requests:
            query = urllib.parse.urlsplit(request.get("location", "")).query
            found += [pair for pair in urllib.parse.parse_qsl(query) if pair[0] == "code"]
            found += request["form"]
            found += _members(request["answer"])
        # Values of a few letters are a fault's own, and part of any text.
        return {value: name for name, value in found
                if name in SECRETS and isinstance(value, str) and len(value) >= 16}


def _members(answer):
    try:
        members = json.loads(answer)
    except (ValueError, RecursionError):
        return []
    return list(members.items()) if isinstance(members, dict) else []
