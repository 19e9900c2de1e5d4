"""A scripted authorization server: every answer can be put together by hand, and every request is
kept byte for byte."""

import base64
import hashlib
import json
import socket
import ssl
import threading
import time
import urllib.parse
from dataclasses import dataclass, field

from .browser import visit
from .keys import b64url, jwt
from .waiting import PATIENCE, listen


@dataclass
class Request:
    """A request as it came."""

    raw: bytes
    secure: bool = False

    @property
    def head(self):
        return self.raw.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")

    @property
    def method(self):
        return self.head[0].split(" ")[0]

    @property
    def target(self):
        return self.head[0].split(" ")[1]

    @property
    def path(self):
        return self.target.partition("?")[0]

    @property
    def body(self):
        return self.raw.partition(b"\r\n\r\n")[2]

    @property
    def fields(self):
        """The header fields, their names in lower case."""
        pairs = [line.partition(":") for line in self.head[1:]]
        return {name.lower(): value.strip() for name, _, value in pairs}

    @property
    def pairs(self):
        """The form, in its order."""
        return urllib.parse.parse_qsl(
            self.body.decode("ascii"), keep_blank_values=True, strict_parsing=True)

    @property
    def form(self):
        form = dict(self.pairs)
        assert len(form) == len(self.pairs), f"a parameter is repeated: {self.body}"
        return form


@dataclass
class Answer:
    """What is sent back; `after` is what becomes of the connection then."""

    status: int = 200
    body: bytes = b""
    fields: dict = field(default_factory=dict)
    # Sent as they are, instead of the rest.
    raw: bytes | None = None
    # "close", "reset", "stall" until the client goes, or "drip" the body byte by byte.
    after: str = "close"

    @classmethod
    def json(cls, value, status=200, **fields):
        fields = {name.replace("_", "-"): text for name, text in fields.items()}
        return cls(status, json.dumps(value).encode(),
                   {"Content-Type": "application/json", "Cache-Control": "no-store", **fields})

    @classmethod
    def error(cls, code, description=None, status=400, **fields):
        value = {"error": code}
        if description is not None:
            value["error_description"] = description
        return cls.json(value, status, **fields)

    @property
    def bytes(self):
        if self.raw is not None:
            return self.raw
        fields = {"Content-Length": len(self.body), "Connection": "close", **self.fields}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return f"HTTP/1.1 {self.status} Whatever\r\n{head}\r\n".encode("latin-1") + self.body


@dataclass
class Authorization:
    """An authorization request that has come by the person's browser."""

    parameters: dict
    code: str

    @property
    def state(self):
        return self.parameters["state"]

    @property
    def redirect_uri(self):
        return self.parameters["redirect_uri"]

    @property
    def port(self):
        return urllib.parse.urlsplit(self.redirect_uri).port

    def callback(self, **changes):
        """The redirect URL; a parameter that is None is left out."""
        answer = {"code": self.code, "state": self.state, **changes}
        answer = {name: value for name, value in answer.items() if value is not None}
        separator = "&" if "?" in self.redirect_uri else "?"
        return self.redirect_uri + separator + urllib.parse.urlencode(answer)

    def target(self, **changes):
        """The same as the target of a request."""
        parts = urllib.parse.urlsplit(self.callback(**changes))
        return f"{parts.path}?{parts.query}"


class Server:
    """An authorization server on 127.0.0.1.

    Untouched it is honest: it checks PKCE and the redirect URI, takes a code once, rotates refresh
    tokens and refuses used ones. `token` and `routes` take any of that over.
    """

    def __init__(self, keys=(), certificate=None, path="", maximum_tls=None):
        self.keys = list(keys)
        self._listener = listen("127.0.0.1")
        self.port = self._listener.getsockname()[1]
        self._context = None
        if certificate:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.set_ciphers("ALL:@SECLEVEL=0")
            self._context.load_cert_chain(*certificate)
            if maximum_tls:
                self._context.minimum_version = ssl.TLSVersion.TLSv1
                self._context.maximum_version = maximum_tls
        self.base = f"http{'s' if certificate else ''}://127.0.0.1:{self.port}"
        self.issuer = self.base + path
        self.metadata = {
            "issuer": self.issuer,
            "authorization_endpoint": self.base + "/authorize",
            "token_endpoint": self.base + "/token",
            "revocation_endpoint": self.base + "/revoke",
            "jwks_uri": self.base + "/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            "scopes_supported": ["openid", "profile", "offline_access"],
            "code_challenge_methods_supported": ["S256"],
        }
        self.routes = {
            f"{path}/.well-known/openid-configuration":
                lambda request: Answer.json(self.metadata),
            "/jwks": lambda request: Answer.json({"keys": [key.jwk for key in self.keys]}),
            "/token": lambda request: self.token(request),
            "/revoke": self.revoke,
        }
        # What the token endpoint does; `grant` unless a test says otherwise.
        self.token = self.grant
        # What the honest answers hold.
        self.expires_in = 3600
        self.gives_refresh_token = True
        self.rotates = True
        self.claims = {}
        self.changes = {}
        self.signing_key = self.keys[0] if self.keys else None
        self.jwt_header = {}
        # What has happened.
        self.requests = []
        self.connections = 0
        self.revoked = []
        self.authorizations = {}
        self.sessions = {}
        self._count = 0
        self._lock = threading.RLock()
        self._sockets = set()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    # The person

    def authorize(self, url):
        """Takes an authorize URL as the person's browser would bring it."""
        place, _, query = url.partition("?")
        assert place == self.metadata["authorization_endpoint"].partition("?")[0], url
        pairs = urllib.parse.parse_qsl(query, keep_blank_values=True, strict_parsing=True)
        parameters = dict(pairs)
        assert len(parameters) == len(pairs), f"a parameter is repeated: {url}"
        assert parameters["response_type"] == "code", url
        authorization = Authorization(parameters, f"code-{self._number()}-of-this-sign-in")
        with self._lock:
            self.authorizations[authorization.code] = authorization
        return authorization

    def person(self, url, address="127.0.0.1", **changes):
        """Signs in at once: brings the answer to the listener, and gives the page at the end."""
        return visit(self.authorize(url).callback(**changes), address=address)

    # The token endpoint

    @property
    def token_requests(self):
        with self._lock:
            return [request for request in self.requests if request.path == "/token"]

    def script(self, *answers):
        """Gives these answers at the token endpoint, one after the other, then the honest one."""
        waiting = list(answers)
        lock = threading.Lock()

        def answer(request):
            with lock:
                next_answer = waiting.pop(0) if waiting else None
            if next_answer is None:
                return self.grant(request)
            return next_answer(request) if callable(next_answer) else next_answer
        self.token = answer

    def grant(self, request):
        """The honest answer."""
        form = request.form
        with self._lock:
            if form["grant_type"] == "authorization_code":
                authorization = self.authorizations.pop(form["code"], None)
                if authorization is None or not self._fits(authorization, form):
                    return Answer.error("invalid_grant", "this code is not good")
                client, scope, nonce = (
                    authorization.parameters.get(name) for name in ("client_id", "scope", "nonce"))
                return self._tokens(client, scope or "", nonce)
            session = self.sessions.get(form["refresh_token"])
            if session is None:
                return Answer.error("invalid_grant", "this refresh token is not good")
            if self.rotates:
                del self.sessions[form["refresh_token"]]
            return self._tokens(*session, None, renewed=form["refresh_token"])

    @staticmethod
    def _fits(authorization, form):
        challenge = b64url(hashlib.sha256(form["code_verifier"].encode()).digest())
        wanted = authorization.parameters
        return (wanted["code_challenge_method"] == "S256"
                and wanted["code_challenge"] == challenge
                and wanted["redirect_uri"] == form["redirect_uri"])

    def _tokens(self, client_id, scope, nonce, renewed=None):
        number = self._number()
        answer = {"access_token": f"at-{number}", "token_type": "Bearer", "scope": scope,
                  "expires_in": self.expires_in}
        if self.gives_refresh_token and (renewed is None or self.rotates):
            answer["refresh_token"] = f"rt-{number}"
            self.sessions[f"rt-{number}"] = (client_id, scope)
        if "openid" in scope.split() and self.signing_key:
            answer["id_token"] = self.id_token(client_id, nonce, answer["access_token"])
        answer.update(self.changes)
        return Answer.json({name: value for name, value in answer.items() if value is not None})

    def id_token(self, client_id, nonce, access_token):
        now = int(time.time())
        claims = {"iss": self.issuer, "sub": "user-1", "aud": client_id, "exp": now + 300,
                  "iat": now, "nonce": nonce, "preferred_username": "alice",
                  "at_hash": half_hash(access_token), **self.claims}
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt(self.signing_key, claims, **self.jwt_header)

    def revoke(self, request):
        self.revoked.append(request.form["token"])
        return Answer()

    def _number(self):
        with self._lock:
            self._count += 1
            return self._count

    # Connections

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._sockets.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        plain = connection
        try:
            connection.settimeout(PATIENCE)
            if self._context:
                connection = self._context.wrap_socket(connection, server_side=True)
                with self._lock:
                    self._sockets.add(connection)
            request = self._read(connection)
            if request is None:
                return
            with self._lock:
                self.requests.append(request)
            handler = self.routes.get(request.path)
            answer = handler(request) if handler else Answer(404)
            self._send(answer, connection)
        except OSError:
            pass
        finally:
            with self._lock:
                self._sockets -= {connection, plain}
            connection.close()

    def _read(self, connection):
        data = b""
        while b"\r\n\r\n" not in data:
            chunk = connection.recv(65536)
            if not chunk:
                return None
            data += chunk
        length = int(Request(data).fields.get("content-length", "0"))
        while len(Request(data).body) < length:
            data += connection.recv(65536) or b"\0" * length
        return Request(data, secure=self._context is not None)

    @staticmethod
    def _send(answer, connection):
        if answer.after == "drip":
            connection.settimeout(1)
            for byte in answer.bytes:
                connection.sendall(bytes([byte]))
                try:
                    # One byte a second, and an end as soon as the client goes.
                    if connection.recv(1) == b"":
                        return
                except TimeoutError:
                    continue
            return
        connection.sendall(answer.bytes)
        if answer.after == "stall":
            while connection.recv(65536):
                pass
        elif answer.after == "reset":
            linger = (1).to_bytes(4, "little") + (0).to_bytes(4, "little")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        else:
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass

    def stop(self):
        """No connection is taken any more, and those that are open are cut."""
        for closing in [self._listener, *self._sockets]:
            try:
                closing.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self._thread.join(PATIENCE)
        self._listener.close()


def half_hash(access_token):
    """at_hash for a SHA-256 algorithm (OpenID Connect Core 1.0 section 3.1.3.6)."""
    return b64url(hashlib.sha256(access_token.encode()).digest()[:16])


def basic(request):
    """The name and the password of HTTP Basic, form-decoded (RFC 6749 section 2.3.1)."""
    scheme, _, value = request.fields["authorization"].partition(" ")
    assert scheme == "Basic"
    name, _, password = base64.b64decode(value).decode().partition(":")
    return urllib.parse.unquote_plus(name), urllib.parse.unquote_plus(password)
