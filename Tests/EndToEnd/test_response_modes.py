"""How the answer comes back: in an address, in a form, or signed (JARM); and what changes nothing."""

import time
import urllib.parse

import pytest
from harness import browser
from harness.courier import CourierJob, browse, settings_at
from harness.keys import ECKey, NoKey, jwt
from harness.server import Answer

FORM = "application/x-www-form-urlencoded"
MODES = ["query", "form_post", "jwt", "query.jwt", "form_post.jwt"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("redirect_uri", [
    "http://127.0.0.1/callback", "http://localhost:{port}/callback"])
def test_every_mode_signs_in(home, port, mode, redirect_uri, practices):
    client = f"native,redirect={redirect_uri.format(port=port)}"
    practice = practices("--auto-approve", "alice", "--client", client)
    job = CourierJob(home, job="login", **settings_at(practice, 
        client_id="native", redirect_uri=redirect_uri.format(port=port), response_mode=mode))
    url = job.event("authorize")["url"]
    assert f"response_mode={mode}" in url
    assert browse(home, url)["title"].startswith("Signed in")
    assert job.done()["sub"] == "alice"


@pytest.mark.parametrize("mode", MODES)
def test_a_person_who_says_no_ends_it_in_every_mode(home, mode, practices):
    practice = practices()
    job = CourierJob(home, job="login", **settings_at(practice, response_mode=mode))
    browse(home, job.event("authorize")["url"], "--deny")
    job.failed(4, "access_denied")


class ModeDoor:
    """A sign-in at the scripted server that waits for its answer in this mode."""

    def __init__(self, home, server, mode, **changes):
        self.server, self.mode = server, mode
        self.job = CourierJob(home, job="login", **{
            "account": "work", "issuer": server.issuer, "client_id": "client-1", "timeout": 60,
            "redirect_uri": home.redirect_uri, "response_mode": mode, **changes})
        announced = self.job.event("authorize")
        self.authorization = server.authorize(announced["url"])
        self.port = self.authorization.port
        self.host = f"127.0.0.1:{self.port}"

    def answer(self, **changes):
        answer = {"code": self.authorization.code, "state": self.authorization.state, **changes}
        return {name: value for name, value in answer.items() if value is not None}

    def token(self, key=None, header=(), **changes):
        """The answer as the server signs it."""
        claims = {"iss": self.server.issuer, "aud": "client-1", "exp": int(time.time()) + 60,
                  **self.answer(), **changes}
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt(key or self.server.keys[0], claims, **dict(header))

    def deliver(self, parameters, **options):
        """Brings parameters in the way of the mode."""
        text = parameters if isinstance(parameters, str) else urllib.parse.urlencode(parameters)
        if "form_post" in self.mode:
            return self.post(text, **options)
        return browser.get(f"http://{self.host}/callback?{text}")

    def post(self, text, path="/callback", host=None, kind=FORM, fields=()):
        fields = [*([f"Content-Type: {kind}"] if kind else []), f"Content-Length: {len(text)}",
                  "Origin: https://server.example", "Sec-Fetch-Site: cross-site", *fields]
        return browser.send(self.port, browser.request(
            path, host or self.host, method="POST", fields=fields) + text.encode())

    def right(self):
        return {"response": self.token()} if "jwt" in self.mode else self.answer()

    def completes(self):
        reply = self.deliver(self.right())
        assert reply.status == 303, reply.raw
        page = browser.get(f"http://{self.host}{reply.fields['location']}")
        assert "is signed in" in page.text
        assert self.job.done()["access_token"].startswith("at-")
        assert len(self.server.token_requests) == 1

    def ends(self, parameters, status, words):
        """The answer is this sign-in's, and wrong."""
        assert self.deliver(parameters).status == 303
        self.job.failed(status, words)
        assert self.server.token_requests == []


@pytest.fixture
def door(home, server):
    return lambda mode, **changes: ModeDoor(home, server, mode, **changes)


# Forms

def test_only_post_is_an_answer_in_a_form(door):
    sign_in = door("form_post")
    for method in ["GET", "HEAD", "PUT", "OPTIONS"]:
        reply = browser.send(sign_in.port, browser.request(
            "/callback?" + urllib.parse.urlencode(sign_in.answer()), sign_in.host, method=method))
        assert reply.status == 405 and reply.fields["allow"] == "POST"
    sign_in.completes()


def test_a_post_in_a_query_is_no_answer(door):
    sign_in = door("form_post")
    query = urllib.parse.urlencode(sign_in.answer())
    assert sign_in.post("", path=f"/callback?{query}").status == 400
    sign_in.completes()


@pytest.mark.parametrize("changes, status", [
    ({"text": "code=x&state=other"}, 400),
    ({"text": "code=x"}, 400),
    ({"text": "error=access_denied&state="}, 400),
    ({"text": "code=x&state={state}&state={state}"}, 400),
    ({"text": "code=x&code=y&state={state}"}, 400),
    ({"text": "%zz"}, 400),
    ({"text": ""}, 400),
    ({"text": "code=x&state={state}", "kind": "text/plain"}, 400),
    ({"text": "code=x&state={state}", "kind": "multipart/form-data; boundary=x"}, 400),
    ({"text": "code=x&state={state}", "kind": None}, 400),
    ({"text": "code=x&state={state}", "path": "/other"}, 404),
    ({"text": "code=x&state={state}", "host": "evil.example"}, 421),
    ({"text": "x" * 65537}, 413),
])
def test_a_form_that_is_not_the_answer_changes_nothing(door, changes, status):
    sign_in = door("form_post")
    changes = {**changes, "text": changes["text"].format(state=sign_in.authorization.state)}
    assert sign_in.post(**changes).status == status
    sign_in.completes()


def test_a_chunked_form_is_refused(door):
    sign_in = door("form_post")
    reply = browser.send(sign_in.port, browser.request(
        "/callback", sign_in.host, method="POST",
        fields=[f"Content-Type: {FORM}", "Transfer-Encoding: chunked"]) + b"0\r\n\r\n")
    assert reply.status == 411
    sign_in.completes()


def test_a_body_elsewhere_is_not_read(door):
    sign_in = door("form_post")
    reply = browser.send(sign_in.port, browser.request(
        "/other", sign_in.host, method="POST", fields=["Content-Length: 1000000"]))
    assert reply.status == 404
    sign_in.completes()


def test_the_form_may_come_in_pieces(door):
    sign_in = door("form_post")
    text = urllib.parse.urlencode(sign_in.answer())
    with browser.connect(sign_in.port) as slow, browser.connect(sign_in.port) as broken:
        broken.sendall(browser.request("/callback", sign_in.host, method="POST", fields=[
            f"Content-Type: {FORM}", f"Content-Length: {len(text)}"]))
        slow.sendall(browser.request("/callback", sign_in.host, method="POST", fields=[
            f"Content-Type: {FORM}", f"Content-Length: {len(text)}"]))
        for byte in text.encode():
            slow.sendall(bytes([byte]))
        assert browser.Reply(browser.read_all(slow)).status == 303
    sign_in.job.done()


def test_a_form_posted_twice_sends_one_code(door):
    sign_in = door("form_post")
    grant = sign_in.server.grant
    text = urllib.parse.urlencode(sign_in.answer())
    held = []

    def answer(request):
        held.append(browser.connect(sign_in.port))
        held[0].sendall(browser.request("/callback", sign_in.host, method="POST", fields=[
            f"Content-Type: {FORM}", f"Content-Length: {len(text)}"]) + text.encode())
        return grant(request)
    sign_in.server.token = answer
    assert sign_in.post(text).status == 303
    sign_in.job.done()
    held[0].close()
    assert len(sign_in.server.token_requests) == 1


def test_a_post_is_no_answer_where_none_was_asked_for(door):
    sign_in = door("query")
    reply = sign_in.post(urllib.parse.urlencode(sign_in.answer()))
    assert reply.status == 405 and reply.fields["allow"] == "GET"
    sign_in.completes()


def test_an_error_in_a_form_is_the_servers(door):
    sign_in = door("form_post")
    sign_in.ends(sign_in.answer(code=None, error="access_denied"), 4, "access_denied")


# Signed answers

@pytest.mark.parametrize("mode", ["jwt", "query.jwt", "form_post.jwt"])
def test_a_signed_answer_of_another_sign_in_changes_nothing(door, mode):
    sign_in = door(mode)
    for response in [sign_in.token(state="another"), sign_in.token(state=None), "no-token",
                     sign_in.token(key=NoKey(), state="another"), ""]:
        assert sign_in.deliver({"response": response}).status == 400
    assert sign_in.deliver({"code": "x", "state": "another"}).status == 400
    twice = urllib.parse.urlencode([("response", sign_in.token())] * 2)
    assert sign_in.deliver(twice).status == 400
    sign_in.completes()


@pytest.mark.parametrize("mode", ["query.jwt", "form_post.jwt"])
@pytest.mark.parametrize("changes, words", [
    ({"iss": "https://evil.example"}, "issuer"),
    ({"iss": None}, "iss"),
    ({"aud": "client-2"}, "client"),
    ({"exp": 1}, "expired"),
    ({"exp": None}, "exp"),
    ({"code": None}, "neither a code nor an error"),
    ({"code": 7}, "code"),
])
def test_a_signed_answer_that_is_wrong_ends_it(door, mode, changes, words):
    sign_in = door(mode)
    sign_in.ends({"response": sign_in.token(**changes)}, 1, words)


@pytest.mark.parametrize("make", [
    lambda sign_in, other: sign_in.token(key=NoKey()),
    lambda sign_in, other: sign_in.token()[:-8] + "AAAAAAAA",
    lambda sign_in, other: sign_in.token(key=other),
], ids=["none", "wrong", "stranger"])
def test_a_signature_that_is_not_the_servers_ends_it(door, tmp_path, make):
    sign_in = door("jwt")
    other = ECKey(tmp_path, kid=sign_in.server.keys[0].kid)
    sign_in.ends({"response": make(sign_in, other)}, 1, "sign")


def test_a_plain_answer_in_place_of_a_signed_one_ends_it(door):
    sign_in = door("jwt")
    sign_in.ends(sign_in.answer(), 1, "not signed")


def test_what_stands_beside_a_signed_answer_is_not_looked_at(door):
    sign_in = door("jwt")
    reply = sign_in.deliver({"response": sign_in.token(), "code": "evil", "state": "x"})
    assert reply.status == 303
    assert sign_in.job.done()["access_token"].startswith("at-")


def test_the_keys_are_there_before_the_address_is_shown(door, server):
    door("jwt")
    assert [request.path for request in server.requests].count("/jwks") == 1


def test_a_key_nobody_knew_yet_is_fetched_once(door, server, tmp_path):
    sign_in = door("form_post.jwt")
    server.keys.insert(0, ECKey(tmp_path, kid="new"))
    sign_in.completes()
    assert [request.path for request in server.requests].count("/jwks") == 2


def test_a_key_the_server_does_not_have_ends_it_after_one_look(door, server, tmp_path):
    sign_in = door("jwt")
    sign_in.ends({"response": sign_in.token(key=ECKey(tmp_path, kid="new"))}, 1, "key")
    assert [request.path for request in server.requests].count("/jwks") == 2


def test_without_keys_no_signed_answer_is_asked_for(home, server):
    server.routes["/jwks"] = lambda request: Answer(503)
    job = CourierJob(
        home, job="login", account="work", issuer=server.issuer, client_id="client-1",
        redirect_uri=home.redirect_uri, response_mode="jwt")
    job.failed(5, "keys")
    assert not [block for block in job.blocks if block.get("event") == "authorize"]


# Pasted answers

@pytest.mark.parametrize("mode", ["query", "jwt"])
def test_an_answer_can_be_pasted(door, mode):
    sign_in = door(mode)
    place = f"http://{sign_in.host}/callback?"
    sign_in.job.send(f"callback={place}{urllib.parse.urlencode({'code': 'x', 'state': 'y'})}\n")
    assert "does not end this sign-in" in sign_in.job.event("waiting")["message"]
    sign_in.job.send(f"callback={place}{urllib.parse.urlencode(sign_in.right())}\n")
    assert sign_in.job.done()["access_token"].startswith("at-")


def test_a_form_cannot_be_pasted(door):
    sign_in = door("form_post")
    query = urllib.parse.urlencode(sign_in.answer())
    sign_in.job.send(f"callback=http://{sign_in.host}/callback?{query}\n")
    assert "response_mode" in sign_in.job.event("waiting")["message"]
    sign_in.completes()


# Modes that cannot be

@pytest.mark.parametrize("changes, metadata, words", [
    ({"response_mode": "fragment"}, {}, "fragment"),
    ({"response_mode": "form_post"}, {"response_modes_supported": ["query", "jwt"]}, "form_post"),
    ({"response_mode": "jwt"}, {"response_modes_supported": ["query"]}, "jwt"),
    ({"response_mode": "form_post", "redirect_uri": "com.example:/cb"}, {}, "redirect_uri"),
    ({"response_mode": "jwt"}, {"jwks_uri": None}, "jwks_uri"),
])
def test_a_mode_that_cannot_be_is_refused(home, server, changes, metadata, words):
    server.metadata.update(metadata)
    server.metadata = {name: value for name, value in server.metadata.items() if value is not None}
    job = CourierJob(home, job="login", **{
        "account": "work", "issuer": server.issuer, "client_id": "client-1",
        "redirect_uri": home.redirect_uri, **changes})
    job.failed(1, words)
    assert not [block for block in job.blocks if block.get("event") == "authorize"]


def test_a_signed_answer_needs_an_issuer(home, server):
    job = CourierJob(
        home, job="login", account="work", client_id="client-1", redirect_uri=home.redirect_uri,
        authorization_endpoint=server.metadata["authorization_endpoint"],
        token_endpoint=server.metadata["token_endpoint"], response_mode="jwt")
    job.failed(1, "issuer")
