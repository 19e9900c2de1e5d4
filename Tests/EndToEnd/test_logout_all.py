"""Logging out of everything: tokens, the server's session in the browser, the registration; and
nothing is forgotten before the server was told."""

import urllib.parse

import pytest
from harness.server import Answer
from harness.waiting import wait_until


@pytest.fixture
def registered(home, practice):
    """A home with a client that was registered for the account, signed in."""
    home.configure("work", issuer=practice.issuer, scope="openid offline_access",
                   redirect_uri=home.redirect_uri)
    practice.sign_in(home)
    home.environment["BROWSER"] = "sallyport-practice browse --user alice"
    return home


def end_of_session(practice):
    return urllib.parse.urlsplit(practice["end_session_endpoint"]).path


def told(practice):
    """What the server was told at the end, in its order."""
    kinds = {"/revoke": "revoke", end_of_session(practice): "end-session"}
    return [kinds.get(one["path"], "unregister") for one in practice.requests
            if one["path"] in kinds or one["method"] == "DELETE"]


def facts(home, name="work"):
    return home.ask(action="status", account=name)


def test_the_server_is_told_in_one_order(registered, practice):
    result = registered.run("logout", "work", "--all", "--browser").done()
    # The browser goes on to the server by itself, once it was at the door.
    wait_until(lambda: "end-session" in told(practice), "the browser")
    steps = list(dict.fromkeys(told(practice)))
    assert steps[0] == "revoke" and set(steps) == {"revoke", "end-session", "unregister"}
    assert "the server has revoked its tokens" in result.errors
    assert facts(registered)["state"] == "signed-out" and "registered" not in facts(registered)


def test_the_id_token_stands_on_no_command_line(registered, practice):
    with registered.connect() as agent:
        agent.send(action="logout", account="work", browser="yes")
        event = agent.block()
        assert event["event"] == "end-session" and event["account"] == "work"
        assert event["url"].startswith("http://127.0.0.1:") and "ey" not in event["url"]
        assert facts(registered)["state"] == "signing-out"
        for action in ("token", "refresh", "login", "userinfo"):
            refusal = registered.ask(action=action, account="work")
            assert refusal["error"] == "temporarily_unavailable", refusal
            assert "is being signed out" in refusal["error_description"]
        registered.run("browse", "--user", "alice", event["url"], program="sallyport-practice")
        done = agent.block()
    assert done["event"] == "done" and done["account[]"] == done["revoked[]"] == "work"
    [end] = [one for one in practice.requests if one["path"] == end_of_session(practice)]
    assert dict(end["query"])["id_token_hint"].startswith("ey")


def test_a_plain_logout_keeps_the_registration(registered, practice):
    registered.run("logout", "work").done()
    assert set(told(practice)) == {"revoke"}
    assert facts(registered)["registered"] == "yes"
    assert "registered" in registered.run("status", "work", "--json").output


def test_without_a_network_the_registration_is_kept_for_the_next_time(registered, practice):
    practice.stop()
    result = registered.run("logout", "work", "--all")
    assert result.status == 1 and "the same command tries again" in result.errors, str(result)
    assert facts(registered)["state"] == "signed-out" and facts(registered)["registered"] == "yes"
    again = registered.run("logout", "work", "--all")
    assert again.status == 1 and "the same command tries again" in again.errors, str(again)
    registered.run("logout", "work", "--all", "--local").done()
    assert "registered" not in facts(registered)


def test_a_client_that_has_gone_leaves_the_rest_to_the_agent(registered, practice):
    with registered.connect() as agent:
        agent.send(action="logout", account="work", browser="yes", all="yes")
        assert agent.block()["event"] == "end-session"
    wait_until(lambda: "unregister" in told(practice), "the deletion")
    wait_until(lambda: facts(registered)["state"] == "signed-out", "the end")
    assert "end-session" not in told(practice)


def test_every_account_and_its_registration(home, practice):
    for name in ("one", "two"):
        home.configure(name, issuer=practice.issuer, scope="openid",
                       redirect_uri=home.redirect_uri)
        practice.sign_in(home, name)
    home.run("logout", "--all").done()
    assert told(practice).count("unregister") == 2
    for name in ("one", "two"):
        assert "registered" not in facts(home, name)


def test_all_of_one_account_leaves_the_other_alone(home, practice):
    for name in ("one", "two"):
        home.configure(name, issuer=practice.issuer, scope="openid offline_access",
                       redirect_uri=home.redirect_uri)
        practice.sign_in(home, name)
    home.run("logout", "one", "--all").done()
    assert told(practice).count("unregister") == 1
    assert facts(home, "two")["registered"] == "yes"
    home.run("refresh", "two").done()


def test_what_the_server_refuses_is_said_and_the_rest_is_done(home, server):
    server.metadata["end_session_endpoint"] = server.base + "/out"
    server.routes["/revoke"] = lambda request: Answer(503)
    server.routes["/out"] = lambda request: Answer(200, b"bye", {"Content-Type": "text/plain"})
    home.configure_for(server)
    home.sign_in(server)
    home.environment["BROWSER"] = "sallyport-practice browse"
    result = home.run("logout", "work", "--all", "--browser")
    assert "has not revoked the tokens" in result.errors, str(result)
    wait_until(lambda: any(request.path == "/out" for request in server.requests), "the browser")
    assert facts(home)["state"] == "signed-out"


def test_a_server_without_an_end_is_named(signed_in):
    signed_in.environment["BROWSER"] = "sallyport-practice browse"
    result = signed_in.run("logout", "work", "--browser")
    assert "end_session_endpoint" in result.errors, str(result)
    assert facts(signed_in)["state"] == "signed-out"


def test_a_second_logout_waits_for_the_first_and_a_local_one_for_nobody(registered, practice):
    with registered.connect() as first, registered.connect() as second:
        first.send(action="logout", account="work", browser="yes")
        event = first.block()
        second.send(action="logout", account="work")
        done = registered.ask(action="logout", account="work", local="yes")
        assert done == {"event": "done", "account[]": "work"}
        assert facts(registered)["state"] == "signed-out"
        registered.run("browse", "--user", "alice", event["url"], program="sallyport-practice")
        for connection in (first, second):
            assert connection.block()["revoked[]"] == "work"
