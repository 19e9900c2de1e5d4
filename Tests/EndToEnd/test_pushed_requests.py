"""Authorization requests that are pushed to the server first (RFC 9126): nothing but a reference
reaches the browser, and there is no way back to a plain request."""

import urllib.parse

import pytest
from harness import browser
from harness.courier import CourierJob, browse, requests_of, settings_at
from harness.server import Answer
from harness.waiting import accepts


def login(home, practice, **changes):
    return CourierJob(home, job="login", **settings_at(practice, **changes))


def query(url):
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query, strict_parsing=True))


def test_a_server_that_requires_it_gets_it(home, practices):
    practice = practices("--require-par", "--auto-approve", "alice")
    job = login(home, practice, resource=["https://api.example"], authorize__audience="x")
    url = job.event("authorize")["url"]
    pushed, = practice.forms("/par")
    assert query(url) == {
        "client_id": "practice", "request_uri": query(url)["request_uri"]}
    assert {"state", "nonce", "code_challenge", "redirect_uri", "resource", "audience",
            "scope"} <= set(pushed) and pushed["response_type"] == "code"
    browse(home, url)
    assert job.done()["sub"] == "alice"


def test_the_address_is_said_to_be_good_for_a_while_only(home, practices):
    practice = practices("--require-par")
    job = login(home, practice, timeout=3600)
    job.event("authorize")
    assert "seconds" in job.event("waiting")["message"]


def test_an_account_can_require_it(home, practices):
    practice = practices("--auto-approve", "alice")
    job = login(home, practice, require_pushed_authorization_requests="yes")
    url = job.event("authorize")["url"]
    assert "request_uri" in query(url) and "state" not in query(url)
    browse(home, url)
    job.done()


def test_without_that_nothing_is_pushed(home, practices):
    practice = practices("--auto-approve", "alice")
    job = login(home, practice)
    assert "state" in query(job.event("authorize")["url"])
    assert requests_of(practice, "/par") == []


def test_a_confidential_client_proves_itself(home, practices):
    practice = practices("--require-par", "--auto-approve", "alice")
    job = login(home, practice, client_id="practice-web", client_secret="practice-web-secret")
    browse(home, job.event("authorize")["url"])
    job.done()
    fields = practice.headers("/par")[0]
    assert fields["authorization"].startswith("Basic ")


def test_the_code_is_bound_to_the_key_of_the_tokens(home, practices):
    practice = practices("--require-par", "--auto-approve", "alice", "--dpop-nonce")
    job = login(home, practice, dpop_bound_access_tokens="yes")
    browse(home, job.event("authorize")["url"])
    assert job.done()["token_type"] == "DPoP"
    first, second = requests_of(practice, "/par")
    assert first["error"] == "use_dpop_nonce" and second["status"] == 201
    assert dict(second["form"])["dpop_jkt"] and "dpop" in practice.headers("/par")[1]


def test_the_listener_is_open_before_anything_is_pushed(home, server, port):
    seen = []

    def push(request):
        seen.append(accepts(port))
        return Answer.json({"request_uri": "urn:x:1", "expires_in": 60}, 201)
    server.metadata["pushed_authorization_request_endpoint"] = server.base + "/par"
    server.routes["/par"] = push
    job = CourierJob(
        home, job="login", account="work", issuer=server.issuer, client_id="client-1",
        redirect_uri=f"http://localhost:{port}/callback",
        require_pushed_authorization_requests="yes")
    url = job.event("authorize")["url"]
    assert seen == [True]
    assert query(url) == {"client_id": "client-1", "request_uri": "urn:x:1"}


@pytest.fixture
def pushing(home, server):
    """A sign-in at a server that requires pushed requests and answers them in this way."""
    def start(answer, **metadata):
        server.metadata["require_pushed_authorization_requests"] = True
        server.metadata["pushed_authorization_request_endpoint"] = server.base + "/par"
        server.metadata.update(metadata)
        server.routes["/par"] = lambda request: answer
        return CourierJob(
            home, job="login", account="work", issuer=server.issuer, client_id="client-1",
            redirect_uri=home.redirect_uri)
    return start


@pytest.mark.parametrize("answer, status, words", [
    (Answer.error("invalid_request", "no \x1b[31mway"), 4, "/callback registered for client client-1"),
    (Answer.error("invalid_client", status=401), 4, "invalid_client"),
    (Answer(404), 4, "404 and gave no reason; check pushed_authorization_request_endpoint"),
    (Answer(503), 5, "503"),
    (Answer(302, fields={"Location": "http://127.0.0.1:1/"}), 1, "redirect"),
    (Answer(201, b"<html>", {"Content-Type": "text/html"}), 1, "127.0.0.1"),
    (Answer.json({"expires_in": 60}, 201), 1, "request_uri"),
    (Answer.json({"request_uri": "urn:x y", "expires_in": 60}, 201), 1, "request_uri"),
    (Answer.json({"request_uri": "urn:x:1", "expires_in": -1}, 201), 1, "expires_in"),
    (Answer(raw=b"", after="reset"), 5, "127.0.0.1"),
], ids=["refused", "client", "missing", "busy", "redirect", "html", "no reference", "bad reference",
        "bad lifetime", "cut"])
def test_a_push_that_fails_ends_the_sign_in(pushing, answer, status, words):
    job = pushing(answer)
    job.failed(status, words)
    assert not [block for block in job.blocks if block.get("event") == "authorize"]


def test_a_server_that_requires_it_and_names_no_endpoint_is_refused(pushing):
    job = pushing(Answer(), pushed_authorization_request_endpoint=None)
    job.failed(1, "pushed_authorization_request_endpoint")


def test_an_account_that_requires_it_of_a_server_without_it_is_refused(home, server):
    job = CourierJob(
        home, job="login", account="work", issuer=server.issuer, client_id="client-1",
        redirect_uri=home.redirect_uri, require_pushed_authorization_requests="yes")
    job.failed(1, "require_pushed_authorization_requests")


def test_the_answer_is_held_against_the_pushed_state(home, practices):
    practice = practices("--require-par", "--auto-approve", "alice")
    job = login(home, practice)
    authorize = job.event("authorize")
    place = authorize["redirect_uri"]
    assert browser.get(f"{place}?code=evil&state=another").status == 400
    browse(home, authorize["url"])
    job.done()
