"""git's own http-backend behind a server that wants a token, as password or as bearer token."""

import base64
import http.server
import os
import pathlib
import subprocess
import threading
import urllib.parse

BACKEND = pathlib.Path(
    subprocess.run(["git", "--exec-path"], check=True, capture_output=True, text=True)
    .stdout.strip()) / "git-http-backend"


class GitServer:
    """Serves the repositories of a folder to whoever shows a token that `accepts` accepts."""

    def __init__(self, folder, accepts, scheme="Basic"):
        self.folder = folder
        self.accepts = accepts
        self.scheme = scheme
        #: One (path, status, user name) a request.
        self.requests = []
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.git = self
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    def user(self, authorization):
        """The user name of an accepted Authorization header; None when it is not accepted."""
        scheme, _, credentials = (authorization or "").partition(" ")
        if scheme.lower() != self.scheme.lower():
            return None
        if self.scheme == "Bearer":
            return "" if self.accepts(credentials) else None
        user, _, password = base64.b64decode(credentials).decode().partition(":")
        return user if self.accepts(password) else None


class _Handler(http.server.BaseHTTPRequestHandler):
    def _serve(self):
        git = self.server.git
        user = git.user(self.headers.get("Authorization"))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if user is None:
            git.requests.append((self.path, 401, None))
            self.send_response(401)
            self.send_header("WWW-Authenticate", f'{git.scheme} realm="git"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        head, _, content = self._run_backend(user, body).partition(b"\r\n\r\n")
        fields = [line.split(": ", 1) for line in head.decode().split("\r\n")]
        status = next((int(v.split()[0]) for k, v in fields if k.lower() == "status"), 200)
        git.requests.append((self.path, status, user))
        self.send_response(status)
        for name, value in fields:
            if name.lower() != "status":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _run_backend(self, user, body):
        url = urllib.parse.urlsplit(self.path)
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.server.git.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "HOME": str(self.server.git.folder),
            "REQUEST_METHOD": self.command,
            "PATH_INFO": urllib.parse.unquote(url.path),
            "QUERY_STRING": url.query,
            "REMOTE_USER": user or "somebody",
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        return subprocess.run(
            [BACKEND], input=body, capture_output=True, check=True, env=environment).stdout

    do_GET = do_POST = _serve

    def log_message(self, *_):
        """The list of requests is enough."""
