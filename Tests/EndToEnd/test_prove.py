"""Proofs for everybody who asks: each of its own, made by few couriers, and held up by no server."""

import concurrent.futures
import json
import threading

import pytest
from harness.home import children
from harness.waiting import wait_until

URL = "https://api.example/items"


@pytest.fixture
def bound(home, practices):
    """A home with tokens that are bound to a key."""
    practice = practices()
    practice.configure(home, dpop_bound_access_tokens="yes")
    practice.sign_in(home)
    return home


def prove(home, **more):
    return home.ask(action="token", account="work", **{"method": "GET", "url": URL, **more})


def test_two_hundred_askers_get_proofs_of_their_own(bound):
    most = 0
    connections = [bound.connect() for _ in range(200)]
    try:
        for connection in connections:
            connection.send(action="token", account="work", method="GET", url=URL)
        agent = bound.agent_pid
        most = max(most, len(children(agent)))
        replies = [connection.block() for connection in connections]
    finally:
        for connection in connections:
            connection.__exit__()
    assert len({reply["dpop"] for reply in replies}) == 200
    assert len({reply["access_token"] for reply in replies}) == 1
    # Couriers that have answered may not have ended yet.
    assert most <= 8, most


def test_a_server_that_hangs_holds_no_proof_up(bound, server):
    """Slow servers take the places of those who wait for servers, and no others."""
    server.expires_in = 0
    names = [f"slow-{number}" for number in range(5)]
    for name in names:
        bound.configure_for(server, name)
        bound.sign_in(server, name)
    held = []
    release = threading.Event()

    def hang(request):
        held.append(request)
        release.wait()
        return server.grant(request)
    server.token = hang
    refreshes = [bound.start("refresh", name) for name in names]
    try:
        wait_until(lambda: len(held) >= 4, "four slow refreshes")
        assert prove(bound)["dpop"]
    finally:
        release.set()
    for refresh in refreshes:
        refresh.communicate()


def test_the_proof_fits_the_token_beside_it(bound):
    whole, narrow = prove(bound), prove(bound, scope="read")
    assert whole["token_type"] == narrow["token_type"] == "DPoP"
    assert whole["access_token"] != narrow["access_token"]
    assert whole["dpop"] != narrow["dpop"]


@pytest.mark.parametrize("request_lines, words", [
    ({"method": "GET", "url": None}, "a method and a url"),
    ({"method": None, "url": URL}, "a method and a url"),
    ({"method": "GE T", "url": URL}, "a method and a url"),
    ({"method": "GET", "url": "items"}, "proof"),
    ({"method": "GET", "url": URL, "dpop_nonce": "a b"}, "dpop_nonce"),
])
def test_what_cannot_be_proved_is_refused_and_nothing_ends(bound, request_lines, words):
    lines = {key: value for key, value in request_lines.items() if value is not None}
    reply = bound.ask(action="token", account="work", **lines)
    assert reply["error"] == "invalid_request" and words in reply["error_description"], reply
    assert "access_token" not in reply
    assert prove(bound)["dpop"]


def test_no_key_and_no_refresh_token_gets_out(bound):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda _: prove(bound), range(4)))
    for reply in replies:
        assert set(reply) <= {"account", "access_token", "token_type", "expires_at", "expires_in",
                              "scope", "username", "dpop"}
    assert "PRIVATE" not in json.dumps([bound.report(), replies])
    facts = bound.ask(action="status", account="work")
    assert facts["dpop_bound"] == "yes" and facts["token_type"] == "DPoP"


def test_an_expired_token_is_refreshed_before_it_is_proved(home, practices):
    practice = practices("--access-token-lifetime", "2")
    practice.configure(home, dpop_bound_access_tokens="yes")
    practice.sign_in(home)
    first = prove(home)["access_token"]
    wait_until(lambda: prove(home).get("access_token") not in (None, first), "another token")
    assert [form["grant_type"] for form in practice.forms("/token")].count("refresh_token") >= 1


def test_a_session_that_has_been_signed_out_proves_nothing(bound):
    bound.run("logout", "work").done()
    assert prove(bound)["error"] == "login_required"
