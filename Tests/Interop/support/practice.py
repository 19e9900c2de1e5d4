"""The practice server, for tests whose subject is another program than the server."""

import http.client
import subprocess
import urllib.parse

from .programs import programs_folder
from .waiting import PATIENCE


class PracticeServer:
    """Ends with its standard input; `resource` wants a token that is still good."""

    def __init__(self):
        self.process = subprocess.Popen(
            [programs_folder() / "sallyport-practice", "--resource", "--stop-with-stdin",
             "--quiet", "--id-token-alg", "ES256"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.facts = {}
        for line in self.process.stdout:
            if line == "\n":
                break
            key, _, value = line.rstrip("\n").partition("=")
            self.facts[key] = value

    @property
    def issuer(self):
        return self.facts["issuer"]

    def accepts(self, token):
        """Whether the resource takes the token."""
        status = self._request("GET", self.facts["resource"], None, f"Bearer {token}")
        return status == 200

    def revoke(self, token):
        """Ends a token behind the program's back."""
        form = urllib.parse.urlencode({"token": token, "client_id": self.facts["client_id"]})
        assert self._request("POST", self.facts["revocation_endpoint"], form) == 200

    def stop(self):
        self.process.stdin.close()
        self.process.wait(PATIENCE)
        self.process.stdout.close()

    @staticmethod
    def _request(method, url, form, authorization=None):
        parts = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE)
        headers = {"Authorization": authorization} if authorization else {}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, parts.path, form, headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status
        finally:
            connection.close()
