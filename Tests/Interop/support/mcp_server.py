"""A server of the Model Context Protocol made with its official Python SDK."""

import http.client
import importlib.util
import json
import os
import pathlib
import sys
import urllib.parse

from .person import Browser
from .processes import ServerProcess
from .proxy import RecordingProxy
from .server import CannotRun, Proxied
from .waiting import free_port

PROGRAM = pathlib.Path(__file__).with_name("mcp_program.py")


class MCPServer(Proxied):
    """Resource and authorization server in one, behind a recording proxy."""

    name = "mcp"
    scopes = "greet greet:loudly"
    #: What it calls itself, as a path; None where it says nothing.
    resource_name = "/mcp"

    def __init__(self, folder):
        if importlib.util.find_spec("mcp") is None:
            raise CannotRun(
                "the mcp sdk is not installed: run packaging/test interop, or in a virtual "
                "environment pip install -r Tests/Interop/requirements.txt")
        port = free_port()
        self.redirect_uri = f"http://localhost:{port}/callback"
        self.proxy = RecordingProxy()
        self.port = free_port()
        self.resource = self.proxy.url + "/mcp"
        named = "" if self.resource_name is None else self.proxy.url + self.resource_name
        self._folder = folder
        self._named = named
        self.process = self._start()
        self.start_proxy()

    def _start(self):
        return ServerProcess(
            [sys.executable, "-B", str(PROGRAM), str(self.port), self.proxy.url, self._named,
             self.scopes],
            self.port, self._folder / "mcp.log", folder=self._folder,
            environment={"HOME": str(self._folder), "PATH": os.environ.get("PATH", "")})

    def restart(self):
        """The same server without its memory."""
        self.process.stop()
        self.process = self._start()

    @property
    def issuer(self):
        return self.proxy.url

    def sign_in(self, url):
        """The person agrees at once."""
        browser = Browser()
        return browser.follow(browser.get(url))

    def call(self, token):
        """Calls a tool with the token; the status, and what the tool has said."""
        body = json.dumps({
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": "greet", "arguments": {"name": "alice"}}})
        connection = http.client.HTTPConnection("localhost", self.proxy.port, timeout=60)
        try:
            connection.request("POST", urllib.parse.urlsplit(self.resource).path, body, {
                "Authorization": f"Bearer {token}", "Content-Type": "application/json",
                "Accept": "application/json, text/event-stream",
                "MCP-Protocol-Version": "2025-06-18"})
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        if answer.status != 200:
            return answer.status, text
        return 200, json.loads(text)["result"]["content"][0]["text"]

    def registrations(self, mark=0):
        return [json.loads(e.body) for e in self.proxy.since(mark, "/register")]

    def asked(self, mark=0):
        """The parameters of the last authorization request."""
        paths = [e.path for e in self.proxy.since(mark) if e.path.startswith("/authorize?")]
        return dict(urllib.parse.parse_qsl(paths[-1].partition("?")[2]))


class MCPServerOfAnOrigin(MCPServer):
    """Calls itself by its origin alone, as many do."""

    resource_name = ""


class OlderMCPServer(MCPServer):
    """Says nothing about itself: made before RFC 9728."""

    resource_name = None
