"""What is left of a secret in the agent's memory: nothing once it is over, and where memfd_secret
works, nothing at any time."""

import os
import secrets
import shutil
import signal

import pytest
from harness.home import children
from harness.memory import (
    GUARDS, Sentinel, can_filter, copies, memory_holds, remnants, start_guarded)
from harness.processes import needs_root
from harness.server import Answer
from harness.waiting import wait_until

pytestmark = [needs_root, pytest.mark.skipif(
    not can_filter(), reason="no system call can be taken from a program of this machine")]

# The browser hands the code to the agent, on its way to the courier.
REDIRECT_URI = "com.example.app://callback"


class Tokens:
    """Has a server give tokens that nobody can guess, and keeps all that is secret."""

    def __init__(self, server):
        self.server = server
        # Everything, with codes and verifiers; the last tokens alone.
        self.all = []
        self.access = self.refresh = None
        self.subject = secrets.token_hex(16)
        server.claims = {"at_hash": None, "sub": self.subject}
        self.honest = server.grant
        server.token = self._grant

    def _grant(self, request):
        form = request.form
        self.all += [form[name] for name in ("code", "code_verifier") if name in form]
        access, refresh = secrets.token_hex(32), secrets.token_hex(32)
        self.server.changes = {**self.server.changes, "access_token": access}
        if self.server.gives_refresh_token:
            self.server.changes["refresh_token"] = refresh
        answer = self.honest(request)
        if answer.status == 200:
            self.access, self.refresh = access, refresh
            self.server.sessions[refresh] = ("client-1", "openid offline_access")
            self.all += [access, refresh]
        return answer


@pytest.fixture
def tokens(server):
    return Tokens(server)


def sign_in(home, server, name="work", **callback):
    login = home.start_login(name)
    home.run("callback", server.authorize(login.url).callback(**callback)).done()
    return login.finish()


@pytest.fixture(params=GUARDS)
def guarded(request, home, server, tokens):
    """A home that has signed in with an agent under one of the guards; the agent's process."""
    home.configure_for(server, redirect_uri=REDIRECT_URI,
                       credential_url="https://git.example.com")
    pid = start_guarded(home, request.param)
    sign_in(home, server).done()
    assert home.token() == tokens.access
    held = memory_holds(pid, tokens.all)
    # The scan finds what is there: who has signed in is no secret, and tokens are seen where no
    # kernel hides them.
    assert memory_holds(pid, [tokens.subject]) and remnants(pid, [tokens.subject])
    assert held == (set() if request.param == "memfd_secret" else {tokens.access, tokens.refresh})
    return home, pid


def settle(pid):
    wait_until(lambda: not children(pid), "the couriers to end")


# Nothing is left

def log_out(home, pid, server, tokens):
    home.run("logout", "work").done()


def log_out_here(home, pid, server, tokens):
    home.run("logout", "work", "--local").done()


def forget(home, pid, server, tokens):
    os.kill(pid, signal.SIGUSR1)
    wait_until(lambda: home.status()["state"] == "signed-out", "everything to be forgotten")


def be_refused(home, pid, server, tokens):
    server.token = lambda request: Answer.error("invalid_grant", "the session is over")
    home.run("refresh", "work").failed(3)


def log_out_of_all(home, pid, server, tokens):
    home.run("logout", "work", "--all").done()


ENDS = [log_out, log_out_here, log_out_of_all, forget, be_refused]


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_a_session_that_has_ended_leaves_nothing(guarded, server, tokens, end):
    home, pid = guarded
    home.run("get", input="protocol=https\nhost=git.example.com\n\n").done()
    home.run("refresh", "work").done()
    home.run("token", "work", "--format", "json").done()
    end(home, pid, server, tokens)
    settle(pid)
    assert remnants(pid, tokens.all) == set()
    assert memory_holds(pid, [str(home.socket)]), "the scan finds nothing at all"


def test_what_a_refresh_replaces_is_gone(guarded, server, tokens):
    home, pid = guarded
    former = list(tokens.all)
    home.run("refresh", "work").done()
    settle(pid)
    assert remnants(pid, former) == set()


def test_what_a_new_sign_in_replaces_is_gone(guarded, server, tokens):
    home, pid = guarded
    former = list(tokens.all)
    sign_in(home, server).done()
    settle(pid)
    assert remnants(pid, former) == set()


def test_a_sign_in_that_fails_leaves_nothing(guarded, server, tokens):
    home, pid = guarded
    home.run("logout", "work").done()
    code = secrets.token_hex(32)
    assert sign_in(home, server, code=code).status == 4
    state = secrets.token_hex(32)
    login = home.start_login("work")
    url = server.authorize(login.url).callback(code=code, state=state)
    home.run("callback", url).failed(1)
    login.process.terminate()
    login.finish()
    settle(pid)
    assert remnants(pid, [*tokens.all, code]) == set()


def test_an_access_token_is_gone_when_it_expires(home, server, tokens):
    """Nobody asks, and nothing can be refreshed."""
    server.gives_refresh_token = False
    server.expires_in = 2
    home.configure_for(server, redirect_uri=REDIRECT_URI)
    pid = start_guarded(home, "mlock")
    sign_in(home, server).done()
    assert tokens.access in memory_holds(pid, tokens.all) or home.status()["state"] != "valid"
    wait_until(lambda: not remnants(pid, tokens.all), "the token to expire")
    home.run("token", "work").failed(3, "expired")
    assert home.status()["expires_in"] == 0


# Nothing is there at any time

def test_where_the_kernel_hides_secrets_none_is_ever_seen(home, server, tokens):
    home.configure_for(server, redirect_uri=REDIRECT_URI,
                       credential_url="https://git.example.com")
    pid = start_guarded(home, "memfd_secret")
    def words():
        return list({tokens.subject, *tokens.all})
    with Sentinel(pid, words) as sentinel:
        for _ in range(3):
            sign_in(home, server).done()
            home.token()
            home.run("get", input="protocol=https\nhost=git.example.com\n\n").done()
            with home.connect() as connection:
                for _ in range(100):
                    connection.ask(action="token", account="work")
                    connection.ask(action="refresh", account="work")
            with home.connect() as connection:
                connection.socket.sendall(b"action=token\naccount=work\n\n" * 1000)
            home.run("token", "work", "--scope", "openid").done()
            home.run("logout", "work").done()
    assert sentinel.looks > 10
    # It has looked where secrets would be: the subject came by the same ways.
    assert sentinel.found == {tokens.subject}


# Buffers

@pytest.fixture
def open_agent(home, server, tokens):
    """An agent whose secrets can be seen, so that each copy of one can be counted."""
    home.configure_for(server, redirect_uri=REDIRECT_URI)
    pid = start_guarded(home, "mlock")
    sign_in(home, server).done()
    settle(pid)
    assert copies(pid, tokens.access) == 1 and copies(pid, tokens.refresh) == 1
    return home, pid


def only_one(pid, word):
    """Waits until nothing but the session holds the word."""
    wait_until(lambda: copies(pid, word) == 1, "the copies to be wiped", patience=10)


REQUEST = b"action=token\naccount=work\n\n"


def test_a_reply_that_was_read_leaves_nothing(open_agent, tokens):
    home, pid = open_agent
    with home.connect() as connection:
        assert connection.ask(action="token", account="work")["access_token"] == tokens.access
        # The connection stays open, and idle.
        only_one(pid, tokens.access)
        for _ in range(50):
            connection.socket.sendall(REQUEST)
        for _ in range(50):
            assert connection.block()["access_token"] == tokens.access
        only_one(pid, tokens.access)
    only_one(pid, tokens.access)
    assert home.token() == tokens.access
    only_one(pid, tokens.access)


def test_a_reply_that_is_never_read_goes_with_its_connection(open_agent, tokens):
    home, pid = open_agent
    with home.connect() as connection:
        # More than the socket holds: the agent has the rest in its own memory.
        connection.socket.sendall(REQUEST * 5000)
        wait_until(lambda: copies(pid, tokens.access) > 10, "replies to wait")
    only_one(pid, tokens.access)


def test_a_large_reply_leaves_nothing(home, server, tokens):
    home.configure_for(server, redirect_uri=REDIRECT_URI)
    pid = start_guarded(home, "mlock")
    server.gives_refresh_token = False
    mark = secrets.token_hex(32)
    times = 900

    def grant(request):
        server.changes = {"access_token": mark * times}
        return tokens.honest(request)
    server.token = grant
    sign_in(home, server).done()
    settle(pid)
    with home.connect() as connection:
        for _ in range(3):
            assert mark in connection.ask(action="token", account="work")["access_token"]
        wait_until(lambda: copies(pid, mark) == times, "the copies to be wiped", patience=10)
        connection.socket.sendall(REQUEST * 20)
        wait_until(lambda: copies(pid, mark) > times, "replies to wait")
    wait_until(lambda: copies(pid, mark) == times, "the copies to be wiped", patience=10)
    home.run("logout", "work").done()
    settle(pid)
    assert remnants(pid, [mark]) == set()


@pytest.mark.parametrize("request_text", [
    b"action=callback\nurl=com.example.app://callback?code=%s",
    b"action=callback\nurl=com.example.app://callback?code=%s\n",
    b"action=callback\nurl=com.example.app://callback?code=%s&state=x\n\n",
    b"action=nonsense\nurl=%s\n\n",
    b"%s\n\n",
    b"%s=x\n%s=y\n\n",
    b"action=%s\0\n\n",
    b"action=%s\n" + b"x" * 70_000,
], ids=range(8))
@pytest.mark.parametrize("is_open", [False, True], ids=["closed", "open"])
def test_a_request_leaves_nothing(open_agent, request_text, is_open):
    """Half of one is there until its connection ends."""
    home, pid = open_agent
    word = secrets.token_hex(32)
    whole = request_text.endswith(b"\n\n") or len(request_text) > 70_000
    with home.connect() as connection:
        connection.socket.sendall(request_text.replace(b"%s", word.encode()))
        if whole:
            assert connection.block()["error"]
            if is_open:
                wait_until(lambda: not remnants(pid, [word]), "the request to be wiped", 10)
        else:
            wait_until(lambda: copies(pid, word), "the request to come")
    wait_until(lambda: not remnants(pid, [word]), "the request to be wiped", 10)


def test_a_request_in_front_of_half_another_leaves_nothing(open_agent, tokens):
    """The second keeps the buffer in use."""
    home, pid = open_agent
    word = secrets.token_hex(32)
    with home.connect() as connection:
        connection.socket.sendall(
            f"action=callback\nurl=com.example.app://callback?code={word}\n\naction=st".encode())
        assert connection.block()["error"]
        wait_until(lambda: not remnants(pid, [word]), "the request to be wiped", 10)
        connection.socket.sendall(b"atus\n\n")
        assert connection.block()


def test_whoever_asks_in_small_pieces_leaves_nothing(open_agent, tokens):
    home, pid = open_agent
    word = secrets.token_hex(32)
    text = f"action=callback\nurl=com.example.app://callback?code={word}\n\n".encode() * 2
    with home.connect() as connection:
        for place in range(0, len(text), 7):
            connection.socket.sendall(text[place:place + 7])
            connection.socket.sendall(b"")
        assert connection.block()["error"] and connection.block()["error"]
        wait_until(lambda: not remnants(pid, [word]), "the requests to be wiped", 10)


# Couriers

@pytest.fixture
def scripted(home, server, tokens):
    """A home whose couriers run a script after the sign-in."""
    programs = home.root / "programs"
    programs.mkdir()
    for name in ["sallyport", "sallyport-agent"]:
        shutil.copy(home.programs / name, programs)
    courier = programs / "sallyport-courier"
    courier.write_text(f'#!/bin/sh\nexec {home.programs}/sallyport-courier\n')
    courier.chmod(0o755)
    version = home.run("version").done().line.split()[-1]
    home.programs = programs

    def script(commands):
        (programs / "new").write_text(f"#!/bin/sh\nprintf 'version={version}\\n\\n'\n{commands}\n")
        (programs / "new").chmod(0o755)
        (programs / "new").rename(courier)
    home.configure_for(server, redirect_uri=REDIRECT_URI)
    pid = start_guarded(home, "mlock")
    sign_in(home, server).done()
    settle(pid)
    return home, pid, script


def test_a_courier_killed_in_the_middle_of_its_answer_leaves_nothing(scripted, tokens):
    home, pid, script = scripted
    word = secrets.token_hex(32)
    script(f"printf 'event=done\\naccess_token={word}\\nrefresh_token={word}'; exec sleep 1000")
    with home.connect() as connection:
        connection.send(action="refresh", account="work")
        wait_until(lambda: copies(pid, word), "half an answer")
        for courier in children(pid):
            os.kill(courier, signal.SIGKILL)
        assert connection.block()["error"]
    settle(pid)
    assert remnants(pid, [word]) == set()
    only_one(pid, tokens.refresh)


def test_a_courier_that_takes_no_order_leaves_nothing(scripted, tokens):
    home, pid, script = scripted
    script("exec sleep 1000")
    with home.connect() as connection:
        connection.send(action="refresh", account="work")
        [courier] = wait_until(lambda: children(pid), "the courier")
        # An order that fits into the socket has left the agent.
        only_one(pid, tokens.refresh)
        os.kill(courier, signal.SIGKILL)
        assert connection.block()["error"]
    only_one(pid, tokens.refresh)


@pytest.mark.parametrize("answer", [
    "event=done\\naccess_token=%s\\naccess_token=%s\\n\\n",
    "event=done\\n%s\\n\\n",
    "event=done\\nsub=x\\nid_token=%s\\n\\n",
    "event=nonsense\\naccess_token=%s\\n\\n",
    "error=temporarily_unavailable\\nerror_description=no\\nsecret.x=%s\\n\\n",
    "access_token=%s\\n\\n",
    "event=done\\naccess_token=%s\\000\\n\\n",
    "event=done\\naccess_token=\\n\\nevent=done\\naccess_token=%s\\n\\n",
])
def test_an_answer_of_no_use_leaves_nothing(scripted, tokens, answer):
    home, pid, script = scripted
    word = secrets.token_hex(32)
    script(f"printf '{answer.replace('%s', word)}'")
    home.run("refresh", "work")
    settle(pid)
    assert remnants(pid, [word]) == set()
