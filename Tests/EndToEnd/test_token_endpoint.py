"""The token endpoint's answers: each one ends in one clear line and the right exit status; nothing
hangs and nothing crashes."""

import concurrent.futures
import gzip
import json
import ssl
import time

import pytest
from harness import browser
from harness.keys import certificate
from harness.server import Answer
from harness.waiting import PATIENCE, wait_until

GOOD = {"access_token": "at-good", "token_type": "Bearer", "expires_in": 3600,
        "refresh_token": "rt-good"}


def good(**changes):
    """A good answer with changes; what is None is left out."""
    return Answer.json({key: value for key, value in {**GOOD, **changes}.items()
                        if value is not None})


def text(body, content_type="application/json", status=200, **fields):
    body = body if isinstance(body, bytes) else body.encode()
    return Answer(status, body, {"Content-Type": content_type, **fields})


def raw(data, after="close"):
    return Answer(raw=data if isinstance(data, bytes) else data.encode(), after=after)


@pytest.fixture
def bare(home, server):
    """A home with an account without an issuer: the answer's ID token plays no part."""
    home.configure_bare(server)
    return home


def sign_in(home, server, answer):
    """A sign-in at the end of which the token endpoint gives `answer`."""
    server.token = lambda request: answer
    login = home.start_login()
    page = server.person(login.url)
    return login.finish(), page


# What is refused

LONG = "a" * 65_001
JSON_HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
BODY = json.dumps(GOOD)

REFUSED = {
    # RFC 6749 section 5.2, each of its errors
    "invalid_request": (Answer.error("invalid_request"), 4, ["invalid_request"]),
    "invalid_client 400": (Answer.error("invalid_client"), 4, ["invalid_client"]),
    "invalid_client 401": (
        Answer.error("invalid_client", "who are you", 401, WWW_Authenticate='Basic realm="x"'),
        4, ["invalid_client", "who are you"]),
    "invalid_grant": (Answer.error("invalid_grant", "used"), 4, ["invalid_grant", "used"]),
    "unauthorized_client": (Answer.error("unauthorized_client"), 4, ["unauthorized_client"]),
    "unsupported_grant_type": (
        Answer.error("unsupported_grant_type"), 4, ["unsupported_grant_type"]),
    "invalid_scope": (Answer.error("invalid_scope"), 4, ["invalid_scope"]),
    "an unknown error": (Answer.error("mfa_required"), 4, ["mfa_required"]),
    "error with 200": (Answer.error("bad_verification_code", "gone", 200), 4,
                       ["bad_verification_code", "gone"]),
    "error with 200 and a token": (good(error="invalid_grant"), 4, ["invalid_grant"]),
    # Refusals without a reason
    "400 empty": (Answer(400), 4, ["status 400"]),
    "401 empty": (Answer(401), 4, ["status 401"]),
    "403 page": (text("<html>no", "text/html", 403), 4, ["status 403"]),
    "404": (Answer(404), 4, ["status 404"]),
    "405": (Answer(405), 4, ["status 405"]),
    # Later
    "429": (Answer(429, fields={"Retry-After": "7"}), 5, ["status 429"]),
    "503": (Answer(503, fields={"Retry-After": "7"}), 5, ["status 503"]),
    "503 date": (Answer(503, fields={"Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT"}), 5,
                 ["status 503"]),
    "503 absurd": (Answer(503, fields={"Retry-After": "9" * 40}), 5, ["status 503"]),
    "500": (Answer(500), 5, ["status 500"]),
    "502 page": (text("<html>bad gateway", "text/html", 502), 5, ["status 502"]),
    "504": (Answer(504), 5, ["status 504"]),
    "temporarily_unavailable": (
        Answer.error("temporarily_unavailable", status=400), 5, ["temporarily_unavailable"]),
    "slow 408": (Answer(408), 5, ["status 408"]),
    # Redirects
    **{f"redirect {status}": (
        Answer(status, fields={"Location": "/elsewhere"}), 1, ["redirect", str(status)])
       for status in (301, 302, 303, 307, 308)},
    # Other statuses
    "204": (raw("HTTP/1.1 204 No Content\r\n\r\n"), 1, ["204"]),
    "201": (Answer.json(GOOD, 201), 1, ["201"]),
    "206": (Answer.json(GOOD, 206), 1, ["206"]),
    "status 099": (raw("HTTP/1.1 099 x\r\n\r\n"), 1, []),
    "status 1000": (raw("HTTP/1.1 1000 x\r\n\r\n"), 1, []),
    "101": (raw("HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n"), 1, []),
    # JSON
    "truncated json": (text(BODY[:-5]), 1, ["cannot be read"]),
    "trailing words": (text(BODY + "x"), 1, ["cannot be read"]),
    "empty body": (text(""), 1, ["cannot be read"]),
    "array": (text(f"[{BODY}]"), 1, ["cannot be read"]),
    "string": (text('"at"'), 1, ["cannot be read"]),
    "null": (text("null"), 1, ["cannot be read"]),
    "deep nesting": (text('{"a":' * 100_000), 1, ["cannot be read"]),
    "deep arrays": (text('{"a":' + "[" * 200_000 + "]" * 200_000 + "}"), 1, ["cannot be read"]),
    "invalid utf-8": (text(b'{"access_token":"\xff\xfe"}'), 1, ["cannot be read"]),
    "lone surrogate": (text('{"access_token":"\\ud800","token_type":"bearer"}'), 1, []),
    "utf-16": (text(BODY.encode("utf-16")), 1, ["cannot be read"]),
    "repeated key": (text('{"access_token":"a","access_token":"b","token_type":"bearer"}'), 1, []),
    "form encoded": (text("access_token=a&token_type=bearer",
                          "application/x-www-form-urlencoded"), 1, ["instead of json"]),
    "html": (text("<html>sign in", "text/html"), 1, ["text/html instead of json"]),
    "text/plain": (text(BODY, "text/plain"), 1, ["text/plain instead of json"]),
    "type with escapes": (text(BODY, "te\x1b[31mxt"), 1, []),
    # access_token
    "no access_token": (good(access_token=None), 1, ["no access_token"]),
    "empty access_token": (good(access_token=""), 1, ["no access_token"]),
    "null access_token": (text('{"access_token":null,"token_type":"b"}'), 1, []),
    "number access_token": (good(access_token=5), 1, ["access_token"]),
    "list access_token": (good(access_token=["a"]), 1, ["access_token"]),
    "access_token with newline": (good(access_token="a\nb"), 1, ["access_token"]),
    "access_token with carriage return": (good(access_token="a\rb"), 1, ["access_token"]),
    "access_token with nul": (good(access_token="a\0b"), 1, ["access_token"]),
    "access_token with escape": (good(access_token="a\x1b[31mb"), 1, ["access_token"]),
    "access_token with delete": (good(access_token="a\x7fb"), 1, ["access_token"]),
    "access_token with space": (good(access_token="a b"), 1, ["access_token"]),
    "access_token not ascii": (good(access_token="aéb"), 1, ["access_token"]),
    "access_token bidi": (good(access_token="a\u202eb"), 1, ["access_token"]),
    "access_token too long": (good(access_token=LONG), 1, ["access_token", "65000"]),
    # The other members
    "refresh_token with newline": (good(refresh_token="a\nb"), 1, ["refresh_token"]),
    "refresh_token number": (good(refresh_token=1), 1, ["refresh_token"]),
    "refresh_token too long": (good(refresh_token=LONG), 1, ["refresh_token"]),
    "scope with newline": (good(scope="a\nb"), 1, ["scope"]),
    "scope with escape": (good(scope="a\x1bb"), 1, ["scope"]),
    "scope number": (good(scope=7), 1, ["scope"]),
    "id_token with nul": (good(id_token="a\0b"), 1, ["id_token"]),
    "no token_type": (good(token_type=None), 1, ["no token_type"]),
    "token_type mac": (good(token_type="mac"), 1, ["mac", "only Bearer and DPoP"]),
    "token_type dpop": (good(token_type="DPoP"), 1, ["dpop"]),
    "token_type with escapes": (good(token_type="be\x1b[2Jarer\n"), 1, ["token_type"]),
    "token_type list": (good(token_type=["Bearer"]), 1, ["token_type"]),
    "token_type lookalike": (good(token_type="B\u0435arer"), 1, ["token_type"]),
    "expires_in negative": (good(expires_in=-1), 1, ["expires_in"]),
    "expires_in negative string": (good(expires_in="-1"), 1, ["expires_in"]),
    "expires_in words": (good(expires_in="soon"), 1, ["expires_in"]),
    "expires_in hexadecimal": (good(expires_in="0x10"), 1, ["expires_in"]),
    "expires_in nan": (good(expires_in="nan"), 1, ["expires_in"]),
    "expires_in true": (good(expires_in=True), 1, ["expires_in"]),
    "expires_in object": (good(expires_in={}), 1, ["expires_in"]),
    "expires_in 1e400 negative": (text(BODY.replace("3600", "-1e400")), 1, []),
    # HTTP
    "body of 10 MiB": (text(" " * (10 << 20) + BODY), 1, ["larger than 1 MiB"]),
    "chunks of 10 MiB": (
        raw(JSON_HEAD + "Transfer-Encoding: chunked\r\n\r\n" + ("100000\r\n" + "a" * (1 << 20)
            + "\r\n") * 10 + "0\r\n\r\n"), 1, ["larger than 1 MiB"]),
    "length of an exbibyte": (raw(f"{JSON_HEAD}Content-Length: {1 << 60}\r\n\r\n"), 1,
                              ["larger than 1 MiB"]),
    "length of 40 digits": (raw(f"{JSON_HEAD}Content-Length: {'9' * 40}\r\n\r\n"), 1, []),
    "negative length": (raw(f"{JSON_HEAD}Content-Length: -1\r\n\r\n{BODY}"), 1, ["malformed"]),
    "two lengths": (
        raw(f"{JSON_HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\n{BODY}"), 1,
        ["two lengths"]),
    "length and chunks": (
        raw(f"{JSON_HEAD}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 1,
        []),
    "head of 1 MiB": (raw(JSON_HEAD + "X: " + "a" * (1 << 20)), 1, ["head is larger"]),
    "endless fields": (raw(JSON_HEAD + "X: a\r\n" * 100_000), 1, ["head is larger"]),
    "no http": (raw("SSH-2.0-OpenSSH_9.2\r\n"), 1, ["does not speak http/1.1"]),
    "http/0.9": (raw(BODY), 1, ["does not speak http/1.1"]),
    "bad chunk size": (raw(JSON_HEAD + "Transfer-Encoding: chunked\r\n\r\nzz\r\n"), 1, []),
    "huge chunk size": (
        raw(JSON_HEAD + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n"), 1, []),
    "gzip not asked for": (
        text(gzip.compress(BODY.encode()), **{"Content-Encoding": "gzip"}), 1, ["compressed"]),
    "nul in the head": (raw("HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n"), 1, ["malformed"]),
    "folded field": (raw(f"{JSON_HEAD}X: a\r\n b\r\nContent-Length: 2\r\n\r\n{{}}"), 1, []),
    # Cut
    "cut at once": (raw(""), 5, ["ended the connection"]),
    "reset at once": (raw("", "reset"), 5, ["ended the connection"]),
    "cut in the head": (raw("HTTP/1.1 200 OK\r\nConte"), 5, ["ended the connection"]),
    "cut in the body": (raw(f"{JSON_HEAD}Content-Length: 500\r\n\r\n{BODY}"), 5,
                        ["ended the connection"]),
    "cut in a chunk": (
        raw(f"{JSON_HEAD}Transfer-Encoding: chunked\r\n\r\n500\r\n{BODY}"), 5,
        ["ended the connection"]),
    "no last chunk": (
        raw(f"{JSON_HEAD}Transfer-Encoding: chunked\r\n\r\n{len(BODY):x}\r\n{BODY}\r\n"), 5,
        ["ended the connection"]),
    "reset in the body": (raw(f"{JSON_HEAD}Content-Length: 500\r\n\r\n{BODY}", "reset"), 5,
                          ["ended the connection"]),
}


@pytest.mark.parametrize("answer, status, words", REFUSED.values(), ids=REFUSED)
def test_an_answer_that_is_no_success_is_one_clear_line(bare, server, answer, status, words):
    result, page = sign_in(bare, server, answer)
    result.failed(status, *words)
    for secret in ["at-good", "rt-good", "of-this-sign-in"]:
        assert secret not in result.errors and secret not in page.text
    assert page.status == 200 and "Not signed in" in page.text
    # The code is sent once, whatever has come of it, and nothing is followed.
    assert len(server.token_requests) == 1
    assert [request.path for request in server.requests] == ["/token"]
    assert bare.status()["state"] == "signed-out"


# What is understood

@pytest.mark.parametrize("token_type", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_the_case_of_token_type_does_not_matter(bare, server, token_type):
    sign_in(bare, server, good(token_type=token_type))[0].done()
    assert bare.run("token", "work", "--format", "header").done().line == (
        "Authorization: Bearer at-good")


TEN_YEARS = 10 * 365 * 86400
LIFETIMES = {
    "number": ("3600", 3600), "string": ('"3600"', 3600), "fraction": ("3600.9", 3600),
    "exponent": ("3.6e3", 3600), "huge": ("9223372036854775808", TEN_YEARS),
    "huge string": ('"99999999999999999999999"', TEN_YEARS), "100 digits": ("9" * 100, TEN_YEARS),
    "absent": (None, None), "null": ("null", None),
}


@pytest.mark.parametrize("value, seconds", LIFETIMES.values(), ids=LIFETIMES)
def test_a_lifetime_is_read_as_servers_write_it(bare, server, value, seconds):
    body = BODY.replace(', "expires_in": 3600', f', "expires_in": {value}' if value else "")
    sign_in(bare, server, text(body))[0].done()
    status = bare.status()
    if seconds is None:
        assert "expires_in" not in status
    else:
        assert seconds - 60 <= status["expires_in"] <= seconds
    assert bare.token() == "at-good"


def test_a_token_that_expires_at_once_is_not_served(bare, server):
    sign_in(bare, server, good(expires_in=0, refresh_token=None))[0].done()
    bare.run("token", "work").failed(3, "expired")


def test_unknown_members_and_types_of_json_are_fine(bare, server):
    answer = good(ext_expires_in=1, foo={"a": [1, {"b": None}]}, scope="read write")
    answer.fields["Content-Type"] = "Application/JSON ; charset=UTF-8"
    sign_in(bare, server, answer)[0].done()
    assert bare.status()["scope"] == ["read", "write"] or bare.status()["scope"] == "read write"


def test_the_longest_token_gets_through(bare, server):
    token = "a" * 65_000
    sign_in(bare, server, good(access_token=token))[0].done()
    assert bare.token() == token


def test_chunks_and_an_interim_answer_are_understood(bare, server):
    chunks = "".join(f"1;x=y\r\n{character}\r\n" for character in BODY)
    answer = raw("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: a\r\n\r\n" + JSON_HEAD
                 + f"Transfer-Encoding: chunked\r\n\r\n{chunks}0\r\nTrailer: x\r\n\r\n")
    sign_in(bare, server, answer)[0].done()
    assert bare.token() == "at-good"


def test_a_body_without_a_length_ends_with_the_connection(bare, server):
    sign_in(bare, server, raw(f"{JSON_HEAD}\r\n{BODY}"))[0].done()
    assert bare.token() == "at-good"


def test_the_answer_counts_although_the_connection_stays_open(bare, server):
    answer = raw(f"{JSON_HEAD}Content-Length: {len(BODY)}\r\n\r\n{BODY}", "stall")
    sign_in(bare, server, answer)[0].done()
    assert bare.token() == "at-good"


def test_the_answer_may_come_in_one_byte_pieces(bare, server):
    # Short, since they come slowly.
    body = '{"access_token":"x","token_type":"bearer"}'
    answer = raw(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}")
    server.token = lambda request: answer
    login = bare.start_login()
    server.person(login.url)
    login.finish().done()
    assert bare.token() == "x"


# Texts

def test_a_servers_text_is_shown_cleaned_and_bounded(bare, server):
    description = "first\r\nsallyport: forged\x1b]0;title\x07\u202e\u2028\0" + "x" * 100_000
    result, page = sign_in(bare, server, Answer.error("invalid_scope", description))
    result.failed(4, "invalid_scope", "first")
    assert len(result.errors) < 5000 and len(page.text) < 8000
    for mark in "\x1b\x07\r\u202e\u2028\0":
        assert mark not in result.errors and mark not in page.text
    assert "\nsallyport: forged" not in result.errors


def test_what_a_server_echoes_of_our_secrets_is_not_shown(home, server):
    home.configure_bare(server, client_secret="client-secret-value")

    def echo(request):
        return Answer.error("invalid_grant", "you sent " + " ".join(request.form.values()))
    server.token = echo
    login = home.start_login()
    page = server.person(login.url)
    result = login.finish().failed(4, "invalid_grant", "you sent")
    [request] = server.token_requests
    for name in ["code", "code_verifier", "client_secret"]:
        assert request.form[name] not in result.errors, name
        assert request.form[name] not in page.text, name


# The connection

def test_a_token_endpoint_where_nobody_listens(bare, server, port):
    text_before = bare.config.read_text()
    bare.write_config(text_before.replace(
        server.metadata["token_endpoint"], f"http://127.0.0.1:{port}/token"))
    login = bare.start_login()
    server.person(login.url)
    login.finish().failed(5, f"cannot connect to 127.0.0.1 port {port}")


def test_a_name_that_does_not_exist(home, server):
    home.configure_for(server, issuer="https://nothing.invalid")
    home.run("login", "work", "--no-browser").failed(5, "cannot find nothing.invalid")


@pytest.mark.parametrize("trust", ["ca_file", "SSL_CERT_FILE"])
def test_a_certificate_is_trusted_when_it_is_named(home, servers, certificate_files, trust):
    server = servers(certificate=certificate_files)
    named = {"ca_file": certificate_files[0]} if trust == "ca_file" else {}
    home.configure_for(server, **named)
    if trust == "SSL_CERT_FILE":
        home.environment["SSL_CERT_FILE"] = str(certificate_files[0])
    home.sign_in(server)
    assert all(request.secure for request in server.requests)


@pytest.mark.parametrize("fault, words", [
    ("unknown", "not trusted"), ("other name", "127.0.0.1"), ("tls 1.1", "no secure connection")])
def test_a_connection_that_is_not_secure_is_refused_before_anything_is_sent(
        home, servers, key_folder, certificate_files, fault, words):
    files = certificate_files
    if fault == "other name":
        files = certificate(key_folder, "DNS:other.example", "other")
    server = servers(certificate=files, maximum_tls=(
        ssl.TLSVersion.TLSv1_1 if fault == "tls 1.1" else None))
    trusted = {} if fault == "unknown" else {"ca_file": files[0]}
    home.configure_for(server, **trusted)
    # None of these switches the check off.
    environment = {"GIT_SSL_NO_VERIFY": "1", "PYTHONHTTPSVERIFY": "0", "SSL_VERIFY": "0",
                   "NODE_TLS_REJECT_UNAUTHORIZED": "0"}
    home.run("login", "work", "--no-browser", environment=environment).failed(1, words)
    assert server.requests == []


# Deadlines: everything that waits does so at the same time, for it takes half a minute

def test_nothing_waits_longer_than_its_deadline(servers, request):
    from harness.home import Home
    stalls = {
        "silent": raw("", "stall"),
        "after the head": raw(JSON_HEAD + "Content-Length: 500\r\n\r\n", "stall"),
        "in the body": raw(f"{JSON_HEAD}Content-Length: 500\r\n\r\n{BODY}", "stall"),
        "one byte a second": raw(JSON_HEAD + "X: " + "a" * 10_000, "drip"),
    }

    def exchange(answer):
        home, server = homes.pop(), servers()
        home.configure_bare(server)
        server.token = lambda request: answer
        login = home.start_login()
        server.person(login.url)
        return login.finish()

    def discovery(answer):
        home, server = homes.pop(), servers()
        home.configure_for(server)
        server.routes["/.well-known/openid-configuration"] = lambda request: answer
        return home.run("login", "work", "--no-browser")

    homes = [Home() for _ in range(6)]
    for home in homes:
        request.addfinalizer(home.close)
    start = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        results = [pool.submit(exchange, answer) for answer in stalls.values()]
        results += [pool.submit(discovery, stalls["silent"])]
        results += [pool.submit(discovery, stalls["one byte a second"])]
        for result in results:
            result.result().failed(5, "did not answer in time")
    assert time.monotonic() - start < PATIENCE + 30


@pytest.mark.parametrize("after", ["stall", "drip"])
def test_a_refresh_ends_at_its_deadline(home, server, after):
    server.token = lambda request: raw(JSON_HEAD + "X: " + "a" * 1000, after)
    status, blocks = home.courier(
        job="refresh", account="work", timeout=2, client_id="c", refresh_token="rt-secret",
        authorization_endpoint=server.base + "/authorize", token_endpoint=server.base + "/token")
    assert status == 5 and blocks[-1]["error"] == "temporarily_unavailable"
    assert "did not answer in time" in blocks[-1]["error_description"]


def test_a_sign_in_that_is_withdrawn_during_the_exchange_leaves_nothing(bare, server):
    server.token = lambda request: raw("", "stall")
    login = bare.start_login()
    authorization = server.authorize(login.url)
    with browser.connect(authorization.port) as connection:
        connection.sendall(browser.request(
            authorization.target(), f"127.0.0.1:{authorization.port}"))
        wait_until(lambda: server.token_requests, "the token request")
        login.process.terminate()
        login.finish()
        # The browser is let go of, too.
        browser.read_all(connection)
    assert bare.status()["state"] == "signed-out"
