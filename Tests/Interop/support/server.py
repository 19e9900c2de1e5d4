"""What the tests may ask of any server."""

from dataclasses import dataclass
from typing import Optional

from .waiting import free_port


class CannotRun(Exception):
    """The server is not installed; the text says how it is."""


@dataclass
class Client:
    """A client as registered."""

    client_id: str
    secret: Optional[str] = None
    method: str = "none"


class Proxied:
    """A server's process behind a recording proxy."""

    def start_proxy(self):
        """Starts what clients talk to; a server that cannot be reached is ended."""
        try:
            self.proxy.start(self.port)
        except BaseException:
            self.stop()
            raise

    def stop(self):
        self.proxy.stop()
        self.process.stop()


class Server(Proxied):
    """A real authorization server behind a recording proxy, with one person who can sign in."""

    #: Whether a public client may revoke its tokens (RFC 7009 §2.1).
    revokes_for_public_clients = False
    #: Whether a refused refresh says invalid_grant (RFC 6749 §5.2).
    explains_dead_refresh_tokens = True

    #: What an account has to say beside the issuer.
    settings = {}

    user = "alice"
    password = "alice's own password"

    def __init__(self):
        port = free_port()
        #: Registered with every client.
        self.redirect_uri = f"http://localhost:{port}/callback"
        self.post_logout_redirect_uri = f"http://localhost:{port}/signed-out"
        self.public = Client("desktop")
        self.posting = Client("web-post", "p+st %&=secret~", "client_secret_post")
        self.basic = Client("web-basic", "basic-secret.1", "client_secret_basic")

    @property
    def clients(self):
        return [self.public, self.posting, self.basic]

    def redirect_uris(self):
        return [self.redirect_uri, "http://127.0.0.1/callback"]

    # What each server has its own way of:

    issuer: str
    scope: str
    token_path: str
    revocation_path: str

    def sign_in(self, url):
        """Opens `url` as the person does, signs in, agrees, and gives the page it ends on."""
        raise NotImplementedError
