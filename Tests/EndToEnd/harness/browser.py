"""A scripted browser: brings answers to the loopback listener, politely or not."""

import socket
import urllib.parse
from dataclasses import dataclass

from .waiting import PATIENCE


@dataclass
class Reply:
    """What the listener has answered."""

    raw: bytes

    @property
    def status(self):
        assert self.raw.startswith(b"HTTP/1.1 "), self.raw[:200]
        return int(self.raw.split(b" ")[1])

    @property
    def fields(self):
        lines = self.raw.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
        return {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in lines}

    @property
    def text(self):
        return self.raw.partition(b"\r\n\r\n")[2].decode()

    @property
    def is_whole(self):
        head, blank, body = self.raw.partition(b"\r\n\r\n")
        return bool(blank) and len(body) == int(self.fields["content-length"])


def connect(port, address="127.0.0.1"):
    connection = socket.create_connection((address, port), PATIENCE)
    connection.settimeout(PATIENCE)
    return connection


def read_all(connection):
    """Everything until the other side closes; a reset is an end too."""
    data = b""
    try:
        while chunk := connection.recv(65536):
            data += chunk
    except ConnectionResetError:
        pass
    return data


def send(port, data, address="127.0.0.1"):
    """Sends bytes as they are, and gives everything that comes back."""
    with connect(port, address) as connection:
        try:
            connection.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return Reply(read_all(connection))


def request(target, host, method="GET", fields=(), version="HTTP/1.1"):
    """A request's bytes; the browser does not keep the connection."""
    lines = [f"{method} {target} {version}", *([f"Host: {host}"] if host else []),
             "Connection: close", *fields]
    return "".join(line + "\r\n" for line in [*lines, ""]).encode("latin-1")


def get(url, address="127.0.0.1", **options):
    """One request, no redirect followed."""
    parts = urllib.parse.urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return send(parts.port, request(target, parts.netloc, **options), address)


def visit(url, address="127.0.0.1"):
    """What a person sees in the end: a redirect is followed."""
    reply = get(url, address)
    if reply.status != 303:
        return reply
    return get(urllib.parse.urljoin(url, reply.fields["location"]), address)
