"""django-oauth-toolkit in a small project, from a virtual environment outside the checkout."""

import importlib.util
import json
import os
import pathlib
import sys
import urllib.parse

from .keys import KINDS, openssl
from .person import Browser, HiddenFields
from .processes import ServerProcess
from .programs import CHECKOUT
from .proxy import RecordingProxy
from .server import CannotRun, Client, Server
from .waiting import free_port

# What a client says of itself at the URL that is its identifier.
CLIENT_METADATA = CHECKOUT / "packaging" / "client-metadata" / "sallyport.json"

PROJECT = pathlib.Path(__file__).with_name("django_project.py")


def sign_in(url, user, password):
    """Plays the person, from the authorize URL or the device page to the page it ends on."""
    browser = Browser()
    page = signed_in(browser, url, user, password)
    if page.status != 200 or 'name="allow"' not in page.text:
        return page
    return agree(browser, page, {"allow": "Authorize"})


def answer_device(url, user, password, action):
    """Plays the person at the page of the user code, who agrees or refuses."""
    browser = Browser()
    page = signed_in(browser, url, user, password)
    code = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(page.url).query))["user_code"]
    page = agree(browser, page, {"user_code": code})
    return agree(browser, page, {"action": action})


def signed_in(browser, url, user, password):
    """The page behind `url` once the person has signed in."""
    page = browser.follow(browser.get(url))
    if 'name="password"' not in page.text:
        return page
    return agree(browser, page, {"username": user, "password": password})


def agree(browser, page, fields):
    """Sends the page's form with its hidden fields and what the person adds."""
    hidden = HiddenFields(page.text, having="csrfmiddlewaretoken").fields
    return browser.follow(browser.post_form(page.url, {**hidden, **fields}))


def new_key():
    return openssl("genpkey", "-quiet", "-algorithm", *KINDS["RS256"]).decode()


class DjangoOAuth(Server):
    name = "django_oauth"
    scope = "openid read"
    token_path = "/token/"
    revocation_path = "/revoke_token/"
    revokes_for_public_clients = True

    def __init__(self, folder):
        super().__init__()
        if not importlib.util.find_spec("oauth2_provider"):
            raise CannotRun(
                "django-oauth-toolkit is not installed: run packaging/test interop, or in a "
                "virtual environment pip install -r Tests/Interop/requirements.txt")
        self.device = Client("device")
        self.proxy = RecordingProxy()
        self.port = free_port()
        facts = folder / "facts.json"
        facts.write_text(json.dumps(self._facts(folder)))
        self.process = ServerProcess(
            [sys.executable, "-B", str(PROJECT), str(facts)], self.port, folder / "django.log",
            environment={"HOME": str(folder), "PATH": os.environ.get("PATH", "")}, folder=folder)
        self.start_proxy()

    @property
    def issuer(self):
        return f"{self.proxy.url}/o"

    @property
    def settings(self):
        """An endpoint its metadata do not name."""
        return {"device_authorization_endpoint": f"{self.issuer}/device-authorization/"}

    def resource(self, scope):
        """A resource that wants a token with the scope."""
        return f"{self.proxy.url}/api/{scope}"

    def sign_in(self, url):
        return sign_in(url, self.user, self.password)

    @property
    def device_issuer(self):
        return self.issuer

    def answer_device(self, url):
        return answer_device(url, self.user, self.password, "accept")

    def refuse_device(self, url):
        return answer_device(url, self.user, self.password, "deny")

    # The administrator

    def replace_key(self):
        """Makes it sign with another key from now on."""
        page = Browser().request("POST", f"http://127.0.0.1:{self.port}/key", new_key())
        if page.status != 200:
            raise RuntimeError(f"the key was not taken: {page.status} {page.text}")

    def _facts(self, folder):
        return {
            "url": self.proxy.url, "port": self.port, "database": str(folder / "database"),
            "key": new_key(), "user": {"username": self.user, "password": self.password},
            "clients": [self._application(client) for client in [*self.clients, self.device]],
            "client_metadata": json.loads(CLIENT_METADATA.read_text()),
        }

    def _application(self, client):
        application = {
            "client_id": client.client_id, "algorithm": "RS256",
            "redirect_uris": " ".join(self.redirect_uris()),
            "client_type": "public" if client.secret is None else "confidential",
            "authorization_grant_type": "authorization-code",
            "post_logout_redirect_uris": self.post_logout_redirect_uri,
        }
        if client is self.device:
            application["authorization_grant_type"] = (
                "urn:ietf:params:oauth:grant-type:device_code")
        if client.secret is not None:
            application["client_secret"] = client.secret
        return application
