"""Couriers that misbehave, are missing, or are started by hand."""

import shutil
import time

import pytest
from harness.home import children
from harness.server import Answer
from harness.waiting import PATIENCE, wait_until

COURIERS = {
    "another version": ("printf 'version=9.9.9\\n\\n'; cat > /dev/null", "restart the agent"),
    "dead": ("exit 3", "ended without an answer"),
    "killed": ("kill -9 $$", "ended without an answer"),
    "noise": ("printf 'hello\\n\\n'; cat > /dev/null", "not understood"),
    "nul": ("printf 'version=\\000\\n\\n'; cat > /dev/null", "not understood"),
    "endless": ("cat /dev/zero", "not understood"),
    "no token": ("printf 'version=%s\\n\\nevent=done\\n\\n' $VERSION; cat > /dev/null",
                 "no access token"),
    "a hostile url": ("printf 'version=%s\\n\\nevent=authorize\\nurl=file:///etc\\n\\n' $VERSION; "
                      "cat > /dev/null", "refusing the authorize URL"),
}


@pytest.mark.parametrize("text, words", COURIERS.values(), ids=COURIERS)
def test_a_courier_that_misbehaves_is_a_clear_line(home, server, text, words):
    version = home.run("version").done().line.split()[-1]
    programs = home.root / "programs"
    programs.mkdir()
    for name in ["sallyport", "sallyport-agent"]:
        shutil.copy(home.programs / name, programs)
    (programs / "sallyport-courier").write_text(f"#!/bin/sh\nVERSION={version}\n{text}\n")
    (programs / "sallyport-courier").chmod(0o755)
    home.programs = programs
    home.configure_for(server)
    home.run("login", "work", "--no-browser").failed(1, words)
    assert home.status()["state"] == "signed-out"
    # A courier that has answered may yet show its page, until the port is wanted again.
    home.run("login", "work", "--no-browser").failed(1, words)
    wait_until(lambda: len(children(home.agent_pid)) <= 1, "the first courier's end")


def test_without_its_courier_the_agent_does_not_start(home):
    programs = home.root / "programs"
    programs.mkdir()
    for name in ["sallyport", "sallyport-agent"]:
        shutil.copy(home.programs / name, programs)
    home.programs = programs
    home.run("agent").failed(1, "sallyport-courier")
    (programs / "sallyport-agent").unlink()
    home.run("agent").failed(1, "sallyport-agent")


def test_the_courier_by_hand_refuses_what_is_no_job(home):
    for job in [{"job": "nonsense", "account": "x"}, {"account": "x"}, {"job": "login"},
                {"job": "refresh", "account": "x", "timeout": "-1"}]:
        status, blocks = home.courier(**job)
        assert status != 0 and blocks[-1]["error"] and blocks[0]["version"]
    result = home.run(program="sallyport-courier", input="\0\n\n")
    assert result.status != 0 and "error=" in result.output


def test_an_answer_that_never_comes_is_said_by_the_client(home, server):
    """A courier that hangs is ended by its deadline, and the asker is told."""
    home.configure_for(server)
    server.routes["/.well-known/openid-configuration"] = lambda request: Answer(
        raw=b"", after="stall")
    start = time.monotonic()
    login = home.start("login", "work", "--no-browser", "--timeout", "1")
    _, errors = login.communicate(timeout=PATIENCE)
    assert login.returncode == 5 and "sallyport: " in errors
    assert time.monotonic() - start < PATIENCE
