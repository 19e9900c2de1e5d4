"""nanoidp with its oauth21 profile, from a virtual environment outside the checkout."""

import json
import os
import pathlib
import sys
import urllib.parse

from .person import Browser, HiddenFields
from .processes import ServerProcess
from .proxy import RecordingProxy
from .server import CannotRun, Server
from .waiting import free_port


def program():
    """The program: beside the Python that runs the tests, or where packaging/test puts it."""
    cache = os.environ.get("SALLYPORT_TEST_CACHE")
    if not cache:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        cache = os.path.join(base, "sallyport-test")
    for folder in (pathlib.Path(sys.executable).parent, pathlib.Path(cache) / "python" / "bin"):
        if (folder / "nanoidp").exists():
            return folder / "nanoidp"
    raise CannotRun(
        "nanoidp is not installed: run packaging/test interop, or in a virtual environment "
        "pip install -r Tests/Interop/requirements.txt")


def sign_in(url, user, password):
    """Plays the person, from the authorize URL to the page the browser ends on."""
    browser = Browser()
    page = browser.follow(browser.get(url))
    if page.status != 200 or 'name="password"' not in page.text:
        return page
    fields = HiddenFields(page.text, having="password").fields
    fields.update(username=user, password=password)
    return browser.follow(browser.post_form(url, fields))


def answer_device(url, user, password, action="authorize"):
    """Plays the person at the page of the user code, who agrees or refuses."""
    code = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))["user_code"]
    page = Browser().post_form(
        url, {"user_code": code, "username": user, "password": password, "action": action})
    if page.status != 200:
        raise RuntimeError(f"nanoidp: the code was not taken: {page.status} {page.text}")


class Nanoidp(Server):
    name = "nanoidp"
    scope = "openid profile email offline_access"
    token_path = "/token"
    revocation_path = "/revoke"
    revokes_for_public_clients = True

    def __init__(self, folder):
        super().__init__()
        executable = program()
        self.proxy = RecordingProxy()
        self.port = free_port()
        self._configure(folder / "config")
        home = {"HOME": str(folder), "PATH": os.environ.get("PATH", "")}
        self.process = ServerProcess(
            [str(executable), "--config", str(folder / "config"), "--host", "127.0.0.1",
             "--port", str(self.port), "--profile", "oauth21", "--strict-config"],
            self.port, folder / "nanoidp.log", environment=home, folder=folder)
        self.start_proxy()

    @property
    def issuer(self):
        return self.proxy.url

    @property
    def device_issuer(self):
        return self.issuer

    def sign_in(self, url):
        return sign_in(url, self.user, self.password)

    def answer_device(self, url):
        return answer_device(url, self.user, self.password)

    def refuse_device(self, url):
        return answer_device(url, self.user, self.password, "deny")

    def _configure(self, folder):
        folder.mkdir()
        # JSON is YAML.
        (folder / "settings.yaml").write_text(json.dumps({
            "config_version": 1,
            "oauth": {
                "issuer": self.issuer, "audience": "api", "token_expiry_minutes": 60,
                "clients": [self._registration(client) for client in self.clients],
                "dynamic_registration": {"enabled": True},
            },
            "device_flow": {"polling_interval": 1},
        }))
        (folder / "users.yaml").write_text(json.dumps({
            "config_version": 1,
            "users": {self.user: {"password": self.password, "email": "alice@example.org"}},
        }))

    def _registration(self, client):
        registration = {
            "client_id": client.client_id, "token_endpoint_auth_method": client.method,
            "redirect_uris": self.redirect_uris(),
        }
        if client.secret is not None:
            registration["client_secret"] = client.secret
        return registration
