"""Refreshing: once however many ask, never in vain, and only invalid_grant ends a session."""

import concurrent.futures
import os
import signal
import subprocess
import threading

import pytest
from harness.home import children
from harness.keys import ECKey
from harness.server import Answer
from harness.waiting import PATIENCE, wait_until


@pytest.fixture
def stale(work, server):
    """A home whose access token has expired; those of a refresh live for an hour."""
    server.expires_in = 0
    work.sign_in(server)
    server.expires_in = 3600
    return work


def refreshes(server):
    return [request for request in server.token_requests
            if request.form["grant_type"] == "refresh_token"]


class Gate:
    """Holds the token endpoint's answers back until it is opened."""

    def __init__(self, server, answer=None):
        self._open = threading.Event()
        self._answer = answer or server.grant
        self.waiting = 0
        server.token = self

    def __call__(self, request):
        self.waiting += 1
        assert self._open.wait(PATIENCE)
        return self._answer(request)

    def open(self):
        self._open.set()


# Single flight

def test_fifty_programs_at_the_instant_of_expiry_cause_one_refresh(stale, server):
    gate = Gate(server)
    processes = [stale.start("token", "work") for _ in range(50)]
    wait_until(lambda: gate.waiting, "the refresh")
    gate.open()
    for process in processes:
        output, errors = process.communicate(timeout=PATIENCE)
        assert (process.returncode, output, errors) == (0, "at-3\n", "")
    assert len(refreshes(server)) == 1


def test_askers_of_every_kind_share_one_refresh(home, server):
    home.configure_for(server, credential_url="https://git.example.com")
    server.expires_in = 0
    home.sign_in(server)
    server.expires_in = 3600
    gate = Gate(server)
    asks = [
        {"action": "token", "account": "work"},
        {"action": "get", "protocol": "https", "host": "git.example.com"},
        {"action": "refresh", "account": "work"},
    ]
    with home.connect() as first, home.connect() as second, home.connect() as third:
        connections = [first, second, third]
        for connection, ask in zip(connections, asks):
            connection.send(**ask)
        wait_until(lambda: gate.waiting, "the refresh")
        assert home.status()["state"] == "refreshing"
        gate.open()
        token, credential, refreshed = [connection.block() for connection in connections]
    assert token["access_token"] == credential["password"] == "at-3"
    assert refreshed["account"] == "work" and "access_token" not in refreshed
    assert len(refreshes(server)) == 1


def test_everyone_who_waits_is_told_of_the_failure(stale, server):
    gate = Gate(server, lambda request: Answer.error("invalid_grant"))
    processes = [stale.start("token", "work") for _ in range(20)]
    wait_until(lambda: gate.waiting, "the refresh")
    gate.open()
    for process in processes:
        _, errors = process.communicate(timeout=PATIENCE)
        assert process.returncode == 3 and "invalid_grant" in errors, errors
    assert len(refreshes(server)) == 1


def test_a_valid_token_causes_no_request(signed_in, server):
    for _ in range(10):
        assert signed_in.token() == "at-2"
    assert refreshes(server) == []


def test_at_most_four_refreshes_run_at_once_and_all_end(home, server):
    names = [f"account-{number}" for number in range(10)]
    server.expires_in = 0
    for name in names:
        home.configure_bare(server, name, scope="read")
        home.sign_in(server, name)
    server.expires_in = 3600
    gate = Gate(server)
    processes = [home.start("token", name) for name in names]
    wait_until(lambda: gate.waiting == 4, "four requests")
    assert len(children(home.agent_pid)) == 4
    gate.open()
    for process in processes:
        output, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0 and output.startswith("at-")
    assert len(refreshes(server)) == 10


def test_a_server_that_hangs_keeps_no_other_account_waiting(home, servers):
    slow, quick = servers(), servers()
    for server, name in [(slow, "slow"), (quick, "quick")]:
        home.configure_for(server, name)
        server.expires_in = 0
        home.sign_in(server, name)
        server.expires_in = 3600
    gate = Gate(slow)
    waiting = home.start("token", "slow")
    wait_until(lambda: gate.waiting, "the request that hangs")
    assert home.token("quick") == "at-3"
    assert home.status("slow")["state"] == "refreshing"
    gate.open()
    assert waiting.communicate(timeout=PATIENCE)[0] == "at-3\n"


# Expiry

def test_an_expired_token_is_never_served(home, server):
    home.configure_for(server)
    server.expires_in = 1
    home.sign_in(server)
    wait_until(lambda: home.status()["expires_in"] == 0, "the end of the token")
    server.token = lambda request: Answer(503)
    home.run("token", "work").failed(5, "503")


def test_without_a_refresh_token_an_expired_session_asks_for_a_sign_in(home, server):
    home.configure_for(server)
    server.expires_in, server.gives_refresh_token = 0, False
    home.sign_in(server)
    result = home.run("token", "work").failed(3, "no refresh token")
    assert result.hint == "sallyport login work"
    assert home.status()["state"] == "expired"
    home.run("refresh", "work").failed(3, "no refresh token")


def test_the_token_of_an_account_in_use_is_replaced_ahead_of_its_end(home, server):
    home.configure_for(server)
    server.expires_in = 4
    home.sign_in(server)
    assert "next_refresh_at" not in home.status()
    assert home.token() == "at-2"
    assert "next_refresh_at" in home.status()
    server.expires_in = 3600
    # Nobody asks, and it is refreshed all the same.
    wait_until(lambda: refreshes(server), "the refresh ahead")
    wait_until(lambda: home.status()["state"] == "signed-in", "its end")
    assert home.token() == "at-3" and len(refreshes(server)) == 1


def test_an_asker_who_wants_more_than_the_server_gives_causes_no_refresh(signed_in, server):
    result = signed_in.run("token", "work", "--min-valid", "86400").done()
    assert result.line == "at-2" and "stays valid for" in result.errors
    assert refreshes(server) == []


# Failures

def test_a_valid_token_is_served_while_the_network_is_away(home, server):
    home.configure_for(server)
    server.expires_in = 6
    home.sign_in(server)
    # In its last half a refresh is due; the server cannot be reached.
    wait_until(lambda: home.status()["expires_in"] <= 2, "the last seconds of the token")
    server.stop()
    result = home.run("token", "work").done()
    assert result.line == "at-2"
    assert "could not refresh work: cannot connect" in result.errors
    assert home.status()["last_error"]


def test_a_forced_refresh_that_fails_leaves_a_valid_token(signed_in, server):
    server.token = lambda request: Answer(503)
    signed_in.run("refresh", "work").failed(5, "503")
    assert signed_in.token() == "at-2"


def test_invalid_grant_ends_the_session_and_says_what_to_do(stale, server):
    server.token = lambda request: Answer.error("invalid_grant", "token is revoked")
    result = stale.run("token", "work").failed(3, "the session has ended", "token is revoked")
    assert result.hint == "sallyport login work"
    # The server is asked no more, and what it said is remembered.
    again = stale.run("token", "work").failed(3, "token is revoked")
    assert again.hint == "sallyport login work"
    assert len(refreshes(server)) == 1
    status = stale.status()
    assert status["state"] == "signed-out" and "token is revoked" in status["last_error"]
    server.token = server.grant
    stale.sign_in(server)
    assert "last_error" not in stale.status()


TRANSIENT = {
    "500": (Answer(500), 5), "503": (Answer(503), 5), "502 page": (Answer(502, b"<html>"), 5),
    "429": (Answer(429), 5), "cut": (Answer(raw=b""), 5),
    "reset": (Answer(raw=b"", after="reset"), 5),
    "temporarily_unavailable": (Answer.error("temporarily_unavailable"), 5),
    "invalid_client": (Answer.error("invalid_client", status=401), 4),
    "invalid_request": (Answer.error("invalid_request"), 4),
    "invalid_scope": (Answer.error("invalid_scope"), 3),
    "unauthorized_client": (Answer.error("unauthorized_client"), 4),
    "an error with 500": (Answer.error("invalid_grant", status=500), 5),
    "401 without reason": (Answer(401), 4), "403": (Answer(403), 4), "404": (Answer(404), 4),
    "redirect": (Answer(302, fields={"Location": "/elsewhere"}), 1),
    "redirect 307": (Answer(307, fields={"Location": "/elsewhere"}), 1),
    "no json": (Answer(200, b"<html>", {"Content-Type": "text/html"}), 1),
    "no access token": (Answer.json({"token_type": "Bearer"}), 1),
    "bad characters": (Answer.json({"token_type": "Bearer", "access_token": "a\nb"}), 1),
}


@pytest.mark.parametrize("answer, status", TRANSIENT.values(), ids=TRANSIENT)
def test_no_other_failure_ends_a_session(stale, server, answer, status):
    server.token = lambda request: answer
    stale.run("token", "work").failed(status)
    assert stale.status()["state"] == "signed-in"
    assert "/elsewhere" not in [request.path for request in server.requests]
    server.token = server.grant
    assert stale.token() == "at-3"
    assert refreshes(server)[-1].form["refresh_token"] == "rt-2"
    assert "last_error" not in stale.status()


def test_a_server_that_is_down_and_comes_back(stale, servers, server):
    where = stale.config.read_text()
    server.stop()
    stale.run("token", "work").failed(5, "cannot connect")
    stale.run("token", "work").failed(5)
    assert stale.config.read_text() == where and stale.status()["state"] == "signed-in"


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_kept_to(stale, server, status):
    server.token = lambda request: Answer(status, fields={"Retry-After": "120"})
    stale.run("token", "work").failed(5, str(status))
    for _ in range(3):
        stale.run("token", "work").failed(5, "more seconds of patience")
    assert len(refreshes(server)) == 1


def test_retry_after_is_bounded(stale, server):
    server.token = lambda request: Answer(503, fields={"Retry-After": "86400"})
    stale.run("token", "work").failed(5)
    complaint = stale.run("token", "work").failed(5).complaint
    seconds = int(complaint.partition(" more seconds")[0].rpartition(" ")[2])
    assert 200 < seconds <= 301


def test_after_retry_after_the_server_is_asked_again(stale, server):
    server.script(Answer(503, fields={"Retry-After": "1"}))
    stale.run("token", "work").failed(5)
    wait_until(lambda: stale.run("token", "work").status == 0, "the second attempt", 10)
    assert len(refreshes(server)) == 2


def test_a_valid_token_is_served_while_the_server_wants_patience(signed_in, server):
    server.token = lambda request: Answer(503, fields={"Retry-After": "120"})
    signed_in.run("refresh", "work").failed(5)
    assert signed_in.token() == "at-2"
    assert len(refreshes(server)) == 1


# Rotation

def test_a_new_refresh_token_takes_the_place_of_the_old_one(signed_in, server):
    for _ in range(5):
        signed_in.run("refresh", "work").done()
    used = [request.form["refresh_token"] for request in refreshes(server)]
    assert used == ["rt-2", "rt-3", "rt-4", "rt-5", "rt-6"]
    assert signed_in.token() == "at-7"


def test_without_a_new_one_the_old_one_stays(signed_in, server):
    server.rotates = False
    for _ in range(3):
        signed_in.run("refresh", "work").done()
    assert {request.form["refresh_token"] for request in refreshes(server)} == {"rt-2"}


@pytest.mark.parametrize("value", [None, ""])
def test_an_empty_new_one_is_none(signed_in, server, value):
    server.rotates, server.changes = False, {"refresh_token": value}
    for _ in range(2):
        signed_in.run("refresh", "work").done()
    assert refreshes(server)[-1].form["refresh_token"] == "rt-2"


def test_an_id_token_that_is_refused_does_not_cost_the_new_refresh_token(signed_in, server):
    """The server has rotated already: without the new one the next refresh would end the family."""
    server.claims = {"iss": "https://evil.example"}
    assert signed_in.run("refresh", "work").status == 1
    server.claims = {}
    signed_in.run("refresh", "work").done()


def test_keys_that_cannot_be_had_do_not_cost_the_new_refresh_token(
        signed_in, server, key_folder):
    server.signing_key = ECKey(key_folder, "rotated")
    server.routes["/jwks"] = lambda request: Answer(503)
    signed_in.run("refresh", "work").failed(5)
    server.routes["/jwks"] = lambda request: Answer.json({"keys": [server.signing_key.jwk]})
    signed_in.run("refresh", "work").done()


def test_the_scope_that_a_refresh_narrows_is_kept_and_shown(signed_in, server):
    server.changes = {"scope": "openid"}
    signed_in.run("refresh", "work").done()
    assert "offline_access" not in str(signed_in.status()["scope"])


# Withdrawn and killed

def test_a_refresh_goes_on_when_its_asker_has_gone(stale, server):
    gate = Gate(server)
    token = stale.start("token", "work")
    wait_until(lambda: gate.waiting, "the refresh")
    token.kill()
    token.wait()
    gate.open()
    wait_until(lambda: stale.status()["state"] == "signed-in", "the end of the refresh")
    assert stale.token() == "at-3" and len(refreshes(server)) == 1


def test_a_courier_that_is_killed_loses_no_session(stale, server):
    gate = Gate(server)
    token = stale.start("token", "work")
    wait_until(lambda: gate.waiting, "the refresh")
    [courier] = children(stale.agent_pid)
    os.kill(courier, signal.SIGKILL)
    _, errors = token.communicate(timeout=PATIENCE)
    assert token.returncode == 1 and "ended without an answer" in errors
    assert stale.status()["state"] == "signed-in"
    server.token = server.grant
    gate.open()
    wait_until(lambda: "rt-2" not in server.sessions, "the first answer")
    # Whatever the next answer is, it is the server's, and no line is broken.
    assert stale.run("token", "work").status in (0, 3)


def test_a_logout_during_a_refresh_revokes_what_the_refresh_brought(stale, server):
    gate = Gate(server)
    token = stale.start("token", "work")
    wait_until(lambda: gate.waiting, "the refresh")
    logout = stale.start("logout", "work")
    wait_until(lambda: "rt-3" not in server.revoked, "nothing to be revoked yet")
    gate.open()
    assert logout.wait(PATIENCE) == 0
    assert server.revoked[0] == "rt-3"
    token.wait(PATIENCE)
    stale.run("token", "work").failed(3)


def test_a_new_sign_in_during_a_refresh_wins(stale, server):
    gate = Gate(server)
    token = stale.start("token", "work")
    wait_until(lambda: gate.waiting, "the refresh")
    server.token = server.grant
    login = stale.start_login()
    server.person(login.url)
    login.finish().done()
    # Who waited for the refresh has the new session's token.
    output, _ = token.communicate(timeout=PATIENCE)
    fresh = stale.token()
    assert output == fresh + "\n"
    gate.open()
    assert stale.token() == fresh


# erase

GIT = "protocol=https\nhost=git.example.com\n"


@pytest.fixture
def git(home, server):
    home.configure_for(server, credential_url="https://git.example.com")
    home.sign_in(server)
    return home


def ask_git(home, operation="get", more=""):
    done = subprocess.run(
        ["git-credential-sallyport", operation], input=(GIT + more + "\n").encode(),
        capture_output=True, env=home.environment, timeout=PATIENCE)
    assert done.stderr == b"" and done.returncode == 0, done
    return dict(line.split("=", 1) for line in done.stdout.decode().splitlines())


def test_erase_makes_the_next_get_refresh(git, server):
    answer = ask_git(git)
    assert answer["username"] == "oauth2" and answer["password"] == "at-2"
    ask_git(git, "erase", "username=oauth2\npassword=at-2\n")
    assert ask_git(git)["password"] == "at-3"
    # A password that is not the present one erases nothing.
    ask_git(git, "erase", "username=oauth2\npassword=at-2\n")
    assert ask_git(git)["password"] == "at-3"
    assert len(refreshes(server)) == 1


def test_get_never_says_the_refresh_token(git):
    assert "rt-" not in str(ask_git(git, more="capability[]=state\ncapability[]=authtype\n"))


@pytest.mark.parametrize("request_lines", [
    "protocol=http\nhost=git.example.com\n\n", "protocol=https\nhost=evil.example\n\n",
    "protocol=https\nhost=git.example.com.evil.example\n\n",
    "protocol=https\nhost=git.example.com:8443\n\n", "protocol=https\nhost=agit.example.com\n\n",
    "protocol=https\nhost=git.example.com@evil.example\n\n", "protocol=https\n\n",
    "host=git.example.com\n\n", "\n", "",
    "protocol=https\nhost=evil.example\r\nhost=git.example.com\n\n"])
def test_get_has_nothing_to_say_to_another_host(git, request_lines):
    result = git.run("get", input=request_lines)
    assert "at-" not in result.output and result.status in (0, 2), str(result)


def test_a_repeated_host_is_refused(git):
    git.run("get", input="protocol=https\nhost=evil.example\nhost=git.example.com\n\n").failed(2)


def test_fifty_clients_of_one_connection_each_get_their_answer(stale, server):
    gate = Gate(server)
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        answers = [pool.submit(stale.ask, action="token", account="work") for _ in range(50)]
        wait_until(lambda: gate.waiting, "the refresh")
        gate.open()
        assert {answer.result()["access_token"] for answer in answers} == {"at-3"}
    assert len(refreshes(server)) == 1
