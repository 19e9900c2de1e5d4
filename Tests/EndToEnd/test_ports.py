"""Where the listener is: both loopback addresses before a URL is shown, nothing beyond them, and
nothing once the sign-in is over; and a port that somebody else has."""

import contextlib
import os
import socket
import subprocess
import sys

import pytest
from harness.door import Door
from harness.processes import STRANGER, needs_ipv6, needs_root
from harness.waiting import (
    PATIENCE, accepts, free_port, has_ipv6, is_free, wait_for_end, wait_until)

# Where it listens


@needs_ipv6
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_localhost_is_answered_on_both_addresses(home, server, port, address):
    door = Door(home, server, redirect_uri=f"http://localhost:{port}/callback")
    assert door.port == port and door.authorization.redirect_uri.startswith("http://localhost:")
    door.host = f"localhost:{port}"
    door.completes(address)


def test_nothing_listens_beyond_loopback(home, server, port):
    Door(home, server, redirect_uri=f"http://localhost:{port}/callback")
    listening = []
    for table in ["/proc/net/tcp", "/proc/net/tcp6"][:1 + has_ipv6()]:
        with open(table) as rows:
            for row in list(rows)[1:]:
                local, state = row.split()[1], row.split()[3]
                if state == "0A" and int(local.rpartition(":")[2], 16) == port:
                    listening.append(local.partition(":")[0])
    wanted = ["0100007F"] + ["00000000000000000000000001000000"] * has_ipv6()
    assert listening == wanted


def test_a_literal_address_takes_a_free_port_of_that_family(home, server):
    door = Door(home, server, redirect_uri="http://127.0.0.1/callback")
    assert not has_ipv6() or not accepts(door.port, "::1")
    assert not accepts(door.port, "127.0.0.2")
    door.completes()


@needs_ipv6
def test_the_literal_ipv6_address_works_too(home, server):
    door = Door(home, server, redirect_uri="http://[::1]/callback")
    assert not accepts(door.port, "127.0.0.1")
    door.completes("::1")


def test_nobody_can_listen_beside_it(home, server, port):
    Door(home, server, redirect_uri=f"http://localhost:{port}/callback")
    for address in ["127.0.0.1", "0.0.0.0"] + ["::1"] * has_ipv6():
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family) as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with pytest.raises(OSError):
                other.bind((address, port))
                other.listen()


def test_the_listener_is_open_before_the_url_is_shown(door):
    assert accepts(door.port)
    door.completes()


def test_the_listener_is_closed_after_the_sign_in(home, server, port):
    door = Door(home, server, redirect_uri=f"http://localhost:{port}/callback")
    door.host = f"localhost:{port}"
    door.completes()
    wait_until(lambda: is_free(port), f"port {port} to be free", patience=10)


@pytest.mark.parametrize("signal", [2, 15, 9])
def test_the_listener_is_closed_when_the_asker_goes(home, server, port, signal):
    door = Door(home, server, redirect_uri=f"http://localhost:{port}/callback")
    door.login.process.send_signal(signal)
    door.login.process.wait(PATIENCE)
    wait_until(lambda: is_free(port), f"port {port} to be free", patience=10)
    # Nothing is left of it, and the next one takes the port.
    login = home.start_login()
    assert home.status()["state"] == "signing-in"
    server.person(login.url)
    login.finish().done()


def test_the_listener_is_closed_at_the_timeout(home, server, port):
    door = Door(home, server, "--timeout", "1", redirect_uri=f"http://localhost:{port}/callback")
    door.login.finish().failed(5, "nobody signed in before the time was over")
    wait_until(lambda: is_free(port), f"port {port} to be free", patience=10)


def test_the_listener_is_closed_when_the_agent_is_stopped(home, server, port):
    door = Door(home, server, redirect_uri=f"http://localhost:{port}/callback")
    home.run("stop").done()
    assert door.login.finish().status != 0
    wait_until(lambda: is_free(port), f"port {port} to be free", patience=10)


def test_a_killed_agent_leaves_no_listener(home, server, port):
    Door(home, server, redirect_uri=f"http://localhost:{port}/callback")
    pid = home.agent_pid
    os.kill(pid, 9)
    assert wait_for_end(pid)
    wait_until(lambda: is_free(port), f"port {port} to be free", patience=10)


def test_two_sign_ins_in_a_row_can_use_the_port_at_once(home, server, port):
    home.configure_for(server, redirect_uri=f"http://localhost:{port}/callback")
    for _ in range(5):
        home.sign_in(server)


# A port that is taken

HOLDER = """
import sys
sys.path[:0] = [{tests!r}]
from harness.waiting import listen
{prelude}
listener = listen({address!r}, {port})
print("ready", flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def holder(address, port, prelude=""):
    """Another process that listens there."""
    code = HOLDER.format(
        tests=os.path.dirname(os.path.abspath(__file__)), address=address, port=port,
        prelude=prelude)
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        yield process
        process.stdin.close()


@pytest.mark.parametrize("address", [
    "127.0.0.1", pytest.param("::1", marks=needs_ipv6), "0.0.0.0",
    pytest.param("::", marks=needs_ipv6)])
def test_a_port_that_another_process_holds_is_said_before_any_browser_opens(
        home, server, port, address):
    home.configure_for(server, redirect_uri=f"http://localhost:{port}/callback")
    opened = home.folder / "opened"
    with holder(address, port) as process:
        result = home.run("login", "work", environment={"BROWSER": f"touch {opened} #"})
        result.failed(1, f"port {port}, which", "is held by python", f"(pid {process.pid})")
    assert not opened.exists() and "state=" not in result.errors
    assert server.token_requests == []


@pytest.mark.parametrize("address", ["127.0.0.1", pytest.param("::1", marks=needs_ipv6)])
def test_of_several_redirect_uris_the_next_one_is_tried(home, server, address):
    first, second = free_port(), free_port()
    uris = [f"http://localhost:{port}/callback" for port in (first, second)]
    home.configure_for(server, redirect_uri=uris)
    with holder(address, first):
        login = home.start_login()
        assert server.authorize(login.url).redirect_uri == uris[1]
        # What was bound of the first one is not kept.
        other = "127.0.0.1" if ":" in address else "::1"
        assert not has_ipv6() or not accepts(first, other)
        server.person(login.url)
        login.finish().done()
    [request] = server.token_requests
    assert request.form["redirect_uri"] == uris[1]
    login = home.start_login()
    assert server.authorize(login.url).redirect_uri == uris[0]


def test_several_redirect_uris_that_are_all_taken_end_it(home, server):
    ports = [free_port(), free_port()]
    home.configure_for(server, redirect_uri=[f"http://localhost:{port}/cb" for port in ports])
    with holder("127.0.0.1", ports[0]) as process, holder("127.0.0.1", ports[1]):
        home.run("login", "work", "--no-browser").failed(
            1, f"port {ports[0]} is held by", str(process.pid), f"port {ports[1]} is held by")


@needs_root
def test_a_port_that_another_users_process_holds(home, server, port):
    home.configure_for(server, redirect_uri=f"http://localhost:{port}/callback")
    prelude = f"import os; os.setgroups([]); os.setgid({STRANGER}); os.setuid({STRANGER})"
    with holder("127.0.0.1", port, prelude) as process:
        # Root may look into every process, and so it can be named all the same.
        home.run("login", "work", "--no-browser").failed(
            1, f"port {port}, which", "is held by", f"(pid {process.pid})")


def test_another_sign_in_that_has_the_port_is_said(home, server, port):
    uri = f"http://localhost:{port}/callback"
    home.configure_for(server, redirect_uri=uri)
    home.configure_for(server, "other", redirect_uri=uri)
    login = home.start_login("work")
    home.run("login", "other", "--no-browser").failed(1, f"port {port}, which", "is held by")
    server.person(login.url)
    login.finish().done()
