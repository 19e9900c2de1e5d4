"""The programs under test, each test with a home, a runtime folder and an agent of its own."""

import contextlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import threading
from dataclasses import dataclass

from .blocks import blocks, next_pairs
from .waiting import PATIENCE, wait_for_end

CHECKOUT = pathlib.Path(__file__).resolve().parents[3]
NAMES = ["sallyport", "sallyport-agent", "sallyport-courier", "sallyport-practice"]


def programs_folder():
    """SALLYPORT_PROGRAMS, or what `swift build` has made."""
    folder = pathlib.Path(os.environ.get("SALLYPORT_PROGRAMS") or CHECKOUT / ".build" / "debug")
    missing = [name for name in NAMES if not os.access(folder / name, os.X_OK)]
    if missing:
        raise FileNotFoundError(
            f"{folder} has no {', '.join(missing)}: build them, or set SALLYPORT_PROGRAMS")
    return folder.resolve()


@dataclass
class Result:
    """What a command has said and how it has ended."""

    status: int
    output: str
    errors: str

    def __str__(self):
        return f"status {self.status}\n--- stdout\n{self.output}\n--- stderr\n{self.errors}"

    @property
    def line(self):
        """The one line of standard output."""
        assert self.output.endswith("\n") and self.output.count("\n") == 1, str(self)
        return self.output[:-1]

    @property
    def json(self):
        return json.loads(self.output)

    @property
    def complaint(self):
        """The one line that says what is wrong; there may be a hint after it and nothing else."""
        assert self.status != 0, str(self)
        lines = [line for line in self.errors.splitlines() if line.startswith("sallyport: ")]
        assert len(lines) == 1, str(self)
        rest = self.errors.splitlines()[self.errors.splitlines().index(lines[0]) + 1:]
        assert len(rest) <= 1 and all(line.startswith("  try: ") for line in rest), str(self)
        said = lines[0].removeprefix("sallyport: ")
        assert said.isprintable() and not said.endswith("."), repr(said)
        return said

    @property
    def hint(self):
        """The command that would mend it."""
        last = self.errors.splitlines()[-1]
        return last.removeprefix("  try: ") if last.startswith("  try: ") else None

    def done(self):
        assert self.status == 0, str(self)
        return self

    def failed(self, status, *words):
        """Ends with `status` and one line that has all of `words`."""
        assert self.status == status, str(self)
        assert self.output == "", str(self)
        for word in words:
            assert word in self.complaint, f"{word!r} is missing: {self}"
        return self


class Home:
    """`sallyport` in a scratch home, where nothing of the machine's user is seen or touched."""

    # For each test: where a sign-in ends, on a free port of 127.0.0.1.
    redirect_uri = "http://127.0.0.1/callback"

    def __init__(self, vault="memory"):
        # Short, because a Unix socket's path is at most 107 bytes long.
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="sp-"))
        self.programs = programs_folder()
        self.folder = self._folder("home")
        self.runtime = self._folder("run")
        self.config = self.folder / ".config" / "sallyport" / "config"
        self.socket = self.runtime / "sallyport" / "agent.sock"
        # The setting that the configuration begins with; None for what is done without one.
        self.vault = vault
        helpers = self._folder("bin")
        (helpers / "git-credential-sallyport").symlink_to(self.programs / "sallyport")
        self.environment = {
            "HOME": str(self.folder),
            "XDG_CONFIG_HOME": str(self.folder / ".config"),
            "XDG_RUNTIME_DIR": str(self.runtime),
            "PATH": f"{helpers}:{self.programs}:/usr/local/bin:/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
        }
        self._pending = []
        # Agents that were started by hand.
        self.agents = []

    def _folder(self, name):
        path = self.root / name
        path.mkdir(mode=0o700)
        return path

    # Configuration

    def write_config(self, text, mode=0o600):
        self.config.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.config.write_text(text)
        self.config.chmod(mode)

    def configure(self, name="work", **settings):
        """Adds an account to the configuration file; a list gives several lines."""
        lines = [f"[{name}]"]
        for key, value in settings.items():
            for one in value if isinstance(value, list) else [value]:
                lines.append(f"{key.replace('__', '.')} = {one}")
        self.write_config(self._settings() + "\n".join(lines) + "\n\n")

    def _settings(self):
        """The configuration as it is; a new one says where sessions are kept."""
        if self.config.exists():
            return self.config.read_text()
        return f"vault = {self.vault}\n\n" if self.vault else ""

    def configure_for(self, server, name="work", **settings):
        """Adds an account of `server`; with `scope=None` that one is left out, and so on."""
        settings = {"issuer": server.issuer, "client_id": "client-1",
                    "scope": "openid offline_access", "redirect_uri": self.redirect_uri, **settings}
        self.configure(name, **{key: value for key, value in settings.items() if value is not None})

    def configure_bare(self, server, name="work", **settings):
        """Adds an account with the endpoints alone: no issuer, no ID token."""
        self.configure_for(server, name, **{
            "issuer": None, "scope": None,
            "authorization_endpoint": server.metadata["authorization_endpoint"],
            "token_endpoint": server.metadata["token_endpoint"], **settings})

    # Commands

    def run(self, *words, input="", program="sallyport", environment=None, **options):
        """Runs a command to its end."""
        process = subprocess.run(
            [self.programs / program, *map(str, words)], input=input.encode(),
            capture_output=True, timeout=PATIENCE, env={**self.environment, **(environment or {})},
            **{"cwd": self.folder, **options})
        return Result(process.returncode, process.stdout.decode(), process.stderr.decode())

    def start(self, *words, environment=None, **options):
        """Starts a command; the caller reads and ends it."""
        process = subprocess.Popen(
            [self.programs / "sallyport", *map(str, words)], cwd=self.folder,
            env={**self.environment, **(environment or {})},
            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
               "text": True, **options})
        self._pending.append(process)
        return process

    def start_login(self, *words, **options):
        """Starts a sign-in that shows its URL on standard output."""
        limit = [] if "--timeout" in words else ["--timeout", PATIENCE]
        words = [*(words or ["work"]), "--no-browser", *limit]
        return PendingLogin(self.start("login", *words, **options))

    def sign_in(self, server, *words, **changes):
        """A whole sign-in that works."""
        login = self.start_login(*words)
        server.person(login.url, **changes)
        return login.finish().done()

    def token(self, name="work", *words):
        return self.run("token", name, *words).done().line

    def status(self, name="work"):
        """What `status --json` says of one account."""
        return next(one for one in self.report()["accounts"] if one["account"] == name)

    def report(self):
        return self.run("status", "--json").done().json

    def courier(self, **job):
        """Runs a courier by hand; gives its exit status and its blocks."""
        lines = [f"{key.replace('__', '.')}={value}\n" for key, value in job.items()]
        done = self.run(program="sallyport-courier", input="".join(lines) + "\n")
        assert done.errors == "", str(done)
        return done.status, blocks(done.output)

    # The agent

    def connect(self):
        return Connection(self.socket)

    def ask(self, **request):
        """Sends one block over the agent's socket and gives the answer's first block."""
        with self.connect() as connection:
            return connection.ask(**request)

    @property
    def agent_pid(self):
        return int(self.ask(action="version")["pid"])

    def start_agent(self, environment=None, **options):
        """Starts an agent by hand, in the foreground."""
        process = subprocess.Popen(
            [self.programs / "sallyport-agent"], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**self.environment, **(environment or {})}, **options)
        self.agents.append(process)
        return process

    def close(self):
        """Stops the agent, sees it and its children gone, and fails when anything is left."""
        try:
            for process in self._pending:
                if process.poll() is None:
                    process.kill()
                process.wait()
                for stream in (process.stdin, process.stdout, process.stderr):
                    if stream:
                        stream.close()
            pid = None
            if self.socket.exists():
                with contextlib.suppress(OSError):
                    pid = self.agent_pid
            if pid is not None:
                below = children(pid)
                self.run("stop").done()
                for one in [pid, *below]:
                    assert wait_for_end(one, 10), f"process {one} is still there after stop"
        finally:
            for process in self.agents:
                if process.poll() is None:
                    process.terminate()
                process.wait(PATIENCE)
                process.stdout.close()
                process.stderr.close()
            shutil.rmtree(self.root, ignore_errors=True)


class PendingLogin:
    """A sign-in that has shown its URL and waits for the person."""

    def __init__(self, process):
        self.process = process
        self._errors = []
        # Read all the time, so that no full pipe stops the program.
        self._reader = threading.Thread(
            target=lambda: self._errors.extend(process.stderr), daemon=True)
        self._reader.start()
        self.output = process.stdout.readline()
        self.url = self.output.strip()
        if not self.url:
            raise AssertionError(f"login showed no URL: {self.finish()}")

    @property
    def errors(self):
        """What has been said so far."""
        return "".join(self._errors)

    def finish(self):
        """Waits for the end; what standard output has had after the URL is the result's."""
        rest = self.process.stdout.read()
        self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return Result(self.process.returncode, rest, self.errors)


class Connection:
    """A client of the agent that speaks the protocol itself."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(str(path))
        self._stream = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stream.close()
        self.socket.close()

    def send(self, **request):
        lines = [f"{key}={value}\n" for key, value in request.items()]
        self.socket.sendall("".join(lines).encode() + b"\n")

    def pairs(self):
        """The next block, as pairs; None at the end of the stream."""
        return next_pairs(self._stream)

    def block(self):
        pairs = self.pairs()
        return None if pairs is None else dict(pairs)

    def ask(self, **request):
        self.send(**request)
        return self.block()


def children(pid):
    """The processes that `pid` has started and not waited for; no right is needed to see them."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[1]) == pid:
                    found.append(int(entry.name))
    return found
