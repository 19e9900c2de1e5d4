"""glewlwyd, the single sign-on server of Debian, with a database of its own in a scratch folder."""

import functools
import gzip
import json
import pathlib
import shutil
import sqlite3
import urllib.parse

from .keys import openssl
from .person import Browser
from .processes import ServerProcess
from .proxy import RecordingProxy
from .server import CannotRun, Client, Server
from .tls_proxy import TLSProxy
from .waiting import free_port

SCHEMAS = [
    pathlib.Path("/usr/share/doc/glewlwyd/database/init.sqlite3.sql.gz"),
    pathlib.Path("/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3"),
]
MODULES = pathlib.Path("/usr/lib/glewlwyd")
ADMINISTRATOR = {"username": "admin", "password": "password"}  # as the schema has it

CONFIGURATION = """
port = {port}
bind_address = "127.0.0.1"
external_url = "{url}"
login_url = "login.html"
api_prefix = "api"
log_mode = "console"
log_level = "INFO"
cookie_domain = "localhost"
cookie_secure = 0
session_expiration = 3600
session_key = "GLEWLWYD2_SESSION_ID"
admin_scope = "g_admin"
profile_scope = "g_profile"
user_module_path = "{modules}/user"
user_middleware_module_path = "{modules}/user_middleware"
client_module_path = "{modules}/client"
user_auth_scheme_module_path = "{modules}/scheme"
plugin_module_path = "{modules}/plugin"
hash_algorithm = "SHA512"
database = {{ type = "sqlite3"; path = "{database}"; }};
"""

# One instance of its OpenID Connect plugin an algorithm: type, size in bits, and the key as openssl
# is to generate it.
RSA = ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
ALGORITHMS = {
    "RS256": ("rsa", "256", RSA),
    "RS384": ("rsa", "384", RSA),
    "PS256": ("rsa-pss", "256", RSA),
    "ES256": ("ecdsa", "256", ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
    "EdDSA": ("eddsa", "256", ["ED25519"]),
}

# It calls a P-384 key's algorithm ES512, which RFC 7518 section 3.4 keeps for P-521.
MISNAMED = {"P384": ("ecdsa", "384", ["EC", "-pkeyopt", "ec_paramgen_curve:P-384"])}

GRANTS = ["code", "refresh_token", "client_credentials", "device_authorization"]

# What the scope `read` is good for (RFC 8707).
RESOURCES = ["https://api.example.com/", "https://files.example.com/"]

# In which a reverse proxy tells of the client's certificate.
CERTIFICATE_HEADER = "X-Client-Certificate"

# Tokens that live this long, in seconds, for tests of what happens when they end.
SHORT_LIFE = 3
SHORT_LIVED = {"short": ALGORITHMS["RS256"]}

# One instance a set of what a server may offer beside the code flow, as its plugin names it.
EVERYTHING = {
    "request-parameter-allow": True, "client-jwks-parameter": "jwks",
    # Without a gap it refuses every proof that its own clock has not come to yet.
    "oauth-dpop-allowed": True, "oauth-dpop-iat-duration": 60, "oauth-dpop-iat-gap-duration": 0,
    "auth-type-device-enabled": True, "device-authorization-expiration": 600,
    "device-authorization-interval": 1,
    "oauth-par-allowed": True, "oauth-par-required": False, "oauth-par-duration": 90,
    "oauth-par-request_uri-prefix": "urn:ietf:params:oauth:request_uri:",
    "oauth-fapi-allow-jarm": True,
    "resource-allowed": True, "resource-scope": {"read": RESOURCES},
    "register-client-allowed": True, "register-client-auth-scope": [],
    "register-client-management-allowed": True,
    "session-management-allowed": True,
}
OFFERS = {
    "everything": EVERYTHING,
    "pushed": {**EVERYTHING, "oauth-par-required": True},
    "nonce": {
        **EVERYTHING, "oauth-dpop-nonce-mandatory": True, "oauth-dpop-nonce-counter": 1},
    "posted": {"oauth-as-iss-id": False},
    "mutual": {
        "client-cert-source": "header", "client-cert-header-name": CERTIFICATE_HEADER,
        "client-cert-use-endpoint-aliases": True, "client-cert-self-signed-allowed": True},
}

INSTANCES = {**ALGORITHMS, **MISNAMED, **SHORT_LIVED, **dict.fromkeys(OFFERS, ALGORITHMS["RS256"])}


def sign_in(url, user, password, browser=None):
    """Plays the person, from the authorize URL to the page the browser ends on."""
    browser = browser or Browser()
    page = browser.get(url)
    if page.status != 302 or "/login.html" not in page.location:
        return arrived(browser, page)
    # What follows is what the page's script does: sign in, agree, go on.
    login = urllib.parse.urlsplit(page.location)
    query = dict(urllib.parse.parse_qsl(login.query))
    api = f"{login.scheme}://{login.netloc}/api"
    call(browser, "POST", f"{api}/auth/", {"username": user, "password": password})
    call(browser, "PUT", f"{api}/auth/grant/{query['client_id']}/", {"scope": query["scope"]})
    return arrived(browser, browser.get(query["callback_url"] + "&g_continue"))


def arrived(browser, page):
    """Where a page leads to, by redirects or by a form that sends itself."""
    page = browser.follow(page)
    return browser.submit(page) if "document.forms[0].submit()" in page.text else page


def answer_device(url, user, password):
    """Plays the person at the page of the user code."""
    browser = Browser()
    login = urllib.parse.urlsplit(browser.get(url).location)
    api = f"{login.scheme}://{login.netloc}/api"
    call(browser, "POST", f"{api}/auth/", {"username": user, "password": password})
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(browser.get(url).location).query))
    call(browser, "PUT", f"{api}/auth/grant/{query['client_id']}/", {"scope": query["scope"]})
    page = browser.get(f"{url}&g_continue")
    if "prompt=deviceComplete" not in page.location:
        raise RuntimeError(f"glewlwyd: the code was not taken: {page.location}")


@functools.cache
def key_pair(*generation):
    """A private key and its public half; one of a kind is enough for all instances."""
    key = openssl("genpkey", "-quiet", "-algorithm", *generation)
    return key.decode(), openssl("pkey", "-pubout", input=key).decode()


def call(browser, method, url, description):
    """Calls its API, which answers 200 and nothing where all is well."""
    page = browser.request(method, url, json.dumps(description), "application/json")
    if page.status != 200:
        raise RuntimeError(f"glewlwyd: {method} {url}: {page.status} {page.text}")


class Glewlwyd(Server):
    name = "glewlwyd"
    scope = "openid read"
    token_path = "/token"
    revocation_path = "/revoke"
    explains_dead_refresh_tokens = False

    def __init__(self, folder):
        super().__init__()
        if not shutil.which("glewlwyd"):
            raise CannotRun("glewlwyd is not installed: apt-get install glewlwyd")
        self.proxy = RecordingProxy()
        self.tls = TLSProxy(folder / "tls", self.proxy.url, CERTIFICATE_HEADER)
        self._administrator = Browser()
        self.port = free_port()
        self.process = ServerProcess(
            ["glewlwyd", f"--config-file={self._configuration(folder)}"], self.port,
            folder / "glewlwyd.log")
        try:
            self.proxy.start(self.port)
            self.tls.start(self.port)
            self._set_up()
        except BaseException:
            self.stop()
            raise

    def stop(self):
        self.proxy.stop()
        self.tls.stop()
        self.process.stop()

    @property
    def issuer(self):
        return self.instance("RS256")

    def instance(self, name):
        """The issuer of one instance of the plugin."""
        address = self.tls.url if name == "mutual" else self.proxy.url
        return f"{address}/api/{name.lower()}"

    @property
    def device_issuer(self):
        return self.instance("everything")

    def sign_in(self, url, browser=None):
        # The person's browser does without TLS: what it says has nothing to do with the test.
        url = url.replace(self.tls.url, self.proxy.url)
        return sign_in(url, self.user, self.password, browser)

    def answer_device(self, url):
        return answer_device(url, self.user, self.password)

    # The administrator

    def add_client(self, client_id, **registration):
        """Registers one more client; gives its name."""
        self._call("client/", {
            "client_id": client_id, "enabled": True, "scope": [], "confidential": True,
            "authorization_type": GRANTS, "redirect_uri": self.redirect_uris(), **registration})
        return Client(client_id)

    def _configuration(self, folder):
        database = folder / "glewlwyd.db"
        schema = next((path for path in SCHEMAS if path.exists()), None)
        if not schema:
            raise CannotRun(
                "glewlwyd's SQLite schema is not there (an image without /usr/share/doc?): "
                "apt-get install --reinstall glewlwyd")
        opener = gzip.open if schema.suffix == ".gz" else open
        with opener(schema, "rt") as script, sqlite3.connect(database) as connection:
            connection.executescript(script.read())
        connection.close()
        path = folder / "glewlwyd.conf"
        path.write_text(CONFIGURATION.format(
            port=self.port, url=self.proxy.url, modules=MODULES, database=database))
        return path

    def _set_up(self):
        self._call("auth/", ADMINISTRATOR)
        for name in INSTANCES:
            self._call("mod/plugin/", self._plugin(name))
        self._call("scope/", {
            "name": "read", "display_name": "read", "password_required": False, "scheme": {}})
        self._call("user/", {
            "username": self.user, "password": self.password, "name": "Alice",
            "scope": ["openid", "read", "g_profile"]})
        for client in self.clients:
            self._call("client/", self._registration(client))

    def _call(self, what, description):
        call(self._administrator, "POST", f"{self.proxy.url}/api/{what}", description)

    def _registration(self, client):
        registration = {
            "client_id": client.client_id, "enabled": True, "scope": [],
            "confidential": client.secret is not None,
            "authorization_type": GRANTS,
            "token_endpoint_auth_method": [client.method],
            "redirect_uri": self.redirect_uris(),
        }
        if client.secret is not None:
            registration["client_secret"] = client.secret
        return registration

    def _plugin(self, name):
        kind, size, generation = INSTANCES[name]
        key, public = key_pair(*generation)
        return {
            "module": "oidc", "name": name.lower(), "display_name": name,
            "parameters": {
                "iss": self.instance(name), "oauth-as-iss-id": True,
                "jwt-type": kind, "jwt-key-size": size, "key": key, "cert": public,
                "jwks-show": True, "allowed-scope": ["openid"],
                "access-token-duration": SHORT_LIFE if name in SHORT_LIVED else 3600,
                "refresh-token-duration": 86400,
                "code-duration": 600, "refresh-token-rolling": True,
                "refresh-token-one-use": "always", "auth-type-code-enabled": True,
                "auth-type-code-revoke-replayed": True, "auth-type-refresh-enabled": True,
                "auth-type-token-enabled": False, "auth-type-password-enabled": False,
                "auth-type-client-enabled": True, "pkce-allowed": True,
                "pkce-method-plain-allowed": False, "pkce-required": True,
                "introspection-revocation-allowed": True,
                "introspection-revocation-allow-target-client": True,
                "session-management-allowed": False, "session-cookie-name": "SID",
                "session-cookie-expiration": 3600,
                **OFFERS.get(name, {}),
            },
        }
