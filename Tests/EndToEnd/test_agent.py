"""The second door: whom the agent's socket serves, what it survives, and how it starts and ends."""

import contextlib
import fcntl
import os
import pathlib
import resource
import secrets
import select
import shutil
import signal
import socket
import stat
import subprocess
import sys

import pytest
from harness.home import Home, children
from harness.processes import STRANGER, agents_of, become_stranger, descriptors, needs_root
from harness.waiting import PATIENCE, wait_for_end, wait_until


@pytest.fixture
def agent(home):
    """A home whose agent runs."""
    home.run("agent").done()
    return home


def mode(path):
    return stat.S_IMODE(os.lstat(path).st_mode)


# The socket and its folder

@pytest.mark.parametrize("umask", [0o000, 0o077, 0o777])
def test_folder_and_socket_are_private_whatever_the_umask(home, umask):
    home.run("agent", umask=umask).done()
    assert mode(home.socket.parent) == 0o700 and mode(home.socket) == 0o600
    assert mode(home.socket.parent / "agent.sock.lock") & 0o077 == 0


@pytest.mark.parametrize("bad_mode", [0o770, 0o750, 0o701, 0o777, 0o1777])
def test_a_folder_that_lets_others_in_is_refused(home, bad_mode):
    home.socket.parent.mkdir()
    home.socket.parent.chmod(bad_mode)
    result = home.run("agent").failed(1, f"mode {bad_mode:o} lets others in")
    assert result.hint == f"chmod 700 {home.socket.parent}"
    subprocess.run(result.hint, shell=True, check=True)
    home.run("agent").done()


def test_a_folder_that_is_a_symbolic_link_is_refused(home):
    elsewhere = home.root / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    home.socket.parent.symlink_to(elsewhere)
    home.run("agent").failed(1, "it is a symbolic link")
    assert list(elsewhere.iterdir()) == []


def test_a_folder_that_is_none_is_refused(home):
    home.socket.parent.write_text("")
    home.run("agent").failed(1, "not a directory")


@needs_root
def test_a_folder_of_another_user_is_refused(home):
    home.socket.parent.mkdir(mode=0o700)
    os.chown(home.socket.parent, STRANGER, STRANGER)
    home.run("agent").failed(1, f"it belongs to user {STRANGER}")


def test_a_file_where_the_socket_should_be_is_kept(home):
    home.socket.parent.mkdir(mode=0o700)
    home.socket.write_text("mine")
    home.run("agent").failed(1, "file exists")
    assert home.socket.read_text() == "mine"


def test_a_link_where_the_socket_should_be_is_refused(home):
    home.socket.parent.mkdir(mode=0o700)
    target = home.root / "target"
    home.socket.symlink_to(target)
    home.run("agent").failed(1)
    assert home.socket.is_symlink() and not target.exists()


def test_the_lock_is_not_made_through_a_link(home):
    home.socket.parent.mkdir(mode=0o700)
    target = home.root / "target"
    pathlib.Path(f"{home.socket}.lock").symlink_to(target)
    home.run("agent").failed(1)
    assert not target.exists()


def test_a_stale_socket_is_taken_over(agent):
    pid = agent.agent_pid
    os.kill(pid, signal.SIGKILL)
    assert wait_for_end(pid)
    assert agent.socket.exists()
    agent.run("agent").done()
    assert agent.agent_pid != pid


def test_a_path_that_is_too_long_is_refused(home):
    long = f"{home.root}/{'a' * 108}"
    for command in ["agent", "status", "token"]:
        result = home.run(command, environment={"SALLYPORT_SOCK": long}).failed(1, "107 bytes")
        assert "SALLYPORT_SOCK" in result.hint
    home.environment["XDG_RUNTIME_DIR"] = f"{home.root}/{'b' * 100}"
    os.mkdir(home.environment["XDG_RUNTIME_DIR"], 0o700)
    home.run("agent").failed(1, "107 bytes")
    shortest = f"{home.root}/{'c' * (107 - len(str(home.root)) - 3)}/s"
    assert len(shortest) == 107
    home.run("agent", environment={"SALLYPORT_SOCK": shortest}).done()
    home.run("stop", environment={"SALLYPORT_SOCK": shortest}).done()


def test_a_relative_path_is_refused(home):
    home.run("agent", environment={"SALLYPORT_SOCK": "a/b.sock"}).failed(1)


def test_sallyport_sock_names_the_socket(home):
    path = home.root / "own" / "s"
    environment = {"SALLYPORT_SOCK": str(path)}
    home.run("agent", environment=environment).done()
    assert mode(path) == 0o600 and mode(path.parent) == 0o700 and not home.socket.exists()
    home.run("stop", environment=environment).done()
    assert not path.exists()


@needs_root
def test_without_a_runtime_folder_the_socket_is_in_the_cache(home):
    """/run/user of this user does not exist: a stranger has none."""
    del home.environment["XDG_RUNTIME_DIR"]
    for path in [home.root, home.folder]:
        os.chown(path, STRANGER, STRANGER)
    programs = home.root / "programs"
    shutil.copytree(home.programs, programs, ignore=lambda folder, names: [
        name for name in names if not name.startswith("sallyport") or "." in name])
    home.programs = programs
    home.run("agent", preexec_fn=become_stranger).done()
    path = home.folder / ".cache" / "sallyport" / "agent.sock"
    assert mode(path) == 0o600 and mode(path.parent) == 0o700
    home.run("stop", preexec_fn=become_stranger).done()


def test_without_any_folder_it_says_what_is_missing(home):
    environment = {"HOME": "", "XDG_RUNTIME_DIR": "", "XDG_CONFIG_HOME": ""}
    if os.path.exists(f"/run/user/{os.getuid()}"):
        pytest.skip("the session's own folder stands in")
    home.run("agent", environment=environment).failed(1, "neither XDG_RUNTIME_DIR nor HOME is set")
    home.run("token", "x", environment=environment).failed(1, "neither")


# Who may talk

@needs_root
def test_another_users_connection_gets_nothing_even_when_the_folder_is_open(signed_in):
    for path in [signed_in.root, signed_in.runtime, signed_in.socket.parent]:
        path.chmod(0o755)
    signed_in.socket.chmod(0o666)
    code = f"""
import os, socket, sys
os.setgroups([]); os.setgid({STRANGER}); os.setuid({STRANGER})
connection = socket.socket(socket.AF_UNIX)
connection.connect(sys.argv[1])
try:
    connection.sendall(b"action=token\\naccount=work\\n\\n")
    data = connection.recv(65536)
except (BrokenPipeError, ConnectionResetError):
    data = b""
print(len(data))
"""
    done = subprocess.run([sys.executable, "-c", code, str(signed_in.socket)],
                          capture_output=True, text=True, timeout=PATIENCE)
    assert done.stdout == "0\n", done.stderr
    assert signed_in.token() == "at-2"


@needs_root
def test_the_client_refuses_a_socket_at_which_another_user_listens(home):
    path = home.root / "open" / "s"
    path.parent.mkdir()
    path.parent.chmod(0o777)
    home.root.chmod(0o755)
    code = f"""
import os, socket, sys
os.setgroups([]); os.setgid({STRANGER}); os.setuid({STRANGER})
listener = socket.socket(socket.AF_UNIX)
listener.bind({str(path)!r})
os.chmod({str(path)!r}, 0o666)
listener.listen()
print("ready", flush=True)
connection, _ = listener.accept()
print(len(connection.recv(65536)))
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "ready\n"
        home.run("token", "work", environment={"SALLYPORT_SOCK": str(path)}).failed(
            1, "another user listens there")
        # Not a byte has been told.
        assert other.stdout.readline() == "0\n"


def test_no_reply_ever_holds_a_refresh_token_or_a_key(home, server):
    home.configure_for(server, credential_url="https://git.example.com", client_secret="the-secret")
    home.sign_in(server)
    with home.connect() as connection:
        asks = [
            {"action": "token", "account": "work", "want[]": "id_token"},
            {"action": "token", "account": "work", "want[]": "refresh_token"},
            {"action": "refresh", "account": "work"},
            {"action": "get", "protocol": "https", "host": "git.example.com",
             "capability[]": "authtype", "wwwauth[]": "Bearer"},
            {"action": "status"}, {"action": "version"}, {"action": "refresh_token"},
            {"action": "login", "account": "work", "once": "yes", "timeout": "1"},
        ]
        for ask in asks:
            connection.send(**ask)
        connection.socket.shutdown(socket.SHUT_WR)
        data = b"".join(connection._stream)
    assert b"access_token=at-2" in data and b"error=" in data
    for secret in [b"rt-", b"the-secret", b"verifier"]:
        assert secret not in data


# What it survives

GARBAGE = {
    "noise": bytes(range(256)) * 4096, "nul": b"action=version\0\n\n", "no key": b"=x\n\n",
    "no equals": b"version\n\n", "line of 65536": b"a=" + b"x" * 65_536 + b"\n\n",
    "endless line": b"x" * (4 << 20), "endless block": b"a[]=1\n" * 500_000,
    "repeated key": b"action=version\naction=stop\n\n",
    "not utf-8": b"action=token\naccount=\xff\n\n",
    "key with space": b"a b=c\n\n", "carriage returns": b"action=version\r\n\r\n",
    "tls hello": bytes.fromhex("16030100c8010000c40303") + bytes(200),
    "http": b"POST / HTTP/1.1\r\nHost: a\r\n\r\n", "no action": b"account=work\n\n",
    "blank lines": b"\n" * 100_000, "unknown action": b"action=\x1b[31m\n\n",
    "action as list": b"action[]=version\n\n",
    "huge numbers": b"action=token\naccount=work\nmin_valid=99999999999999999999999\n\n",
    "negative numbers": b"action=token\naccount=work\nmin_valid=-9223372036854775808\n\n",
    "largest number": b"action=token\naccount=work\nmin_valid=9223372036854775807\n\n",
    "login timeout": b"action=login\naccount=x\nissuer=https://a.invalid\nclient_id=a\n"
                     b"timeout=-9223372036854775808\n\n",
    "account with newline escape": b"action=token\naccount=../../etc\n\n",
    "hostile setting": b"action=login\naccount=x\nissuer=javascript:1\nclient_id=\x01\n\n",
    "callback of nothing": b"action=callback\nurl=\xff\xfe?state=\n\n",
    "logout of nobody": b"action=logout\naccount=nobody\n\n",
}


@pytest.mark.parametrize("data", GARBAGE.values(), ids=GARBAGE)
def test_garbage_is_answered_or_cut_and_nobody_else_notices(signed_in, data):
    pid = signed_in.agent_pid
    with signed_in.connect() as other, signed_in.connect() as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.socket.sendall(data)
            connection.socket.shutdown(socket.SHUT_WR)
            answer = b"".join(connection._stream)
            assert b"\x1b" not in answer and b"rt-" not in answer
        assert other.ask(action="version")["pid"] == str(pid)
    assert signed_in.token() == "at-2"


def test_requests_in_one_piece_are_answered_in_their_order(signed_in):
    with signed_in.connect() as connection:
        connection.socket.sendall(
            b"action=version\n\naction=token\naccount=work\n\n"
            b"action=nonsense\n\naction=version\n\n")
        blocks = [connection.block() for _ in range(4)]
    assert ["pid" in block for block in blocks] == [True, False, False, True]
    assert blocks[1]["access_token"] == "at-2" and blocks[2]["error"] == "invalid_request"


def test_a_request_may_come_byte_by_byte_and_end_with_the_stream(signed_in):
    with signed_in.connect() as connection:
        for byte in b"action=token\naccount=work\n":
            connection.socket.send(bytes([byte]))
        connection.socket.shutdown(socket.SHUT_WR)
        assert connection.block()["access_token"] == "at-2"


def test_clients_that_say_nothing_or_half_keep_nobody_waiting(signed_in):
    with contextlib.ExitStack() as stack:
        for number in range(500):
            connection = stack.enter_context(signed_in.connect())
            connection.socket.sendall(b"action=tok"[:number % 11])
        assert signed_in.token() == "at-2"


def test_clients_that_vanish_do_no_harm(signed_in):
    for data in [b"", b"action=", b"action=status\n\n" * 50]:
        for _ in range(50):
            with signed_in.connect() as connection:
                with contextlib.suppress(BrokenPipeError):
                    connection.socket.sendall(data)
    assert signed_in.token() == "at-2"


def test_clients_that_have_gone_leave_an_agent_that_sleeps(signed_in):
    # More than it has room to look at in every round, and then all of them gone.
    for number in (40, 40):
        with contextlib.ExitStack() as stack:
            for _ in range(number):
                connection = stack.enter_context(signed_in.connect())
                assert connection.ask(action="version")["pid"] == str(signed_in.agent_pid)
    status = pathlib.Path(f"/proc/{signed_in.agent_pid}/status")
    # Whoever is told of the same thing again and again is never seen to sleep.
    wait_until(lambda: "State:\tS" in status.read_text(), "the agent to sleep")


def test_a_client_that_never_reads_delays_nobody_and_costs_little(signed_in):
    def room():
        with open(f"/proc/{signed_in.agent_pid}/statm") as facts:
            return int(facts.read().split()[1])
    before = room()
    with signed_in.connect() as connection:
        connection.socket.settimeout(0.2)
        with contextlib.suppress(TimeoutError):
            while True:
                connection.socket.sendall(b"action=status\n\n" * 100)
        assert signed_in.token() == "at-2"
        assert room() - before < 2048, "pages"


def test_a_stuck_client_is_let_go_of_after_a_while(signed_in):
    """Half a request, and replies nobody reads: both end by themselves."""
    with signed_in.connect() as half, signed_in.connect() as unread, signed_in.connect() as idle:
        half.socket.sendall(b"action=version\n")
        unread.socket.settimeout(0.2)
        with contextlib.suppress(TimeoutError):
            while True:
                unread.socket.sendall(b"action=status\n\n" * 100)
        assert half.block() is None
        # Not a byte is read of the other: the hang-up comes by itself.
        hung_up = select.poll()
        hung_up.register(unread.socket, 0)
        assert hung_up.poll(PATIENCE * 1000)
        # An idle connection is no stuck one.
        assert idle.ask(action="version")["version"]


def test_a_thousand_clients_at_the_instant_of_expiry_cause_one_refresh(work, server):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4096)), hard))
    server.expires_in = 0
    work.sign_in(server)
    server.expires_in = 3600
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(work.connect()) for _ in range(1000)]
        for connection in connections:
            connection.send(action="token", account="work")
        assert {connection.block()["access_token"] for connection in connections} == {"at-3"}
    assert len(server.token_requests) == 2


def test_an_agent_that_dies_while_somebody_waits_is_one_clear_line(work, server):
    login = work.start_login()
    pid = work.agent_pid
    os.kill(pid, signal.SIGKILL)
    login.finish().failed(5, "closed the connection without an answer")
    assert wait_for_end(pid)
    # The next command starts another, which knows of nothing.
    work.run("token", "work").failed(3, "nobody is signed in")


# Two agents

def test_agents_that_start_at_once_end_as_one(home):
    processes = [home.start_agent() for _ in range(8)]
    wait_until(lambda: sum(process.poll() is None for process in processes) == 1, "one to be left")
    [survivor] = [process for process in processes if process.poll() is None]
    assert home.agent_pid == survivor.pid
    for process in processes:
        if process is not survivor:
            assert process.returncode == 0
            assert "an agent serves" in process.stderr.read()


def test_an_agent_whose_place_another_has_claimed_does_not_serve(home):
    """The claim is a lock: between it and the socket there is a moment."""
    home.socket.parent.mkdir(mode=0o700)
    with open(f"{home.socket}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        home.run("agent").failed(1, "cannot listen")
        assert not home.socket.exists()
    home.run("agent").done()


@needs_root
def test_clients_that_start_an_agent_at_once_share_one(work):
    processes = [work.start("status", "--json") for _ in range(4)]
    processes += [work.start("token", "work") for _ in range(16)]
    for process in processes:
        process.communicate(timeout=PATIENCE)
        assert process.returncode in (0, 3)
    wait_until(lambda: len(agents_of(work)) == 1, "one agent to be left")
    assert agents_of(work) == [work.agent_pid]


def test_two_homes_have_two_agents(agent):
    other = Home()
    try:
        other.run("agent").done()
        assert other.agent_pid != agent.agent_pid
    finally:
        other.close()


# Started by others

@pytest.mark.skipif(not shutil.which("systemd-socket-activate"), reason="systemd is not there")
def test_a_socket_that_systemd_hands_over_is_served_and_left_alone(home):
    path = home.runtime / "activated.sock"
    names = ["HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "PATH"]
    home.environment["SALLYPORT_SOCK"] = str(path)
    process = subprocess.Popen(
        ["systemd-socket-activate", f"--listen={path}",
         *[word for name in [*names, "SALLYPORT_SOCK"] for word in ("-E", name)],
         home.programs / "sallyport-agent", "--foreground"],
        env=home.environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        wait_until(path.exists, "the socket")
        assert "pid" in home.report() or home.report()
        home.run("stop").done()
        assert process.wait(PATIENCE) == 0
        # It belongs to systemd.
        assert path.exists() and not home.socket.exists()
    finally:
        process.kill()
        process.stderr.close()


@pytest.mark.parametrize("environment", [
    {"LISTEN_FDS": "1", "LISTEN_PID": "1"}, {"LISTEN_FDS": "1"}, {"LISTEN_FDS": "x"},
    {"LISTEN_FDS": "-1", "LISTEN_PID": "99999999999999999999"}])
def test_a_handover_that_is_not_for_this_process_is_none(home, environment):
    home.start_agent(environment=environment)
    wait_until(home.socket.exists, "its own socket")


@pytest.mark.parametrize("is_abstract", [False, True])
def test_the_service_manager_is_told_when_it_is_ready_and_when_it_stops(home, is_abstract):
    name = f"\0sallyport-{secrets.token_hex(8)}" if is_abstract else str(home.runtime / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.settimeout(PATIENCE)
        manager.bind(name)
        home.start_agent(environment={"NOTIFY_SOCKET": name.replace("\0", "@")})
        assert b"READY=1" in manager.recv(4096).split(b"\n")
        # Whoever is told so can connect.
        home.run("stop").done()
        assert b"STOPPING=1" in manager.recv(4096)


def test_an_agent_that_a_client_starts_lets_go_of_everything(home):
    pid = home.run("agent").done() and home.agent_pid
    with open(f"/proc/{pid}/stat") as facts:
        session = int(facts.read().rpartition(")")[2].split()[3])
    assert session == pid
    if os.geteuid() == 0:
        assert os.readlink(f"/proc/{pid}/cwd") == "/"
        standard = {descriptors(pid)[number] for number in (0, 1, 2)}
        assert standard == {"/dev/null"}
    # `home.run` has read both pipes to their end: nothing holds them.


def test_an_agent_whose_folder_of_start_is_removed_goes_on(home):
    folder = home.root / "start"
    folder.mkdir()
    home.run("agent", cwd=folder).done()
    folder.rmdir()
    home.run("status", "--json").done()


# Its end

@pytest.mark.parametrize("how", ["stop", signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_its_couriers_and_removes_its_socket(work, how):
    work.start_login()
    pid = work.agent_pid
    [courier] = children(pid)
    if how == "stop":
        assert "has stopped" in work.run("stop").done().errors
        # The command returns when it is gone.
        assert not work.socket.exists()
    else:
        os.kill(pid, how)
    assert wait_for_end(pid) and wait_for_end(courier)
    assert not work.socket.exists()
    assert "no agent is running" in work.run("stop").done().errors


def test_stop_and_start_in_a_row_work(agent):
    for _ in range(5):
        agent.run("stop").done()
        agent.run("agent").done()


def test_sigusr1_forgets_every_session(signed_in):
    os.kill(signed_in.agent_pid, signal.SIGUSR1)
    wait_until(lambda: signed_in.status()["state"] == "signed-out", "the end of the session")
    signed_in.run("token", "work").failed(3)
