"""What a server tells about the person, and the end of the person's session at the server: jobs
that take a session and a browser."""

import json
import time
import urllib.parse

import pytest
from harness import browser
from harness.courier import CourierJob, browse, requests_of, settings_at
from harness.keys import ECKey, NoKey, jwt
from harness.server import Answer
from harness.waiting import accepts, listen, wait_until


def session_of(done):
    """What the agent would keep of a sign-in and hand to later jobs."""
    return {key: value for key, value in done.items()
            if key.startswith(("session.", "secret.")) or key == "access_token"}


def practice_session(home, practices, *options, **changes):
    """A practice server, and a session at it."""
    practice = practices("--auto-approve", "alice", *options)
    job = CourierJob(home, job="login", **settings_at(practice, 
        scope="openid profile email", **changes))
    browse(home, job.event("authorize")["url"])
    return practice, session_of(job.done())


# Userinfo

@pytest.mark.parametrize("options", [(), ("--signed-userinfo",)], ids=["plain", "signed"])
@pytest.mark.parametrize("bound", ["no", "yes"])
def test_userinfo_of_the_practice_server(home, options, bound, practices):
    practice, session = practice_session(home, practices, *options, dpop_bound_access_tokens=bound)
    told = CourierJob(home, job="userinfo", account="work", **session).done()
    assert told["sub"] == told["claim.sub"] == "alice"
    assert told["claim.email"] == "alice@practice.example"
    assert json.loads(told["userinfo"])["preferred_username"] == "alice"
    fields = practice.headers("/userinfo")[0]
    assert fields["authorization"].startswith("DPoP " if bound == "yes" else "Bearer ")


@pytest.fixture
def asking(home, server):
    """A session at the scripted server, whose userinfo is this."""
    server.metadata["userinfo_endpoint"] = server.base + "/userinfo"
    job = CourierJob(
        home, job="login", account="work", issuer=server.issuer, client_id="client-1",
        redirect_uri=home.redirect_uri, scope="openid")
    server.person(job.event("authorize")["url"])
    session = session_of(job.done())

    def ask(answer, **changes):
        server.routes["/userinfo"] = answer if callable(answer) else lambda request: answer
        return CourierJob(
            home, job="userinfo", account="work", **{**session, **changes})
    return ask


def signed(server, key=None, claims=(), header=(), **changes):
    claims = {"iss": server.issuer, "aud": "client-1", "sub": "user-1", **dict(claims), **changes}
    claims = {name: value for name, value in claims.items() if value is not None}
    token = jwt(key or server.keys[0], claims, **dict(header))
    return Answer(200, token.encode(), {"Content-Type": "application/jwt"})


def test_claims_are_flattened_and_cleaned(asking):
    told = asking(Answer.json({
        "sub": "user-1", "name": "Zoë \x1b[31mred\nline\u202e", "email_verified": True, "age": 7,
        "address": {"locality": "Bern", "note": "a\u0085b"}, "groups": ["a", "b"], "none": None,
        "a=b": "no line", "": "no line", "https://x.example/role": "admin", "nul": "a\u0000b",
    })).done()
    assert told["claim.name"] == "Zoë  [31mred line "
    assert told["claim.email_verified"] == "true" and told["claim.age"] == "7"
    assert told["claim.address"] == '{"locality":"Bern","note":"a\\u0085b"}'
    assert told["claim.groups"] == '["a","b"]' and told["claim.none"] == "null"
    assert told["claim.https://x.example/role"] == "admin"
    assert [key for key in told if key.startswith("claim.a=") or key == "claim."] == []
    whole = json.loads(told["userinfo"])
    assert whole["a=b"] == "no line" and whole["nul"] == "a\0b"
    assert told["userinfo"].isprintable()


def test_the_token_goes_in_the_header_alone(asking, server):
    asking(Answer.json({"sub": "user-1"})).done()
    request = [one for one in server.requests if one.path == "/userinfo"][0]
    assert request.method == "GET" and request.target == "/userinfo"
    assert request.fields["authorization"].startswith("Bearer at-")
    assert "application/jwt" in request.fields["accept"]


def test_a_whole_that_is_too_long_for_a_line_is_left_out(asking):
    told = asking(Answer.json({"sub": "user-1", "long": "x" * 70000})).done()
    assert "userinfo" not in told and "too long" in told["warning[]"]
    assert len(told["claim.long"]) == 1001


@pytest.mark.parametrize("answer, status, words", [
    (Answer.json({"sub": "user-2"}), 1, "another user"),
    (Answer.json({"sub": "USER-1"}), 1, "another user"),
    (Answer.json({}), 1, "sub"),
    (Answer.json({"sub": 1}), 1, "sub"),
    (Answer.json(["sub"]), 1, "127.0.0.1"),
    (Answer(200, b"<html>", {"Content-Type": "text/html"}), 1, "instead of json"),
    (Answer(302, fields={"Location": "http://127.0.0.1:1/"}), 1, "redirect"),
    (Answer(401, fields={"WWW-Authenticate": 'Bearer error="invalid_token"'}), 4, "401"),
    (Answer(503), 5, "503"),
    (Answer(raw=b"", after="reset"), 5, "127.0.0.1"),
], ids=["other sub", "other case", "no sub", "number", "array", "html", "redirect", "401", "503",
        "cut"])
def test_userinfo_is_refused_for(asking, answer, status, words):
    asking(answer).failed(status, words)


@pytest.mark.parametrize("changes, words", [
    ({"iss": "https://evil.example"}, "issuer"),
    ({"aud": "client-2"}, "client"),
    ({"exp": 1}, "expired"),
    ({"sub": "user-2"}, "another user"),
    ({"sub": None}, "sub"),
    ({"key": NoKey()}, "none"),
])
def test_signed_userinfo_is_refused_for(asking, server, changes, words):
    asking(lambda request: signed(server, **changes)).failed(1, words)


def test_a_clock_that_is_far_off_is_named(asking, server):
    answer = signed(server, exp=int(time.time()) - 500)
    answer.fields["Date"] = time.strftime(
        "%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() - 1000))
    asking(answer).failed(1, "expired", "clock")


def test_a_new_key_is_fetched_once(asking, server, tmp_path):
    def answer(request):
        server.keys.insert(0, ECKey(tmp_path, kid="new"))
        return signed(server)
    before = [request.path for request in server.requests].count("/jwks")
    asking(answer).done()
    assert [request.path for request in server.requests].count("/jwks") == before + 1


def test_a_strangers_signature_is_refused_after_one_look(asking, server, tmp_path):
    stranger = ECKey(tmp_path, kid=server.keys[0].kid)
    asking(signed(server, stranger)).failed(1, "sign")


@pytest.mark.parametrize("changes, status, words", [
    ({"session.userinfo_endpoint": None}, 1, "userinfo_endpoint"),
    ({"secret.id_token": None}, 1, "id token"),
    ({"access_token": None}, 3, "access token"),
    ({"session.token_endpoint": None}, 3, "session"),
])
def test_what_a_session_lacks_is_named(asking, changes, status, words):
    asking(Answer.json({"sub": "user-1"}), **changes).failed(status, words)


# The end of the session at the server

def end(home, session, **changes):
    job = CourierJob(home, job="end-session", account="work", **{**session, **changes})
    return job, job.event("end-session")["url"]


def test_the_browser_is_led_to_the_server_once(home, practices):
    practice, session = practice_session(home, practices)
    job, url = end(home, session)
    parts = urllib.parse.urlsplit(url)
    assert parts.hostname == "127.0.0.1" and parts.path.startswith("/end-session/")
    assert session["secret.id_token"] not in url
    reply = browser.get(url)
    assert reply.status == 303
    place, _, query = reply.fields["location"].partition("?")
    assert place == practice["end_session_endpoint"]
    assert dict(urllib.parse.parse_qsl(query)) == {
        "id_token_hint": session["secret.id_token"], "client_id": "practice"}
    assert browse(home, reply.fields["location"])["title"].startswith("Signed out")
    job.done()
    assert not accepts(parts.port)


def test_what_is_not_the_address_changes_nothing(home, practices):
    _, session = practice_session(home, practices)
    job, url = end(home, session)
    parts = urllib.parse.urlsplit(url)
    place = f"http://127.0.0.1:{parts.port}"
    assert browser.get(f"{place}/").status == 404
    assert browser.get(f"{place}/end-session/").status == 404
    assert browser.get(url[:-1]).status == 404
    assert browser.get(url, method="POST").status == 405
    foreign = browser.request(parts.path, f"evil.example:{parts.port}")
    assert browser.send(parts.port, foreign).status == 421
    assert browser.get(url).status == 303
    job.done()


def test_the_browser_comes_back(home, port, practices):
    back = f"http://localhost:{port}/signed-out"
    practice, session = practice_session(
        home, practices, "--client", f"native,redirect={back},redirect=http://127.0.0.1/callback",
        client_id="native")
    job, url = end(home, session, post_logout_redirect_uri=back)
    assert accepts(port)
    onward = browser.get(url).fields["location"]
    assert browser.get(f"{back}?state=other").status == 400
    assert browser.get(back).status == 400
    page = browse(home, onward)
    assert page["title"].startswith("Signed out")
    assert page["url"].startswith(f"http://localhost:{port}/signed-out")
    assert "warning[]" not in job.done()


def test_a_browser_that_does_not_come_back_is_only_a_warning(home, port, practices):
    _, session = practice_session(home, practices)
    job, url = end(
        home, session, timeout=2, post_logout_redirect_uri=f"http://localhost:{port}/signed-out")
    assert "post_logout_redirect_uri" in browser.get(url).fields["location"]
    assert "not come back" in job.done()["warning[]"]


def test_a_port_that_is_taken_is_only_a_warning(home, practices):
    _, session = practice_session(home, practices)
    with listen("127.0.0.1") as taken:
        port = taken.getsockname()[1]
        job, url = end(home, session, post_logout_redirect_uri=f"http://localhost:{port}/out")
        assert "post_logout_redirect_uri" not in browser.get(url).fields["location"]
        assert f"port {port}" in job.done()["warning[]"]


def test_a_hosted_page_is_come_back_to_without_us(home, practices):
    _, session = practice_session(home, practices)
    job, url = end(home, session, post_logout_redirect_uri="https://app.example/out")
    query = dict(urllib.parse.parse_qsl(browser.get(url).fields["location"].partition("?")[2]))
    assert query["post_logout_redirect_uri"] == "https://app.example/out" and query["state"]
    job.done()


def test_a_browser_that_never_comes_is_told(home, practices):
    _, session = practice_session(home, practices)
    job, _ = end(home, session, timeout=1)
    job.failed(5, "no browser came")


def test_nobody_waits_for_it_any_more(home, practices):
    _, session = practice_session(home, practices)
    job, _ = end(home, session)
    job.process.stdout.close()
    assert job.process.wait(60) == 1


@pytest.mark.parametrize("changes, words", [
    ({"session.end_session_endpoint": None}, "end_session_endpoint"),
    ({"session.token_endpoint": None}, "no session"),
    ({"post_logout_redirect_uri": "javascript:alert(1)"}, "post_logout_redirect_uri"),
])
def test_an_end_that_cannot_be_is_refused(home, changes, words, practices):
    _, session = practice_session(home, practices)
    CourierJob(home, job="end-session", account="work", **{**session, **changes}).failed(1, words)


# By the command

@pytest.fixture
def practice_home(home, practices):
    """A home that is signed in to a practice server."""
    practice = practices()
    practice.configure(home, scope="openid profile email offline_access")
    practice.sign_in(home)
    return home, practice


def test_the_command_shows_the_userinfo(practice_home):
    home, _ = practice_home
    assert "alice@practice.example" in home.run("status", "work", "--userinfo").done().output


def test_the_command_ends_the_session_in_the_browser(practice_home):
    home, practice = practice_home
    program = home.root / "browser"
    program.write_text(f'#!/bin/sh\nexec {home.programs}/sallyport-practice browse "$1"\n')
    program.chmod(0o755)
    home.run("logout", "work", "--browser", environment={"BROWSER": str(program)}).done()
    # The browser goes on by itself once it has the address.
    came = wait_until(lambda: requests_of(practice, "/logout"), "the browser at the server")
    assert came[0]["status"] == 200 and "id_token_hint" in dict(came[0]["query"])
    assert home.status()["state"] == "signed-out"
