"""The first door: what comes to the listener that is not the answer changes nothing, and the right
answer still completes the sign-in."""

import contextlib
import os
import socket
import subprocess
import sys
import time

import pytest
from harness import browser
from harness.server import Answer
from harness.waiting import (
    PATIENCE, accepts, free_port, has_ipv6, is_free, listen, wait_for_end, wait_until)

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
# A user that nothing on the machine belongs to.
STRANGER = 54321


class Door:
    """A sign-in that waits at its listener."""

    def __init__(self, home, server, *words, **settings):
        home.configure_for(server, **settings)
        self.home, self.server = home, server
        self.login = home.start_login("work", *words)
        self.authorization = server.authorize(self.login.url)
        self.port = self.authorization.port
        self.host = f"127.0.0.1:{self.port}"
        self.right = self.authorization.target()

    def send(self, data):
        return browser.send(self.port, data)

    def ask(self, target, host=None, **options):
        return self.send(browser.request(target, host or self.host, **options))

    def completes(self, address="127.0.0.1"):
        """The sign-in still waits; the right answer comes, and it works."""
        assert self.login.process.poll() is None, str(self.login.finish())
        assert self.server.token_requests == []
        page = browser.visit(self.authorization.callback(), address)
        assert page.status == 200 and "is signed in" in page.text, page.raw
        result = self.login.finish().done()
        assert len(self.server.token_requests) == 1
        assert self.home.token().startswith("at-")
        return result


@pytest.fixture
def door(home, server):
    return Door(home, server)


# What is not the answer

QUERY = "code=stolen"
WRONG_STATES = {
    "another state": QUERY + "&state=" + "x" * 43,
    "no state": QUERY,
    "empty state": QUERY + "&state=",
    "cut state": QUERY + "&state={cut}",
    "longer state": QUERY + "&state={state}x",
    "state in capitals": QUERY + "&state={swapped}",
    "state twice": QUERY + "&state={state}&state={state}",
    "state with another name": QUERY + "&State={state}",
    "error with a foreign state": "error=access_denied&state=" + "y" * 43,
    "error without a state": "error=access_denied",
    "repeated code": QUERY + "&code=other&state={state}",
    "repeated error": "error=a&error=b&state={state}",
    "repeated iss": QUERY + "&iss=a&iss=b&state={state}",
    "broken percent-encoding": QUERY + "%zz&state={state}",
    "no query": "",
}


@pytest.mark.parametrize("query", WRONG_STATES.values(), ids=WRONG_STATES)
def test_an_answer_that_is_not_ours_gets_400_and_changes_nothing(door, query):
    state = door.authorization.state
    query = query.format(state=state, cut=state[:-1], swapped=state.swapcase())
    reply = door.ask("/callback?" + query)
    assert reply.status == 400
    assert "This changes nothing" in reply.text
    door.completes()


@pytest.mark.parametrize("path", [
    "/", "/CALLBACK", "//callback", "/callback/", "/callback/x", "/./callback", "/callbac%6b",
    "/callback;x", "/favicon.ico", "/robots.txt", "/.well-known/appspecific/com.chrome.devtools.json"])
def test_another_path_gets_404_even_with_the_right_answer(door, path):
    assert door.ask(door.right.replace("/callback", path, 1)).status == 404
    door.completes()


@pytest.mark.parametrize("host", [
    "evil.example", "evil.example:{port}", "127.0.0.1", "localhost:{port}", "127.0.0.1:1",
    "[::1]:{port}", "127.0.0.1.evil.example:{port}", "0.0.0.0:{port}", "127.1:{port}"])
def test_another_host_is_not_served(door, host):
    assert door.ask(door.right, host.format(port=door.port)).status == 421
    door.completes()


@pytest.mark.parametrize("lines", [
    "", "Host: {host}\r\nHost: {host}\r\n", "Host: {host}\r\nHost: evil.example\r\n",
    "Host: a b\r\n", "Host: {host}, evil.example\r\n", "Host : {host}\r\n"],
    ids=["none", "twice", "two", "space", "list", "space before colon"])
def test_a_request_without_one_clear_host_gets_400(door, lines):
    request = f"GET {door.right} HTTP/1.1\r\n{lines.format(host=door.host)}\r\n"
    assert door.send(request.encode()).status == 400
    door.completes()


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "POST", "PUT", "DELETE", "TRACE", "get"])
def test_only_get_is_an_answer(door, method):
    reply = door.ask(door.right, method=method, fields=[
        "Origin: https://evil.example", "Access-Control-Request-Method: GET",
        "Access-Control-Request-Private-Network: true"])
    assert reply.status == 405 and reply.fields["allow"] == "GET"
    assert not [name for name in reply.fields if name.startswith("access-control")]
    if method == "HEAD":
        assert reply.text == ""
    door.completes()


def test_a_post_with_the_answer_in_its_body_is_no_answer(door):
    body = door.right.partition("?")[2]
    reply = door.send(browser.request("/callback", door.host, method="POST", fields=[
        f"Content-Length: {len(body)}",
        "Content-Type: application/x-www-form-urlencoded"]) + body.encode())
    assert reply.status == 405
    door.completes()


MALFORMED = {
    "tls hello": bytes.fromhex("16030100c8010000c40303") + bytes(200),
    "nul": b"GET /callback?\0 HTTP/1.1\r\nHost: a\r\n\r\n",
    "bare line feeds": b"GET /callback HTTP/1.1\nHost: a\n\n",
    "bare carriage returns": b"GET /callback HTTP/1.1\rHost: a\r\r",
    "no version": b"GET /callback\r\n\r\n",
    "other protocol": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "folded field": b"GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n",
    "two lengths": b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "length and chunks":
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "negative length": b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    "huge length": b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
    "only blank lines": b"\r\n" * 100,
    "not utf-8": b"GET /callback?state=\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n",
    "http/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "http/9": b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED)
def test_what_is_no_http_is_refused_or_closed(door, data):
    reply = door.send(data)
    assert reply.raw == b"" or reply.status in (400, 404, 414, 421, 431, 501, 505)
    door.completes()


@pytest.mark.parametrize("request_head, status", [
    (b"GET /callback?" + b"a" * (1 << 20) + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
    (b"GET /callback HTTP/1.1\r\nHost: x\r\nCookie: " + b"a" * (1 << 20) + b"\r\n\r\n", 431),
    (b"GET /callback HTTP/1.1\r\nHost: x\r\n" + b"X-A: b\r\n" * (1 << 17) + b"\r\n", 431),
], ids=["request line", "one field", "many fields"])
def test_a_head_of_1_mib_is_refused(door, request_head, status):
    assert door.send(request_head).status == status
    door.completes()


def test_a_head_of_8_kib_is_served(door):
    reply = door.ask(door.right, fields=["Cookie: " + "a" * 8000])
    assert reply.status == 303
    door.login.finish().done()


def test_a_smuggled_second_request_is_not_served(door):
    smuggled = browser.request(door.right, door.host)
    reply = door.send(browser.request("/callback", door.host, method="POST", fields=[
        f"Content-Length: {len(smuggled)}"]) + smuggled)
    assert reply.status == 405 and reply.raw.count(b"HTTP/1.1 ") == 1
    door.completes()


# Slow ones and many

def test_the_answer_may_come_byte_by_byte(door):
    with browser.connect(door.port) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in browser.request(door.right, door.host):
            connection.send(bytes([byte]))
        assert browser.Reply(browser.read_all(connection)).status == 303
    door.login.finish().done()


def test_a_request_of_one_byte_a_second_is_ended_and_keeps_nobody_out(door):
    with browser.connect(door.port) as slow:
        start = time.monotonic()
        slow.settimeout(1)
        data = b""
        for byte in browser.request("/callback?" + "a" * 100, door.host):
            with contextlib.suppress(OSError):
                slow.send(bytes([byte]))
            try:
                data = slow.recv(65536)
                break
            except TimeoutError:
                continue
            except ConnectionResetError:
                break
        assert data == b"" or browser.Reply(data).status == 408
        assert time.monotonic() - start < 60
    door.completes()


def test_100_idle_connections_keep_nobody_out(door):
    with contextlib.ExitStack() as stack:
        for number in range(100):
            idle = stack.enter_context(browser.connect(door.port))
            # Half of them have begun a request.
            idle.sendall(b"GET /callback HTTP/1.1\r\nHos"[:number % 2 * 40])
        door.completes()


def test_1000_connections_keep_nobody_out(door):
    with contextlib.ExitStack() as stack:
        for _ in range(1000):
            stack.enter_context(browser.connect(door.port))
        door.completes()


def test_connections_that_are_reset_do_no_harm(door):
    for data in [b"", b"GET /callback", browser.request("/callback", door.host)]:
        for _ in range(20):
            with browser.connect(door.port) as connection:
                connection.sendall(data)
                connection.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    door.completes()


def test_a_browser_that_goes_before_the_answer_loses_only_its_page(door):
    with browser.connect(door.port) as connection:
        connection.sendall(browser.request(door.right, door.host))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    door.login.finish().done()


def test_a_kept_connection_can_bring_the_answer_after_something_else(door):
    with browser.connect(door.port) as connection:
        for target in ["/favicon.ico", door.right]:
            connection.sendall(
                f"GET {target} HTTP/1.1\r\nHost: {door.host}\r\n\r\n".encode())
            if target == door.right:
                break
            reply = b""
            while not (reply and browser.Reply(reply).is_whole):
                reply += connection.recv(65536)
            if browser.Reply(reply).fields.get("connection") == "close":
                pytest.skip("the listener keeps no connection after a 404")
        reply = browser.Reply(connection.recv(65536))
        assert reply.status == 303
    door.login.finish().done()


# The answer

def test_the_absolute_form_is_accepted(door):
    reply = door.ask(f"http://{door.host}{door.right}")
    assert reply.status == 303
    door.login.finish().done()


def test_the_host_of_an_absolute_form_counts(door):
    assert door.ask(f"http://evil.example{door.right}").status == 421
    door.completes()


def test_unknown_parameters_are_ignored(door):
    more = "&session_state=a%2Eb&foo[]=1&foo[]=2&scope=openid&x"
    assert door.ask(door.right + more).status == 303
    door.login.finish().done()


def test_a_second_copy_of_the_answer_sends_no_second_code(door):
    held = []
    grant = door.server.grant

    def answer(request):
        # While the code is exchanged, the same answer comes twice more.
        held.extend(browser.connect(door.port) for _ in range(2))
        for connection in held:
            connection.sendall(browser.request(door.right, door.host))
        return grant(request)
    door.server.token = answer
    page = browser.visit(door.authorization.callback())
    assert "is signed in" in page.text
    door.login.finish().done()
    for connection in held:
        assert browser.Reply(browser.read_all(connection)).status in (200, 303)
        connection.close()
    assert len(door.server.token_requests) == 1


def test_the_first_matching_answer_is_final(door):
    page = browser.visit(door.authorization.callback(code=None, error="access_denied"))
    assert "Not signed in" in page.text
    door.login.finish().failed(4, "access_denied")
    assert door.server.token_requests == []


@pytest.mark.parametrize("changes, words", [
    ({"code": None}, "neither a code nor an error"),
    ({"error": "access_denied"}, "both a code and an error"),
    ({"code": "a\nb"}, "characters"),
    ({"code": "é"}, "characters"),
    ({"iss": "https://evil.example"}, "another issuer"),
])
def test_an_answer_with_our_state_that_breaks_the_rules_ends_it_unexchanged(door, changes, words):
    page = browser.visit(door.authorization.callback(**changes))
    assert page.status == 200 and "Not signed in" in page.text
    door.login.finish().failed(1, words)
    assert door.server.token_requests == []


def test_iss_is_demanded_when_the_metadata_announces_it(home, server):
    server.metadata["authorization_response_iss_parameter_supported"] = True
    door = Door(home, server)
    browser.visit(door.authorization.callback())
    door.login.finish().failed(1, "issuer")
    assert server.token_requests == []
    login = home.start_login()
    server.person(login.url, iss=server.issuer)
    login.finish().done()


@pytest.mark.parametrize("slip", ["{}/", "{}x", "HTTP{}"])
def test_iss_is_compared_byte_for_byte(door, slip):
    issuer = door.server.issuer
    wrong = slip.format(issuer.removeprefix("http") if slip.startswith("HTTP") else issuer)
    browser.visit(door.authorization.callback(iss=wrong))
    door.login.finish().failed(1, "another issuer")


def test_an_error_of_another_issuer_is_not_put_down_to_the_server(door):
    browser.visit(door.authorization.callback(
        code=None, error="access_denied", iss="https://evil.example"))
    door.login.finish().failed(1, "another issuer")


@pytest.mark.parametrize("code, status", [
    ("access_denied", 4), ("invalid_scope", 4), ("unauthorized_client", 4), ("invalid_request", 4),
    ("unsupported_response_type", 4), ("login_required", 4), ("server_error", 5),
    ("temporarily_unavailable", 5)])
def test_each_error_of_the_authorization_endpoint_has_its_status(door, code, status):
    browser.visit(door.authorization.callback(code=None, error=code))
    door.login.finish().failed(status, code)


def test_an_error_text_reaches_neither_terminal_nor_page_as_it_is(door):
    text = "<script>alert(1)</script>\x1b[31mred\r\nsallyport: forged\u202e\x07 \"q'&"
    page = browser.visit(door.authorization.callback(
        code=None, error="access_denied", error_description=text))
    assert "<script" not in page.text and "&lt;script&gt;" in page.text
    assert "\x1b" not in page.text and "\u202e" not in page.text
    result = door.login.finish().failed(4, "access_denied")
    for mark in "\x1b\r\x07\u202e":
        assert mark not in result.errors


# The result page

def test_the_page_tells_the_result_after_the_exchange_and_keeps_no_secret(door):
    first = browser.get(door.authorization.callback())
    assert first.status == 303
    # The address with the code is left behind: history has the other one.
    place = first.fields["location"]
    assert "code" not in place and door.authorization.state not in place
    page = browser.get(f"http://{door.host}{place}")
    assert page.status == 200 and "is signed in as alice" in page.text
    for reply in [first, page]:
        assert reply.fields["cache-control"] == "no-store"
        assert reply.fields["referrer-policy"] == "no-referrer"
        assert reply.fields["x-content-type-options"] == "nosniff"
        policy = reply.fields["content-security-policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        assert "script-src" not in policy and "unsafe" not in policy
        assert "set-cookie" not in reply.fields
        for secret in [door.authorization.code, door.authorization.state, "at-", "rt-"]:
            assert secret not in reply.text
    assert page.fields["content-type"] == "text/html; charset=utf-8"
    assert "<script" not in page.text and "http://" not in page.text
    assert 'name="viewport"' in page.text and "color-scheme" in page.text
    door.login.finish().done()


def test_the_page_tells_a_failed_exchange(door):
    door.server.token = lambda request: Answer.error("invalid_client", "<b>bad</b>", status=401)
    page = browser.visit(door.authorization.callback())
    assert page.status == 200 and "Not signed in" in page.text and "invalid_client" in page.text
    assert "<b>" not in page.text
    door.login.finish().failed(4, "invalid_client")


def test_the_page_waits_for_the_exchange(door):
    """The browser is told nothing until the token endpoint has answered."""
    grant, seen = door.server.grant, []

    def answer(request):
        connection.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            seen.append(connection.recv(1))
        connection.setblocking(True)
        return grant(request)
    door.server.token = answer
    with browser.connect(door.port) as connection:
        connection.sendall(browser.request(door.right, door.host))
        assert browser.Reply(browser.read_all(connection)).status == 303
    assert seen == []
    door.login.finish().done()


def test_the_page_cannot_be_fetched_before_there_is_a_result(door):
    for target in ["/finished", "/finished/", "/finished/x"]:
        assert door.ask(target).status == 404
    door.completes()


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
    for table in ["/proc/net/tcp", "/proc/net/tcp6"]:
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
import socket, sys
sys.path[:0] = [{tests!r}]
from harness.waiting import listen
listener = listen({address!r}, {port})
print("ready", flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def holder(address, port, prelude=""):
    """Another process that listens there."""
    code = prelude + HOLDER.format(
        tests=os.path.dirname(os.path.abspath(__file__)), address=address, port=port)
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
        result.failed(1, f"port {port} is held by python", f"(pid {process.pid})")
    assert not opened.exists() and "http" not in result.errors
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
            1, f"port {ports[0]} is held by", str(process.pid))


@needs_root
def test_a_port_that_another_users_process_holds(home, server, port):
    home.configure_for(server, redirect_uri=f"http://localhost:{port}/callback")
    prelude = f"import os; os.setgroups([]); os.setgid({STRANGER}); os.setuid({STRANGER})\n"
    # As root even another user's process can be named.
    with holder("127.0.0.1", port, "import socket, sys\n" + f"sys.path[:0] = "
                f"[{os.path.dirname(os.path.abspath(__file__))!r}]\n"
                "import harness.waiting\n" + prelude):
        home.run("login", "work", "--no-browser").failed(1, f"port {port} is held by")


def test_another_sign_in_that_has_the_port_is_said(home, server, port):
    uri = f"http://localhost:{port}/callback"
    home.configure_for(server, redirect_uri=uri)
    home.configure_for(server, "other", redirect_uri=uri)
    login = home.start_login("work")
    home.run("login", "other", "--no-browser").failed(1, f"port {port} is held by")
    server.person(login.url)
    login.finish().done()


# Whose connection it is

FOREIGN = """
import os, socket, sys
data = sys.stdin.buffer.read()
os.setgroups([]); os.setgid({user}); os.setuid({user})
connection = socket.socket()
connection.connect(("127.0.0.1", {port}))
connection.sendall(data)
while chunk := connection.recv(65536):
    sys.stdout.buffer.write(chunk)
"""


@needs_root
def test_another_users_connection_is_refused_even_with_the_right_answer(door):
    code = FOREIGN.format(user=STRANGER, port=door.port)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True,
                          input=browser.request(door.right, door.host), timeout=PATIENCE)
    assert browser.Reply(done.stdout).status == 403
    result = door.completes()
    assert "another user" in result.errors
