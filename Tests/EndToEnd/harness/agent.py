"""An agent that says what a test has written down, for what only the command line decides."""

import contextlib
import socket
import threading

from .waiting import PATIENCE


class ScriptedAgent:
    """Gives one answer a connection, each whole blocks, and keeps what it was asked."""

    def __init__(self, home, *answers):
        self.requests = []
        home.socket.parent.mkdir(mode=0o700, exist_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(home.socket))
        home.socket.chmod(0o600)
        self._listener.listen(8)
        self._home = home
        self._thread = threading.Thread(target=self._serve, args=(answers,), daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # The path goes first: nobody is to connect to a listener that answers no more.
        self._home.socket.unlink()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(PATIENCE)

    @property
    def request(self):
        """The only request, as lines."""
        [request] = self.requests
        return request.rstrip("\n").split("\n")

    def _serve(self, answers):
        for answer in answers:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(PATIENCE)
                request = b""
                while not request.endswith(b"\n\n"):
                    chunk = connection.recv(65536)
                    if not chunk:
                        break
                    request += chunk
                self.requests.append(request.decode())
                connection.sendall(answer.encode())


def block(*lines, **values):
    """A block of `key=value` lines."""
    return "".join(f"{line}\n" for line in [*lines, *(f"{k}={v}" for k, v in values.items())]) + "\n"


SIGNED_IN = block(event="done", account="work", expires_in=600)
