"""A reverse proxy on loopback: everything a program says to a server passes here and is kept."""

import contextlib
import http.client
import http.server
import json
import socket
import threading
import urllib.parse
from dataclasses import dataclass
from typing import Optional

from .waiting import free_port, loopback_addresses, wait_until

# Header fields that belong to one connection (RFC 9110 section 7.6.1).
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "content-length"}


@dataclass
class Exchange:
    """One request and its answer."""

    method: str
    path: str
    headers: http.client.HTTPMessage
    body: str
    #: The client's certificate, DER, where it has shown one.
    certificate: Optional[bytes] = None
    status: int = 0
    answer: str = ""

    @property
    def form(self):
        """The form as sent: a list of pairs, in its order."""
        return urllib.parse.parse_qsl(self.body, keep_blank_values=True, strict_parsing=True)

    @property
    def fields(self):
        return dict(self.form)

    @property
    def json(self):
        return json.loads(self.answer)


class RecordingProxy:
    """Stands in front of one server, under the address the server is told to be known by."""

    scheme = "http"
    #: The context of its connections, where they are encrypted.
    tls = None

    def __init__(self):
        self.port = free_port()
        self.url = f"{self.scheme}://localhost:{self.port}"
        self.upstream_port = None
        self.exchanges = []
        self._rewrite = None
        self._gate = None
        self._cut = None
        self._servers = []

    def start(self, upstream_port):
        """Listens on both loopback addresses, as `localhost` may mean either."""
        self.upstream_port = upstream_port
        for family, address in loopback_addresses():
            server = _Server((address, self.port), family, self)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            self._servers.append(server)

    def stop(self):
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def mark(self):
        """A place in the record, for `since`."""
        return len(self.exchanges)

    def since(self, mark, path=None):
        """What has been exchanged since `mark`, at paths that end like `path`."""
        return [e for e in self.exchanges[mark:] if path is None or e.path.endswith(path)]

    @contextlib.contextmanager
    def rewriting(self, change):
        """Lets `change` replace the form of every token request."""
        self._rewrite = change
        try:
            yield
        finally:
            self._rewrite = None

    @contextlib.contextmanager
    def cut(self):
        """Closes every connection without an answer, and asks the server nothing."""
        self._cut = Cut()
        try:
            yield self._cut
        finally:
            self._cut = None

    @contextlib.contextmanager
    def holding(self, path):
        """Keeps requests for `path` back until `release` is called or the block ends."""
        gate = Gate(path)
        self._gate = gate
        try:
            yield gate
        finally:
            self._gate = None
            gate.release()

    def added(self, exchange):
        """Header fields the server gets beside the client's."""
        return []

    def seen(self, text):
        """What the client sees of what the server says."""
        return text

    def forward(self, exchange):
        """Asks the server itself."""
        if cut := self._cut:
            cut.count += 1
            raise ConnectionAbortedError("the way to the server is cut")
        gate = self._gate
        if gate and gate.concerns(exchange):
            gate.wait()
        body = exchange.body
        if self._rewrite and exchange.path.endswith("/token"):
            body = urllib.parse.urlencode(self._rewrite(exchange.form))
        connection = http.client.HTTPConnection("127.0.0.1", self.upstream_port, timeout=60)
        try:
            connection.putrequest(
                exchange.method, exchange.path, skip_host=True, skip_accept_encoding=True)
            for name, value in exchange.headers.items():
                if name.lower() not in HOP_BY_HOP:
                    connection.putheader(name, value)
            for name, value in self.added(exchange):
                connection.putheader(name, value)
            connection.putheader("Connection", "close")
            if body or exchange.method in ("POST", "PUT"):
                connection.putheader("Content-Length", str(len(body.encode())))
            connection.endheaders(body.encode() or None)
            response = connection.getresponse()
            content = self.seen(response.read())
        finally:
            connection.close()
        exchange.status, exchange.answer = response.status, content.decode(errors="replace")
        self.exchanges.append(exchange)
        return response, content


class Cut:
    """How many requests have been left without an answer."""

    def __init__(self):
        self.count = 0


class Gate:
    """Keeps requests back that have not yet reached the server."""

    def __init__(self, path):
        self._path = path
        self._open = threading.Event()
        self._reached = threading.Event()

    def concerns(self, exchange):
        return exchange.path.endswith(self._path)

    def wait(self):
        self._reached.set()
        self._open.wait(60)

    def wait_until_reached(self):
        wait_until(self._reached.is_set, f"a request for {self._path}")

    def release(self):
        self._open.set()


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address, family, proxy):
        self.address_family = family
        self.proxy = proxy
        super().__init__(address, _Handler)

    def server_bind(self):
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        super().server_bind()

    def finish_request(self, request, client_address):
        if self.proxy.tls:
            request = self.proxy.tls.wrap_socket(request, server_side=True)
        with request:
            super().finish_request(request, client_address)

    def certificate(self, connection):
        return connection.getpeercert(binary_form=True) if self.proxy.tls else None

    def handle_error(self, request, client_address):
        """A client that has gone is no news."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _serve(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        exchange = Exchange(
            self.command, self.path, self.headers, body, self.server.certificate(self.connection))
        response, content = self.server.proxy.forward(exchange)
        self.send_response_only(response.status)
        for name, value in response.headers.items():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, self.server.proxy.seen(value.encode()).decode())
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_HEAD = do_OPTIONS = do_DELETE = _serve

    def log_message(self, *_):
        """The record is enough."""
