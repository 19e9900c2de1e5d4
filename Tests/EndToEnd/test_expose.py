"""Narrow sockets: one access token, for a container or another machine, and nothing else."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import threading

import pytest
from harness.home import Connection
from harness.processes import STRANGER, become_stranger, needs_root
from harness.waiting import PATIENCE, accepts, free_port, wait_for_end, wait_until

GIT_SERVER = "https://git.example.com"


@pytest.fixture
def work(home, server):
    home.configure_for(server, credential_url=GIT_SERVER)
    return home


@pytest.fixture
def path(home):
    return home.root / "box" / "token.sock"


@pytest.fixture
def exposed(signed_in, path):
    """A home that exposes its token at `path`."""
    signed_in.run("expose", "work", "--socket", path).done()
    return signed_in


def through(home, path, *words, **options):
    """A command that knows of nothing but the narrow socket."""
    folder = home.root / "inside"
    folder.mkdir(mode=0o700, exist_ok=True)
    environment = {"SALLYPORT_SOCK": str(path), "HOME": str(folder),
                   "XDG_CONFIG_HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}
    return home.run(*words, environment=environment, **options)


# What it gives


def test_the_token_is_to_be_had_there_and_needs_no_name(signed_in, path):
    result = signed_in.run("expose", "work", "--socket", path, "--ttl", "90m").done()
    assert result.output == "" and "for 90 min" in result.errors, str(result)
    assert path.stat().st_mode & 0o777 == 0o600 and path.parent.stat().st_mode & 0o777 == 0o700
    token = signed_in.token()
    assert through(signed_in, path, "token").done().line == token
    assert through(signed_in, path, "token", "work", "--min-valid", "30").done().line == token
    [one] = signed_in.report()["exposed"]
    assert one["account"] == "work" and one["socket"] == str(path) and one["used"] == 2
    assert 5300 < one["expires_in"] <= 5400 and "last_used_at" in one
    assert f"exposed   {path} for 90 min; used 2 times" in signed_in.run("status").done().output
    assert token not in signed_in.run("status", "--json").output


def test_a_narrower_token_and_no_wider_one(home, practices, path):
    practice = practices("--resource")
    practice.configure(home, resource=practice["resource"])
    practice.sign_in(home)
    home.run("expose", "work", "--socket", path, "--scope", "read",
             "--resource", practice["resource"]).done()
    token = through(home, path, "token").done().line
    assert token != home.token()
    assert token == home.token("work", "--scope", "read", "--resource", practice["resource"])
    reply = through(home, path, "token", "--format", "json").done().json
    assert reply["scope"] == "read"
    for words in [["--scope", "write"], ["--scope", "read"], ["--audience", "a"]]:
        through(home, path, "token", *words).failed(4, "nothing else")
    [one] = home.report()["exposed"]
    assert one["scope"] == "read" and one["resource"] == [practice["resource"]]


def test_what_the_server_does_not_give_makes_no_socket(home, practices, path):
    practice = practices()
    practice.configure(home)
    practice.sign_in(home)
    home.run("expose", "work", "--socket", path, "--scope", "admin").failed(4, "invalid_scope")
    assert not path.exists() and home.report()["exposed"] == []


def test_it_is_refreshed(signed_in, server, path):
    signed_in.run("expose", "work", "--socket", path).done()
    first = through(signed_in, path, "token").done().line
    signed_in.run("refresh", "work").done()
    second = through(signed_in, path, "token").done().line
    assert second == signed_in.token() != first


@pytest.mark.parametrize("words", [
    ["status"], ["refresh"], ["logout"], ["logout", "--all"], ["stop"],
    ["token", "other"], ["token", "--min-valid", "999999"],
    ["expose", "--socket", "/tmp/x.sock"], ["expose", "--stop", "--all"],
    ["status", "--userinfo"], ["callback", "http://127.0.0.1/callback?code=x&state=y"],
    ["login", "work", "--no-browser"],
], ids=" ".join)
def test_everything_else_is_refused(exposed, path, words):
    through(exposed, path, *words).failed(4, "one access token of work and nothing else")
    assert through(exposed, path, "token").done().line == exposed.token()


def test_doctor_knows_what_it_is(exposed, path):
    output = through(exposed, path, "doctor").output
    assert "one access token of work and nothing else" in output


def test_git_inside_gets_it_for_the_servers_of_the_account(exposed, path):
    inside = {**exposed.environment, "SALLYPORT_SOCK": str(path), "GIT_CONFIG_COUNT": "1",
              "GIT_CONFIG_KEY_0": "credential.helper", "GIT_CONFIG_VALUE_0": "sallyport",
              "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "false"}

    def git(operation, text):
        return subprocess.run(["git", "credential", operation], input=text, env=inside, text=True,
                              cwd=exposed.root, capture_output=True, timeout=PATIENCE)
    token = exposed.token()
    filled = git("fill", "protocol=https\nhost=git.example.com\n\n")
    assert f"password={token}\n" in filled.stdout, filled
    assert git("fill", "protocol=https\nhost=evil.example\n\n").returncode != 0
    for operation in ("approve", "reject"):
        done = git(operation, filled.stdout)
        assert done.returncode == 0 and done.stderr == "", done
    assert exposed.token() == token, "nobody inside can have the token dropped"


def test_a_token_bound_to_a_key_is_not_exposed(home, practices, path):
    practice = practices()
    practice.configure(home, dpop_bound_access_tokens="yes")
    practice.sign_in(home)
    home.run("expose", "work", "--socket", path).failed(1, "DPoP")
    assert not path.exists()


# How it ends


def test_it_ends_by_itself(signed_in, path):
    signed_in.run("expose", "work", "--socket", path, "--ttl", "1s").done()
    wait_until(lambda: not path.exists(), "the socket to go")
    assert signed_in.report()["exposed"] == []
    assert not (signed_in.runtime / "sallyport" / "agent.sock.exposed").exists()


@pytest.mark.parametrize("way", ["path", "relative", "name", "all"])
def test_it_is_ended_by_hand(exposed, path, way):
    word = {"path": path, "relative": "./token.sock", "name": "work", "all": "--all"}[way]
    with Connection(path) as client:
        assert client.ask(action="version") == {"version": exposed.ask(action="version")["version"]}
        result = exposed.run("expose", "--stop", word, cwd=path.parent).done()
        assert result.output == "" and f"{path} is gone" in result.errors
        assert client.block() is None, "whoever is connected is sent away"
    assert not path.exists() and exposed.report()["exposed"] == []
    if way != "all":
        exposed.run("expose", "--stop", word, cwd=path.parent).failed(1, "nothing is exposed")


@pytest.mark.parametrize("words", [["logout", "work"], ["logout", "--all"],
                                   ["logout", "work", "--local"], ["stop"]], ids=" ".join)
def test_it_ends_with_the_session_and_with_the_agent(exposed, path, words):
    exposed.run(*words).done()
    assert not path.exists()
    assert not (exposed.runtime / "sallyport" / "agent.sock.exposed").exists()
    assert (exposed.runtime / "sallyport" / "agent.sock.ended").read_text() == f"{path}\n"


def test_what_a_killed_agent_leaves_is_told_and_swept(exposed, server, path):
    pid = exposed.agent_pid
    os.kill(pid, signal.SIGKILL)
    assert wait_for_end(pid)
    assert path.exists()
    output = exposed.run("doctor").output
    assert "was left by an agent that was killed" in output and f"rm {path}" in output
    exposed.sign_in(server)
    assert not path.exists(), "the next agent has swept it"
    assert "was killed" not in exposed.run("doctor").output


# What does not come after it

ENDED = "it was a narrow socket, and has ended"


def test_no_agent_is_started_where_one_has_ended(exposed, path, tmp_path):
    """It would be a whole agent, which can open the vault."""
    link = exposed.root / "other"
    link.symlink_to(path.parent)
    exposed.run("expose", "--stop", path).done()
    record = exposed.runtime / "sallyport" / "agent.sock.ended"
    assert record.read_text() == f"{path}\n" and record.stat().st_mode & 0o777 == 0o600
    for place in path, link / path.name, "./token.sock":
        for words in ["token"], ["login", "work", "--no-browser"], ["unlock"]:
            result = exposed.run(*words, environment={"SALLYPORT_SOCK": str(place)},
                                 cwd=path.parent)
            result.failed(1, f"nothing answers at {place} any more", ENDED)
            assert f"sallyport expose NAME --socket {place}" in result.hint
    agent = exposed.run("--started-by-client", program="sallyport-agent",
                        environment={"SALLYPORT_SOCK": str(path)})
    assert agent.status == 1 and ENDED in agent.output
    exposed.run("stop").done()
    exposed.run("token", environment={"SALLYPORT_SOCK": str(path)}).failed(1, ENDED)
    assert not path.exists() and list(path.parent.iterdir()) == []


def test_none_is_started_where_a_killed_agent_has_left_one(exposed, server, path):
    pid = exposed.agent_pid
    os.kill(pid, signal.SIGKILL)
    assert wait_for_end(pid)
    narrow = {"SALLYPORT_SOCK": str(path)}
    exposed.run("token", environment=narrow).failed(1, ENDED)
    exposed.sign_in(server)
    exposed.run("token", environment=narrow).failed(1, ENDED)


def test_a_path_that_is_exposed_anew_is_served(exposed, path):
    exposed.run("expose", "--stop", path).done()
    exposed.run("expose", "work", "--socket", path).done()
    assert through(exposed, path, "token").done().line == exposed.token()
    assert not (exposed.runtime / "sallyport" / "agent.sock.ended").exists()


def test_an_agent_is_started_anywhere_else(exposed, path):
    exposed.run("expose", "--stop", path).done()
    other = {"SALLYPORT_SOCK": str(path.parent / "agent.sock")}
    exposed.run("token", environment=other).failed(3)
    exposed.run("stop", environment=other).done()


def test_a_stale_socket_of_anybody_gives_way(signed_in, path):
    path.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    signed_in.run("expose", "work", "--socket", path).done()
    assert through(signed_in, path, "token").done().line == signed_in.token()


# Where it may be


def test_paths_that_are_refused(exposed, path):
    root = exposed.root
    (root / "open").mkdir()
    (root / "open").chmod(0o777)
    (root / "link.sock").symlink_to("/nowhere")
    (root / "file").write_text("precious")
    for words, status, sentence in [
        ((path,), 1, "serves that socket already"),
        ((exposed.socket,), 1, "serves that socket already"),
        ((root / "open" / "x",), 1, "others can write"),
        ((root / "link.sock",), 1, "symbolic link"),
        ((root / "file",), 1, "no socket"),
        ((root / "no" / "such" / "x",), 1, "no folder"),
        ((root / ("x" * 108),), 2, "longer than 107 bytes"),
        ((root / "x", "--ttl", "31d"), 2, "30d"),
        ((root / "x", "--ttl", "0"), 2, "30d"),
        ((root / "x", "--ttl", "1w"), 2, "30d"),
        ((root / "x", "--allow-uid", "root"), 2, "--allow-uid"),
        ((root / "x", "--all"), 2, "--stop"),
    ]:
        exposed.run("expose", "work", "--socket", *words).failed(status, sentence)
    exposed.run("expose", "work").failed(2, "--socket")
    exposed.run("expose", "--stop").failed(2, "--stop")
    exposed.run("expose", "--stop", "work", "--all").failed(2, "--stop")
    exposed.run("expose", "--stop", "work", "--ttl", "1h").failed(2, "--ttl")
    assert (root / "file").read_text() == "precious"
    assert len(exposed.report()["exposed"]) == 1


def test_a_relative_path_is_taken_from_the_current_folder(signed_in, path):
    path.parent.mkdir(mode=0o700)
    signed_in.run("expose", "work", "--socket", "token.sock", cwd=path.parent).done()
    assert signed_in.report()["exposed"][0]["socket"] == str(path)


def test_nobody_is_signed_in(work, path):
    work.run("expose", "work", "--socket", path).failed(3, "nobody is signed in")
    assert not path.exists()


# Who may connect


def open_to_all(home, path):
    """What a bind mount does: whoever is inside finds the socket, whatever is above it."""
    home.root.chmod(0o755)
    path.parent.chmod(0o755)


@needs_root
def test_another_user_is_refused(exposed, path):
    open_to_all(exposed, path)
    path.chmod(0o666)
    result = through(exposed, path, "token", preexec_fn=become_stranger, cwd="/")
    result.failed(4, f"not for user {STRANGER}", "--allow-uid")
    assert exposed.report()["exposed"][0]["used"] == 0


@needs_root
def test_another_user_that_was_named_is_let_in(signed_in, path):
    signed_in.run("expose", "work", "--socket", path, "--allow-uid", STRANGER).done()
    open_to_all(signed_in, path)
    inside = through(signed_in, path, "token", preexec_fn=become_stranger, cwd="/")
    assert inside.done().line == signed_in.token()
    assert signed_in.report()["exposed"][0]["allow_uid"] == [str(STRANGER)]


@needs_root
def test_a_client_trusts_no_other_user_unless_that_one_is_named(home):
    """In a container the person outside may have a number that is not the client's, nor root's."""
    path = home.root / "theirs.sock"
    home.root.chmod(0o777)

    def answer(listener):
        for _ in range(2):
            client, _ = listener.accept()
            with client:
                # One refuses at once; what the other sends is not to be cut off.
                with contextlib.suppress(ConnectionError):
                    client.sendall(b"account=x\naccess_token=theirs\ntoken_type=Bearer\n\n")
                    while client.recv(4096):
                        pass
    with socket.socket(socket.AF_UNIX) as listener:
        # The kernel remembers who has called listen(2).
        os.seteuid(STRANGER)
        try:
            listener.bind(str(path))
            listener.listen(8)
        finally:
            os.seteuid(0)
        thread = threading.Thread(target=answer, args=(listener,), daemon=True)
        thread.start()
        through(home, path, "token").failed(1, "another user listens there")
        result = home.run("token", environment={
            "SALLYPORT_SOCK": str(path), "SALLYPORT_AGENT_UID": str(STRANGER)})
        assert result.done().line == "theirs"
        thread.join(PATIENCE)


# A container and another machine


def can_unshare():
    return subprocess.run(["unshare", "--user", "--map-root-user", "--mount", "true"],
                          capture_output=True).returncode == 0


@pytest.mark.skipif(not can_unshare(), reason="this machine allows no namespaces")
def test_a_box_with_nothing_but_the_bound_socket(exposed, path):
    """What a rootless container has: other numbers, other mounts, no network, and this one socket."""
    target = exposed.root / "inside.sock"
    target.touch()
    script = (f'mount --bind "{path}" "{target}" && mount -t tmpfs none "{exposed.runtime}"'
              f' && mount -t tmpfs none "{exposed.folder}" && ! test -e "{exposed.socket}"'
              f' && export SALLYPORT_SOCK="{target}" && sallyport token && sallyport status')
    box = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "--net", "--pid", "--fork",
         "sh", "-c", script],
        env=exposed.environment, capture_output=True, text=True, timeout=PATIENCE, cwd="/")
    assert box.stdout == exposed.token() + "\n", box
    assert box.returncode == 4 and "nothing else" in box.stderr, box
    assert exposed.report()["exposed"][0]["used"] == 1


def find_sshd():
    named = os.environ.get("SALLYPORT_SSHD")
    return named or shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")


class OtherMachine:
    """An sshd on a free port of this one; where root runs it, with a person of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        folder.mkdir()
        for name in ("host", "key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name],
                           check=True)
        (folder / "authorized").write_text((folder / "key.pub").read_text())
        (folder / "config").write_text(
            f"ListenAddress 127.0.0.1\nPort {self.port}\nHostKey {folder / 'host'}\nPidFile none\n"
            f"AuthorizedKeysFile {folder / 'authorized'}\nStrictModes no\nUsePAM no\n"
            "PasswordAuthentication no\nKbdInteractiveAuthentication no\n")
        command = [find_sshd(), "-D", "-e", "-f", folder / "config"]
        self.person = pwd.getpwuid(os.geteuid()).pw_name
        if os.geteuid() == 0:
            command = self._as_stranger(command)
        self._sshd = subprocess.Popen(command, stderr=subprocess.PIPE)
        wait_until(lambda: accepts(self.port) or self._sshd.poll() is not None, "sshd")
        if self._sshd.poll() is not None:
            pytest.skip(f"sshd does not start here: {self._sshd.stderr.read().decode()}")

    def _as_stranger(self, command):
        """For the server alone there is a person with the number of nobody here."""
        self.person = "stranger"
        users = self.folder / "passwd"
        users.write_text(f"root:*:0:0::/:/bin/sh\nstranger:*:{STRANGER}:{STRANGER}::/:/bin/sh\n")
        for entry in [self.folder, *self.folder.iterdir()]:
            os.chown(entry, STRANGER, STRANGER)
        users.chmod(0o644)
        return ["unshare", "--mount", "sh", "-c",
                f'mount --bind "{users}" /etc/passwd && exec "$@"', "sh", "setpriv",
                "--reuid", str(STRANGER), "--regid", str(STRANGER), "--clear-groups", *command]

    def forward(self, there, here):
        """ssh -R, as soon as the socket is there."""
        key = self.folder.parent / "key"
        key.write_bytes((self.folder / "key").read_bytes())
        key.chmod(0o600)
        ssh = subprocess.Popen(
            ["ssh", "-N", "-F", "none", "-p", str(self.port), "-i", key,
             "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-o", "BatchMode=yes",
             "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
             "-o", "ExitOnForwardFailure=yes", "-R", f"{there}:{here}",
             f"{self.person}@127.0.0.1"], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        wait_until(lambda: there.exists() or ssh.poll() is not None, "the forwarded socket")
        assert ssh.poll() is None, ssh.stderr.read().decode()
        return ssh

    def run(self, home, path, *words):
        """A command there."""
        is_root = os.geteuid() == 0
        return through(home, path, *words, cwd="/", preexec_fn=become_stranger if is_root else None)

    def stop(self, *others):
        for process in [*others, self._sshd]:
            process.terminate()
            process.wait(PATIENCE)
            process.stderr.close()


@pytest.mark.skipif(not (find_sshd() and shutil.which("ssh")), reason="there is no sshd here")
def test_another_machine_by_ssh(exposed, path):
    exposed.root.chmod(0o711)
    machine = OtherMachine(exposed.root / "remote")
    others = []
    try:
        there = machine.folder / "token.sock"
        others.append(machine.forward(there, path))
        assert machine.run(exposed, there, "token").done().line == exposed.token()
        machine.run(exposed, there, "status").failed(4, "nothing else")
        exposed.run("expose", "--stop", "--all").done()
        ended = machine.run(exposed, there, "token")
        assert ended.status != 0 and ended.output == "", str(ended)
    finally:
        machine.stop(*others)
