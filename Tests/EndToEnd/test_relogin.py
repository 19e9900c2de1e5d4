"""A sign-in in the place of another: the grant before is revoked, once the new one is safe."""

import threading

import pytest
from harness.server import Answer
from harness.waiting import PATIENCE, wait_until


@pytest.fixture
def session(home, practice):
    practice.configure(home)
    practice.sign_in(home)
    return home


def revoked(practice):
    return [form["token"] for form in practice.forms("/revoke")]


def test_the_tokens_before_are_revoked_and_the_new_session_lives(session, practice):
    former = session.token()
    narrow = session.token("work", "--scope", "read")
    refresh_token = practice.forms("/token")[-1]["refresh_token"]
    practice.sign_in(session)
    wait_until(lambda: len(revoked(practice)) >= 3, "the revocation")
    assert {former, narrow} <= set(revoked(practice))
    assert refresh_token not in revoked(practice), "that one was rotated"
    assert session.token() not in (former, narrow)
    session.run("refresh", "work").done()
    assert "warning" not in session.ask(action="status", account="work")


def test_nothing_is_revoked_before_the_new_session_is_there(session, practice):
    former = session.token()
    login = session.start_login()
    assert revoked(practice) == [] and session.token() == former
    practice.person(session, login.url).done()
    login.finish().done()
    requests = [one["path"] for one in practice.requests]
    wait_until(lambda: revoked(practice), "the revocation")
    assert "/revoke" not in requests[:requests.index("/authorize") + 1]


def test_a_sign_in_that_fails_costs_the_session_nothing(session, practice):
    former = session.token()
    login = session.start_login()
    session.run("browse", "--user", "alice", "--deny", login.url, program="sallyport-practice")
    assert login.finish().status == 4
    assert session.token() == former
    session.run("refresh", "work").done()
    assert revoked(practice) == []


def test_a_failure_of_it_is_told_by_the_status_alone(signed_in, server):
    server.routes["/revoke"] = lambda request: Answer(503)
    result = signed_in.sign_in(server)
    assert "warning" not in result.errors
    wait_until(lambda: "warning" in signed_in.ask(action="status", account="work"), "the warning")
    status = signed_in.ask(action="status", account="work")
    assert status["warning"].startswith("the server has not revoked the tokens of the sign-in")
    assert "last_error" not in status
    assert signed_in.token() == "at-4"
    signed_in.run("logout", "work").done()
    assert "warning" not in signed_in.ask(action="status", account="work")


def test_a_server_that_hands_the_same_refresh_token_out_is_not_asked(home, server):
    server.changes = {"refresh_token": "the-only-one"}
    home.configure_for(server)
    home.sign_in(server)
    home.sign_in(server)
    home.run("token", "work").done()
    assert server.revoked == []


def test_two_sign_ins_of_one_session_at_the_server_are_one_grant(home, server):
    server.claims = {"sid": "session-1"}
    home.configure_for(server)
    home.sign_in(server)
    home.sign_in(server)
    server.claims = {"sid": "session-2"}
    home.sign_in(server)
    wait_until(lambda: server.revoked, "the revocation of the second")
    assert not {"at-2", "rt-2"} & set(server.revoked), "the second sign-in had the same sid"
    assert home.status().get("warning") is None


def test_a_refresh_that_is_under_way_is_waited_for(signed_in, server):
    """Its answer brings the refresh token that has to be revoked."""
    gate = threading.Event()
    held = []

    def answer(request):
        if request.form["grant_type"] == "refresh_token" and not held:
            held.append(request)
            assert gate.wait(PATIENCE)
        return server.grant(request)
    server.token = answer
    refresh = signed_in.start("refresh", "work")
    wait_until(lambda: held, "the refresh")
    signed_in.sign_in(server)
    assert refresh.wait(PATIENCE) == 0, "whoever has waited gets the new session's token"
    assert server.revoked == []
    new = signed_in.token()
    gate.set()
    wait_until(lambda: len(server.revoked) >= 2, "the revocation")
    assert any(token.startswith("rt-") and token != "rt-2" for token in server.revoked)
    assert signed_in.token() == new
    signed_in.run("refresh", "work").done()


def test_another_person_may_sign_in(session, practice):
    former = session.token()
    login = session.start_login()
    practice.person(session, login.url, user="bob").done()
    login.finish().done()
    assert session.status()["sub"] == "bob"
    wait_until(lambda: former in revoked(practice), "the revocation")


def test_once_leaves_the_session_alone(session, practice):
    former = session.token()
    login = session.start_login("work", "--once")
    practice.person(session, login.url).done()
    login.finish().done()
    assert session.token() == former
    session.run("refresh", "work").done()
    assert revoked(practice) == []
