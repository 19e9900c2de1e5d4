"""glewlwyd, the single sign-on server of Debian, with a database of its own in a scratch folder."""

import gzip
import json
import pathlib
import shutil
import sqlite3
import subprocess
import urllib.parse

from .person import Browser
from .processes import ServerProcess
from .proxy import RecordingProxy
from .server import CannotRun, Server
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

# Tokens that live this long, in seconds, for tests of what happens when they end.
SHORT_LIFE = 3
SHORT_LIVED = {"short": ALGORITHMS["RS256"]}

INSTANCES = {**ALGORITHMS, **MISNAMED, **SHORT_LIVED}


def sign_in(url, user, password):
    """Plays the person, from the authorize URL to the page the browser ends on."""
    browser = Browser()
    page = browser.get(url)
    if page.status != 302 or "/login.html" not in page.location:
        return browser.follow(page)
    # What follows is what the page's script does: sign in, agree, go on.
    login = urllib.parse.urlsplit(page.location)
    query = dict(urllib.parse.parse_qsl(login.query))
    api = f"{login.scheme}://{login.netloc}/api"
    call(browser, "POST", f"{api}/auth/", {"username": user, "password": password})
    call(browser, "PUT", f"{api}/auth/grant/{query['client_id']}/", {"scope": query["scope"]})
    return browser.follow(browser.get(query["callback_url"] + "&g_continue"))


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
        self.port = free_port()
        self.process = ServerProcess(
            ["glewlwyd", f"--config-file={self._configuration(folder)}"], self.port,
            folder / "glewlwyd.log")
        try:
            self.proxy.start(self.port)
            self._set_up()
        except BaseException:
            self.stop()
            raise

    def stop(self):
        self.proxy.stop()
        self.process.stop()

    @property
    def issuer(self):
        return self.instance("RS256")

    def instance(self, name):
        """The issuer of one instance of the plugin."""
        return f"{self.proxy.url}/api/{name.lower()}"

    def sign_in(self, url):
        return sign_in(url, self.user, self.password)

    # The administrator

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
        administrator = Browser()

        def add(what, description):
            call(administrator, "POST", f"{self.proxy.url}/api/{what}", description)

        add("auth/", ADMINISTRATOR)
        for name in INSTANCES:
            add("mod/plugin/", self._plugin(name))
        add("scope/", {
            "name": "read", "display_name": "read", "password_required": False, "scheme": {}})
        add("user/", {
            "username": self.user, "password": self.password, "name": "Alice",
            "scope": ["openid", "read", "g_profile"]})
        for client in self.clients:
            add("client/", self._registration(client))

    def _registration(self, client):
        registration = {
            "client_id": client.client_id, "enabled": True, "scope": [],
            "confidential": client.secret is not None,
            "authorization_type": ["code", "refresh_token", "client_credentials"],
            "token_endpoint_auth_method": [client.method],
            "redirect_uri": self.redirect_uris(),
        }
        if client.secret is not None:
            registration["client_secret"] = client.secret
        return registration

    def _plugin(self, name):
        kind, size, generation = INSTANCES[name]
        key = subprocess.run(
            ["openssl", "genpkey", "-quiet", "-algorithm", *generation],
            check=True, capture_output=True, text=True).stdout
        public = subprocess.run(
            ["openssl", "pkey", "-pubout"], input=key, check=True, capture_output=True,
            text=True).stdout
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
            },
        }
