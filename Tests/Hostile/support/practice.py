"""The practice server with one fault, and what it has seen and given away."""

import json
import urllib.parse

from harness.practice import PracticeProgram

# What stands in forms and answers and must never be shown, kept or sent twice.
SECRETS = {
    "code", "code_verifier", "client_secret", "client_assertion", "device_code", "access_token",
    "refresh_token", "id_token", "token", "subject_token", "registration_access_token",
}


class Practice(PracticeProgram):
    """Stops at the end of its `with`."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

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
