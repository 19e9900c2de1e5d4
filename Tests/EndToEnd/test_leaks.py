"""A hundred sign-ins and a thousand refreshes leave nothing behind: no descriptor, no child, no
page."""

import os
import re

import pytest
from harness import browser
from harness.home import children
from harness.processes import descriptors, needs_root
from harness.server import Answer
from harness.vault import give_key_file
from harness.waiting import wait_until

SIGN_INS = 100
REFRESHES = 1000

# Kilobytes by which memory may grow over all of it: half a kilobyte a refresh, for what is only
# kept until its time, such as a deadline. A page each would be eight times as much.
SLACK = 512
# Descriptors of an agent that is idle: three standard ones, listener, lock, signals, timer, epoll.
IDLE = 8
# And with an open vault: its folder, its lock and the file.
KEEPING = IDLE + 3
# Areas by which the allocator may grow its heap.
AREAS = 2


def left_behind(pid, idle=IDLE):
    """What the agent holds once everything has ended, as numbers to compare."""
    wait_until(lambda: not children(pid), "the couriers to end")
    if os.geteuid() == 0:
        wait_until(lambda: len(descriptors(pid)) <= idle, "the descriptors to be closed")
    with open(f"/proc/{pid}/status") as status:
        facts = dict(re.findall(r"^(Vm\w+):\s+(\d+) kB", status.read(), re.M))
    numbers = {name: int(facts[name]) for name in ("VmData", "VmRSS", "VmLck")}
    if os.geteuid() == 0:
        # Others cannot look: the agent hides.
        numbers["descriptors"] = len(descriptors(pid))
        with open(f"/proc/{pid}/smaps") as maps:
            areas = [line for line in maps if re.match("^[0-9a-f]+-[0-9a-f]+ ", line)]
        numbers["areas"] = len(areas)
        numbers["secret areas"] = sum("secretmem" in area for area in areas)
    return numbers


def sign_in(connection, server, **changes):
    """A sign-in over an open connection; gives its last block."""
    block = connection.ask(action="login", account="work")
    assert block["event"] == "authorize", block
    server.person(block["url"], **changes)
    while block.get("event") in ("authorize", "waiting"):
        block = connection.block()
    return block


def withdraw(home):
    """A sign-in whose asker goes away."""
    with home.connect() as connection:
        assert connection.ask(action="login", account="work")["event"] == "authorize"


def test_sign_ins_and_refreshes_leave_nothing_behind(home, server):
    home.configure_bare(server)
    home.run("agent").done()
    pid = home.agent_pid

    def round(sign_ins, refreshes):
        with home.connect() as connection:
            for number in range(sign_ins):
                assert sign_in(connection, server)["event"] == "done"
                if number % 10 == 0:
                    assert sign_in(connection, server, code=None, error="access_denied")["error"]
                    withdraw(home)
            for number in range(refreshes):
                if number % 100 == 0:
                    server.script(Answer(503), Answer(raw=b""))
                answer = connection.ask(action="refresh", account="work")
                assert ("error" in answer) == (number % 100 < 2), answer

    # What is kept for the next time is there after the first few.
    round(10, 50)
    before = left_behind(pid)
    round(SIGN_INS, REFRESHES)
    after = left_behind(pid)
    assert home.agent_pid == pid
    slack = {"VmData": SLACK, "VmRSS": SLACK, "areas": AREAS}
    for name in before:
        assert after[name] <= before[name] + slack.get(name, 0), f"{name}: {before} -> {after}"


def test_refreshes_that_are_written_down_leave_nothing_behind(home, server):
    give_key_file(home)
    home.configure_bare(server)
    home.sign_in(server)
    pid = home.agent_pid

    def round(refreshes):
        with home.connect() as connection:
            for _ in range(refreshes):
                assert "error" not in connection.ask(action="refresh", account="work")
    # Long enough for the file to be written anew now and then.
    server.changes = {"access_token": "a" * 50_000}
    round(40)
    before = left_behind(pid, KEEPING)
    round(150)
    after = left_behind(pid, KEEPING)
    slack = {"VmData": SLACK, "VmRSS": SLACK, "areas": AREAS}
    for name in before:
        assert after[name] <= before[name] + slack.get(name, 0), f"{name}: {before} -> {after}"


@needs_root
def test_clients_leave_nothing_behind(signed_in):
    pid = signed_in.agent_pid

    def round(count):
        for number in range(count):
            with signed_in.connect() as connection:
                connection.socket.sendall([
                    b"action=token\naccount=work\n\n", b"action=", b"", b"\0\n\n",
                    b"action=status\n\n" * 5, b"a=" + b"x" * 70_000][number % 6])
                if number % 6 == 0:
                    connection.block()
    round(60)
    signed_in.token()
    before = left_behind(pid)
    round(3000)
    signed_in.token()
    after = left_behind(pid)
    assert after["areas"] <= before["areas"] + AREAS and after["VmLck"] <= before["VmLck"]
    assert after["VmRSS"] <= before["VmRSS"] + SLACK


@needs_root
def test_a_courier_inherits_nothing_of_the_agents(signed_in):
    with signed_in.connect(), signed_in.connect():
        signed_in.start_login()
        pid = signed_in.agent_pid
        [courier] = children(pid)
        mine, others = descriptors(courier), descriptors(pid)
        sockets = {target for target in others.values() if target.startswith("socket:")}
        assert sockets and not sockets & set(mine.values())
        assert not [target for target in mine.values() if "lock" in target or "config" in target]


def test_a_browser_inherits_nothing(work, server):
    path = work.root / "bin" / "my-browser"
    path.write_text('#!/bin/sh\nls -l /proc/$$/fd > fds.new\nprintf %s "$1" > url\n'
                    "mv fds.new fds\n")
    path.chmod(0o755)
    login = work.start("login", "work", environment={"BROWSER": "my-browser"})
    wait_until((work.folder / "fds").exists, "the browser")
    listed = (work.folder / "fds").read_text()
    browser.visit(server.authorize((work.folder / "url").read_text()).callback())
    assert login.wait(60) == 0
    # 0, 1 and 2 are /dev/null; a shell keeps its script open beside them.
    assert "socket:" not in listed and "pipe:" not in listed
    assert listed.count("/dev/null") == 3


@pytest.mark.parametrize("count", [50])
def test_logins_that_are_withdrawn_leave_no_port(home, server, port, count):
    home.configure_for(server, redirect_uri=f"http://localhost:{port}/callback")
    home.run("agent").done()
    for _ in range(count):
        withdraw(home)
    wait_until(lambda: not children(home.agent_pid), "the couriers to end")
    home.sign_in(server)
