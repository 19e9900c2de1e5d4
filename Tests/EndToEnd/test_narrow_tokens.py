"""Tokens for less than the session, and for other services: fetched once, one at a time, kept."""

import concurrent.futures

import pytest
from harness.server import Answer

API = "https://api.example/v1"


@pytest.fixture
def practice(practices):
    return practices("--resource")


@pytest.fixture
def session(home, practice):
    """A home that is signed in, for two resources, one of which there is."""
    practice.configure(home, resource=[practice["resource"], API])
    practice.sign_in(home)
    return home


def grants(practice, kind="refresh_token"):
    return [form for form in practice.forms("/token") if form["grant_type"] == kind]


def test_a_narrower_token_is_asked_for_once(session, practice):
    for scope in ["read write", "write  read", "read write"]:
        reply = session.ask(action="token", scope=scope)
        assert reply["scope"].split() == ["read", "write"], reply
    [grant] = grants(practice)
    assert sorted(grant["scope"].split()) == ["read", "write"]
    assert session.status()["narrowed"] == 1
    assert "openid" in session.status()["scope"], "the session's own scope is as it was"


def test_what_the_session_has_is_not_asked_for(session, practice):
    whole = session.token()
    with session.connect() as agent:
        agent.socket.sendall(
            f"action=token\nresource[]={API}\nresource[]={practice['resource']}\n\n".encode())
        assert agent.block()["access_token"] == whole
    assert session.ask(action="token", scope=session.status()["scope"])["access_token"] == whole
    assert grants(practice) == []


def test_a_resource_is_named_at_the_token_endpoint(session, practice):
    token = session.token("work", "--resource", practice["resource"])
    [grant] = grants(practice)
    assert grant["resource"] == practice["resource"]
    assert token != session.token()


def test_everybody_at_once_and_no_refresh_token_is_used_twice(session, practice):
    """The server rotates, and ends the session when a used refresh token comes back."""
    asks = [["token", "work", "--scope", scope] for scope in ("read", "write", "openid")] * 5
    asks += [["token", "work", "--resource", API]] * 5 + [["refresh", "work"]] * 3
    with concurrent.futures.ThreadPoolExecutor(len(asks)) as pool:
        results = list(pool.map(lambda words: session.run(*words), asks))
    for words, result in zip(asks, results):
        assert result.status == 0, f"{words}: {result}"
    tokens = {tuple(words): set() for words in asks}
    for words, result in zip(asks, results):
        tokens[tuple(words)].add(result.output)
    assert all(len(same) == 1 for same in tokens.values()), tokens
    used = [grant["refresh_token"] for grant in grants(practice)]
    assert len(used) == len(set(used)) and 5 <= len(used) <= 7
    session.run("refresh", "work").done()


def test_a_scope_nobody_granted_is_refused_and_nothing_else_changes(session):
    whole = session.token()
    for _ in range(2):
        session.run("token", "work", "--scope", "admin").failed(4, "invalid_scope")
    assert session.token() == whole
    assert session.status()["state"] == "signed-in" and "last_error" not in session.status()
    session.run("refresh", "work").done()


def test_a_resource_nobody_granted_is_refused(session):
    session.run("token", "work", "--resource", "https://elsewhere.example").failed(4, "invalid_target")
    session.run("token", "work", "--resource", API).done()


@pytest.mark.parametrize("resource", ["api", "https://api.example/#x", "http://api.example"])
def test_what_is_no_resource_is_refused_and_no_failure_of_the_account(session, practice, resource):
    reply = session.ask(action="token", **{"resource[]": resource})
    assert "error" in reply and "access_token" not in reply
    assert "last_error" not in session.status()
    assert session.token()


def test_withheld_scopes_are_named(signed_in, server):
    server.changes = {"scope": "read"}
    for _ in range(2):
        result = signed_in.run("token", "work", "--scope", "read write").done()
        assert "write" in result.errors and result.errors.startswith("warning: "), str(result)
    server.changes = {}
    signed_in.run("refresh", "work").done()


def test_without_a_refresh_token_it_is_said_why(home, practices):
    practice = practices("--no-refresh-token")
    practice.configure(home)
    practice.sign_in(home)
    home.run("token", "work", "--scope", "read").failed(3, "no refresh token")
    assert home.run("token", "work", "--scope", "read").hint == "sallyport login work"
    assert home.token()


def test_invalid_grant_ends_the_session_whatever_was_asked_for(signed_in, server):
    server.script(Answer.error("invalid_grant"))
    signed_in.run("token", "work", "--scope", "openid").failed(3, "invalid_grant")
    signed_in.run("token", "work").failed(3)


def test_a_server_in_trouble_ends_nothing(signed_in, server):
    server.script(Answer(503), Answer(503))
    signed_in.run("token", "work", "--scope", "openid").failed(5)
    assert signed_in.token()
    server.script()
    signed_in.run("token", "work", "--scope", "openid").done()


# Exchange

def test_an_audience_is_exchanged_for_once(session, practice):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        results = list(pool.map(
            lambda _: session.run("token", "work", "--audience", "backend"), range(8)))
    assert len({result.done().line for result in results}) == 1
    kind = "urn:ietf:params:oauth:grant-type:token-exchange"
    [grant] = grants(practice, kind)
    assert grant["audience"] == "backend" and grant["subject_token"] == session.token()
    assert grants(practice) == []


def test_a_token_that_is_over_is_refreshed_before_it_is_exchanged(session, server):
    server.expires_in = 0
    session.configure_for(server, "other", scope="read")
    session.sign_in(server, "other")
    server.expires_in = 3600
    kinds, subjects = [], []

    def answer(request):
        kinds.append(request.form["grant_type"])
        if kinds[-1] == "refresh_token":
            return server.grant(request)
        subjects.append(request.form["subject_token"])
        return Answer.json({
            "access_token": "exchanged", "token_type": "Bearer",
            "issued_token_type": "urn:ietf:params:oauth:token-type:access_token"})
    server.token = answer
    assert session.token("other", "--audience", "backend") == "exchanged"
    assert subjects == [session.token("other")]
    assert kinds == ["refresh_token", "urn:ietf:params:oauth:grant-type:token-exchange"]


def test_narrower_tokens_are_revoked_with_the_session(session, practice):
    narrow = session.token("work", "--scope", "read")
    whole = session.token()
    session.run("logout", "work").done()
    revoked = [form["token"] for form in practice.forms("/revoke")]
    assert narrow in revoked and whole in revoked
    session.run("token", "work", "--scope", "read").failed(3)
