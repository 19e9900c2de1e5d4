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

from .waiting import PATIENCE, wait_for_end, wait_until

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

    def done(self):
        assert self.status == 0, str(self)
        return self


class Sallyport:
    """`sallyport` in a scratch home, where nothing of the machine's user is seen or touched."""

    def __init__(self):
        # Short, because a Unix socket's path is at most 107 bytes long.
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="sp-"))
        self.programs = programs_folder()
        self.home = self._folder("home")
        self.runtime = self._folder("run")
        self.config_path = self.home / ".config" / "sallyport" / "config"
        self.socket_path = self.runtime / "sallyport" / "agent.sock"
        helpers = self._folder("bin")
        (helpers / "git-credential-sallyport").symlink_to(self.programs / "sallyport")
        self.environment = {
            "HOME": str(self.home),
            "XDG_RUNTIME_DIR": str(self.runtime),
            "PATH": f"{helpers}:{self.programs}:/usr/local/bin:/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_CONFIG_NOSYSTEM": "1",
        }

    def _folder(self, name):
        path = self.root / name
        path.mkdir(mode=0o700)
        return path

    def configure(self, name, **settings):
        """Adds an account to the configuration file; a list gives several lines."""
        lines = [f"[{name}]"]
        for key, value in settings.items():
            values = value if isinstance(value, list) else [value]
            lines += [f"{key} = {one}" for one in values]
        self.config_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(self.config_path, "a", opener=_private) as file:
            file.write("\n".join(lines) + "\n\n")

    def configure_for(self, server, client, name="work", **settings):
        """Adds an account for a client of `server`."""
        settings = {
            "issuer": server.issuer, "client_id": client.client_id, "scope": server.scope,
            "redirect_uri": server.redirect_uri, **server.settings, **settings}
        if client.secret is not None:
            path = self.home / f"{name}.secret"
            with open(path, "w", opener=_private) as file:
                file.write(client.secret + "\n")
            settings["client_secret_file"] = path
            settings.setdefault("token_endpoint_auth_method", client.method)
        self.configure(name, **settings)

    # Running

    def run(self, *words, input="", program="sallyport", environment=None):
        """Runs a command to its end."""
        process = subprocess.run(
            [self.programs / program if "/" not in program else program, *map(str, words)],
            input=input, capture_output=True, text=True, timeout=PATIENCE, cwd=self.home,
            env={**self.environment, **(environment or {})})
        return Result(process.returncode, process.stdout, process.stderr)

    def start(self, *words, environment=None):
        """Starts a command; the caller reads and ends it."""
        return subprocess.Popen(
            [self.programs / "sallyport", *map(str, words)], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=self.home,
            env={**self.environment, **(environment or {})})

    def start_login(self, *words):
        """Starts a sign-in without a browser."""
        timeout = [] if "--timeout" in words else ["--timeout", PATIENCE]
        return PendingLogin(self.start("login", *words, "--no-browser", *timeout))

    def start_device_login(self, *words):
        """Starts a sign-in on another device."""
        return PendingDeviceLogin(
            self.start("login", *words, "--device", "--timeout", PATIENCE))

    def sign_in(self, server, *words):
        """Signs in, played by the server's person; gives the result and the person's last page."""
        login = self.start_login(*(words or ["work"]))
        page = server.sign_in(login.url)
        return login.finish().done(), page

    # The agent

    def status(self, name="work"):
        """What `status --json` says of one account."""
        return next(a for a in self.report()["accounts"] if a["account"] == name)

    def report(self):
        return self.run("status", "--json").done().json

    def ask(self, **request):
        """Sends one block over the agent's socket and gives the answer's lines as pairs."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PATIENCE)
            connection.connect(str(self.socket_path))
            lines = [f"{key}={value}\n" for key, value in request.items()]
            connection.sendall("".join(lines).encode() + b"\n")
            with connection.makefile("r") as answer:
                pairs = []
                for line in answer:
                    if line == "\n":
                        break
                    key, _, value = line.rstrip("\n").partition("=")
                    pairs.append((key, value))
                return pairs

    def connections(self):
        """How many clients are connected to the agent's socket."""
        with open("/proc/net/unix") as table:
            rows = [row.split() for row in table]
        # Column 6 is the state, 03 connected; the accepting end bears the listener's path.
        return sum(
            1 for row in rows
            if len(row) == 8 and row[7] == str(self.socket_path) and row[5] == "03")

    def processes(self):
        """Processes of this home that are still there, as a list of (pid, command line)."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                if f"HOME={self.home}\0".encode() in (entry / "environ").read_bytes() + b"\0":
                    command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    found.append((int(entry.name), command))
            except OSError:
                continue
        return found

    def wait_for_couriers(self):
        """Waits until the agent has nothing more to do."""
        wait_until(
            lambda: not any("sallyport-courier" in command for _, command in self.processes()),
            "the couriers to end")

    def close(self):
        """Stops the agent, sees it gone, and fails when anything is left."""
        try:
            pid = None
            if self.socket_path.exists():
                with contextlib.suppress(OSError):
                    pid = int(dict(self.ask(action="version"))["pid"])
            if pid is not None:
                self.run("stop").done()
                assert wait_for_end(pid), f"the agent {pid} is still there after stop"
            wait_until(lambda: not self.processes(), f"{self.processes()} to end", patience=10)
        finally:
            for left, _ in self.processes():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(left, 9)
            shutil.rmtree(self.root, ignore_errors=True)


class Pending:
    """A program that has said something and waits for the person."""

    def __init__(self, process):
        self.process = process
        self.output = ""
        self.errors = []
        # Read all the time, so that no full pipe stops the program.
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def text(self):
        """What it has said to the person so far."""
        return "".join(self.errors)

    def _read(self):
        self.errors.extend(self.process.stderr)

    def finish(self):
        """Waits for the end."""
        self.output += self.process.stdout.read()
        self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        self.process.stdout.close()
        self.process.stderr.close()
        return Result(self.process.returncode, self.output, "".join(self.errors))


class PendingLogin(Pending):
    """A sign-in that has shown its URL and waits for the person."""

    def __init__(self, process):
        super().__init__(process)
        self.output = process.stdout.readline()
        self.url = self.output.strip()
        if not self.url:
            raise AssertionError(f"login showed no URL: {self.finish()}")


class PendingDeviceLogin(Pending):
    """A sign-in that has shown an address and a code for another device."""

    def __init__(self, process):
        super().__init__(process)
        wait_until(
            lambda: "Ctrl-C" in self.text or process.poll() is not None, "the user code")
        if process.poll() is not None:
            raise AssertionError(f"login showed no user code: {self.finish()}")
        lines = [line.removeprefix("sallyport: ").strip() for line in self.text.splitlines()]
        self.address, self.complete_address = [l for l in lines if l.startswith("http")]
        self.user_code = lines[lines.index("and enter this code there:") + 1]


def _private(path, flags):
    return os.open(path, flags, 0o600)
