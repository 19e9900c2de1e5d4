"""`lifetime` and `idle`: sessions that end by themselves, here and at the server."""

import os
import signal
import time

import pytest
from harness.crash import kill
from harness.vault import Vault, give_key_file
from harness.waiting import wait_until

LONG_AGO = "the session of work has ended: its lifetime of 1s is over"


def told(home):
    """What the agent itself says of the account."""
    return home.ask(action="status", account="work")


def wait_for_end_of_session(home):
    return wait_until(
        lambda: (status := told(home)).get("state") == "signed-out" and status, "its end")


@pytest.mark.parametrize("setting, reason", [
    ("lifetime", LONG_AGO),
    ("idle", "the session of work has ended: nobody has used it for 1s"),
])
def test_a_session_ends_by_itself(home, server, setting, reason):
    home.configure_for(server, **{setting: "1s"})
    home.sign_in(server)
    # Nobody has to ask: the server hears of it from the agent alone.
    wait_until(lambda: "rt-2" in server.revoked, "the revocation")
    status = wait_for_end_of_session(home)
    assert status["last_error"] == reason
    assert status["hint"] == "sallyport login work"
    assert f"{setting}_ends_at" not in status
    refusal = home.run("token", "work").failed(3, reason)
    assert refusal.hint == "sallyport login work"


def test_the_end_is_told_beforehand(home, server):
    home.configure_for(server, lifetime="8h", idle="30m")
    before = time.time()
    home.sign_in(server)
    status = told(home)
    now = time.time()
    assert before - 2 < int(status["lifetime_ends_at"]) - 8 * 3600 < now + 2
    assert before - 2 < int(status["idle_ends_at"]) - 1800 < now + 2
    shown = home.status()
    for name in "lifetime_ends_at", "idle_ends_at":
        assert shown[name] == int(status[name])
    [row] = [line for line in home.run("status").done().output.splitlines() if "ends" in line]
    assert row.startswith("  ends      in ") and row.endswith(" if it is not used")


def test_an_agent_that_could_not_look_at_its_clock_serves_nobody_too_late(home, server):
    home.configure_for(server, lifetime="1h")
    home.sign_in(server)
    home.token()
    pid = home.agent_pid
    with home.connect() as connection:
        os.kill(pid, signal.SIGSTOP)
        try:
            home.config.write_text(home.config.read_text().replace("1h", "1s"))
            signed_in = time.time()
            wait_until(lambda: time.time() > signed_in + 1.5, "the end of the lifetime")
            connection.send(action="token", account="work")
        finally:
            os.kill(pid, signal.SIGCONT)
        answer = connection.block()
    assert answer["error"] == "login_required"
    assert answer["error_description"] == LONG_AGO


# The vault

@pytest.fixture
def kept(home, server):
    give_key_file(home)
    home.configure_for(server, lifetime="1h")
    home.sign_in(server)
    return home


def shorten(home):
    home.config.write_text(home.config.read_text().replace("1h", "1s"))


def test_the_vault_forgets_it(kept, server):
    assert Vault(kept).kinds()[-1] == "session"
    shorten(kept)
    wait_until(lambda: kept.run("token", "work").status == 3, "the end of the lifetime")
    wait_until(lambda: Vault(kept).kinds()[-1] == "removal", "the record of it")
    kill(kept.agent_pid)
    kept.run("token", "work").failed(3, "nobody is signed in to work")


def test_a_lifetime_goes_on_while_no_agent_runs(kept, server):
    signed_in = time.time()
    kill(kept.agent_pid)
    shorten(kept)
    wait_until(lambda: time.time() > signed_in + 1.5, "the end of the lifetime")
    kept.run("token", "work").failed(3, LONG_AGO)
    wait_until(lambda: "rt-2" in server.revoked, "the revocation")
    wait_until(lambda: Vault(kept).kinds()[-1] == "removal", "the record of it")


def test_idleness_begins_anew_with_the_agent(kept, server):
    kept.config.write_text(kept.config.read_text().replace("lifetime = 1h", "idle = 1h"))
    kill(kept.agent_pid)
    before = time.time()
    assert kept.token() == "at-2"
    assert int(told(kept)["idle_ends_at"]) >= before + 3600 - 2
