"""Signing in on another device (RFC 8628): codes that are shown, polls that are patient."""

import time

import pytest
from harness.courier import CourierJob, browse, settings_at
from harness.server import Answer

GRANT = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture
def practice(home, practices):
    """Starts practice servers that are polled every second."""
    return lambda *options: practices("--device-interval", 1, *options)


def start(home, practice, **changes):
    job = CourierJob(home, job="device", **settings_at(practice, **changes))
    return job, job.event("device")


def test_a_person_types_the_code_elsewhere(home, practice):
    server = practice()
    job, device = start(home, server)
    assert device["verification_uri"] == f"{server.issuer}/device"
    assert device["verification_uri_complete"].startswith(device["verification_uri"] + "?")
    assert 0 < int(device["expires_in"]) <= 60
    browse(home, device["verification_uri"], "--user-code", device["user_code"], "--user", "bob")
    done = job.done()
    assert done["access_token"] and done["token_type"] == "Bearer" and done["refresh_token"]
    assert done["sub"] == "bob" and done["username"] == "bob" and done["id_token"]
    assert done["session.token_endpoint"] == server["token_endpoint"]


def test_the_complete_address_needs_no_typing(home, practice):
    server = practice()
    job, device = start(home, server)
    browse(home, device["verification_uri_complete"])
    assert job.done()["sub"] == "alice"


def test_the_requests_are_those_of_the_specification(home, practice):
    server = practice("--auto-approve", "alice")
    job, _ = start(home, server, resource=["https://api.example"], authorize__audience="x")
    job.done()
    form, = server.forms("/device_authorization")
    challenge = form.pop("code_challenge")
    assert form == {"client_id": "practice", "scope": "openid profile", "audience": "x",
                    "resource": "https://api.example", "code_challenge_method": "S256"}
    poll, = server.forms("/token")
    assert poll.pop("code_verifier") not in challenge
    assert poll.pop("device_code")
    assert poll == {
        "grant_type": GRANT, "client_id": "practice", "resource": "https://api.example"}


def test_a_person_says_no(home, practice):
    server = practice()
    job, device = start(home, server)
    browse(home, device["verification_uri_complete"], "--deny")
    job.failed(4, "access_denied")


def test_a_code_nobody_uses_expires(home, practice):
    job, _ = start(home, practice("--device-lifetime", 2))
    job.failed(4, "expired")


def test_the_time_is_over_before_the_code_is(home, practice):
    job, device = start(home, practice(), timeout=2)
    assert int(device["expires_in"]) <= 2
    last = job.failed(5, "nobody entered the code")
    assert last["hint"] == "sallyport login work --device"


def test_a_server_without_the_grant_is_named(home, server):
    job = CourierJob(
        home, job="device", account="work", issuer=server.issuer, client_id="client-1")
    last = job.failed(1, "device_authorization_endpoint")
    assert server.token_requests == [] and last["hint"].endswith("--no-browser")


def test_a_confidential_client_proves_itself_at_both_endpoints(home, practice):
    server = practice("--auto-approve", "alice")
    job, _ = start(home, server, client_id="practice-web", client_secret="practice-web-secret")
    assert job.done()["session.token_endpoint_auth_method"] == "client_secret_basic"
    for path in ["/device_authorization", "/token"]:
        headers = server.headers(path)[0]
        assert headers["authorization"].startswith("Basic ")


def test_tokens_can_be_bound_to_a_key(home, practice):
    server = practice("--auto-approve", "alice", "--dpop-nonce")
    job, _ = start(home, server, dpop_bound_access_tokens="yes")
    done = job.done()
    assert done["token_type"] == "DPoP" and done["secret.dpop_key"]
    assert "dpop" not in server.headers("/device_authorization")[0]


# What the polls live through

@pytest.fixture
def device_server(server):
    """The scripted server, with a device endpoint whose codes are always approved."""
    server.metadata["device_authorization_endpoint"] = server.base + "/device_authorization"
    server.device = {
        "device_code": "dc-1", "user_code": "WDJB-MJHT", "expires_in": 60, "interval": 1,
        "verification_uri": server.base + "/device"}
    server.routes["/device_authorization"] = lambda request: Answer.json(server.device)
    server.polls = []

    def poll(request):
        assert request.form["grant_type"] == GRANT and request.form["device_code"] == "dc-1"
        answer = server.polls.pop(0) if server.polls else Answer.json(
            {"access_token": "at-device", "token_type": "Bearer"})
        return answer
    server.token = poll
    return server


def device_job(home, server, **changes):
    return CourierJob(home, job="device", **{
        "account": "work", "issuer": server.issuer, "client_id": "client-1", "scope": "read",
        "timeout": 60, **changes})


@pytest.mark.parametrize("answer", [
    Answer.error("authorization_pending"),
    Answer(raw=b"", after="reset"),
    Answer(503, b"busy"),
    Answer.error("authorization_pending", status=429),
], ids=["pending", "reset", "503", "pending with 429"])
def test_polls_go_on_after(home, device_server, answer):
    device_server.polls = [answer]
    assert device_job(home, device_server).done()["access_token"] == "at-device"
    assert len(device_server.token_requests) == 2


def test_a_lost_connection_is_told_of_once(home, device_server):
    device_server.polls = [Answer(raw=b"", after="reset"), Answer(raw=b"", after="reset")]
    job = device_job(home, device_server)
    job.done()
    told = [block["message"] for block in job.blocks if block.get("event") == "waiting"]
    assert len(told) == 1 and told[0].endswith("trying again")


def test_slow_down_is_obeyed(home, device_server):
    device_server.polls = [Answer.error("slow_down")]
    arrivals = []
    poll = device_server.token

    def timed(request):
        arrivals.append(time.monotonic())
        return poll(request)
    device_server.token = timed
    device_job(home, device_server).done()
    # One second and five more: earlier would be a fault, later is only slow.
    assert arrivals[1] - arrivals[0] >= 6


@pytest.mark.parametrize("answer, status, words", [
    (Answer.error("access_denied", "no \x1b[31mway"), 4, "access_denied"),
    (Answer.error("expired_token"), 4, "expired"),
    (Answer.error("invalid_grant"), 4, "invalid_grant"),
    (Answer.error("invalid_client", status=401), 4, "invalid_client"),
    (Answer(302, fields={"Location": "http://127.0.0.1:1/"}), 1, "redirect"),
    (Answer(200, b"<html>", {"Content-Type": "text/html"}), 1, "127.0.0.1"),
    (Answer.json({"access_token": "a b", "token_type": "Bearer"}), 1, "access_token"),
], ids=["denied", "expired", "invalid grant", "invalid client", "redirect", "html", "bad token"])
def test_polls_end_with(home, device_server, answer, status, words):
    device_server.polls = [answer]
    device_job(home, device_server).failed(status, words)
    assert len(device_server.token_requests) == 1


@pytest.mark.parametrize("changes, words", [
    ({"verification_uri": "http://evil.example/"}, "verification_uri"),
    ({"verification_uri": "javascript:alert(1)"}, "verification_uri"),
    ({"verification_uri_complete": "file:///etc/passwd"}, "verification_uri_complete"),
    ({"user_code": "A\u001b[2J"}, "user_code"),
    ({"user_code": "A" * 65}, "user_code"),
    ({"user_code": None}, "user_code"),
    ({"device_code": "a\nb"}, "device_code"),
    ({"expires_in": None}, "expires_in"),
])
def test_codes_that_cannot_be_shown_are_refused(home, device_server, changes, words):
    for name, value in changes.items():
        device_server.device[name] = value
    device_job(home, device_server).failed(1, words)
    assert device_server.token_requests == []


def test_an_id_token_of_another_issuer_is_refused(home, device_server, ec_key):
    device_server.claims["iss"] = "https://evil.example"
    device_server.polls = [Answer.json({
        "access_token": "at", "token_type": "Bearer",
        "id_token": device_server.id_token("client-1", None, "at")})]
    device_job(home, device_server, scope="openid").failed(1, "issuer")


def test_polling_ends_when_nobody_waits_any_more(home, device_server):
    device_server.polls = [Answer.error("authorization_pending")] * 100
    job = device_job(home, device_server, timeout=3600)
    job.event("device")
    job.process.stdout.close()
    assert job.process.wait(60) == 1


# By the command

def test_the_command_shows_the_code_and_signs_in(home, practice):
    server = practice("--auto-approve", "alice")
    server.configure(home)
    result = home.run("login", "work", "--device").done()
    assert f"{server.issuer}/device" in result.errors and result.output == ""
    assert "signed in to work as alice" in result.errors
    assert home.token() and home.status()["refreshable"]


def test_the_command_says_what_became_of_the_code(home, practice):
    practice("--device-lifetime", 1).configure(home)
    assert "expired" in home.run("login", "work", "--device").complaint
    assert home.status()["state"] == "signed-out"
