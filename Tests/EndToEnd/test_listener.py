"""The first door: what comes to the listener that is not the answer changes nothing, and the right
answer still completes the sign-in."""

import contextlib
import socket
import subprocess
import sys
import time

import pytest
from harness import browser
from harness.door import Door
from harness.processes import STRANGER, needs_root
from harness.server import Answer
from harness.waiting import PATIENCE

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
    "/callback;x", "/favicon.ico", "/robots.txt",
    "/.well-known/appspecific/com.chrome.devtools.json"])
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


def test_more_connections_than_are_kept_keep_nobody_out(door):
    with contextlib.ExitStack() as stack:
        for _ in range(400):
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


def test_a_browser_that_goes_during_the_exchange_loses_only_its_page(door):
    grant = door.server.grant

    def answer(request):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()
        return grant(request)
    door.server.token = answer
    connection = browser.connect(door.port)
    connection.sendall(browser.request(door.right, door.host))
    door.login.finish().done()


def test_a_kept_connection_brings_the_answer_and_takes_the_page(door):
    with browser.connect(door.port) as connection:
        def ask(target):
            connection.sendall(f"GET {target} HTTP/1.1\r\nHost: {door.host}\r\n\r\n".encode())
            reply = browser.Reply(b"")
            while not reply.is_whole:
                reply.raw += connection.recv(65536)
            return reply
        first = ask(door.right)
        assert first.status == 303
        assert "is signed in" in ask(first.fields["location"]).text
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
