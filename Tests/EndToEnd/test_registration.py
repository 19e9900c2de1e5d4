"""Clients that register themselves: kept over sign-outs, deleted with `logout --all`."""

import pytest
from harness.waiting import free_port, wait_until


@pytest.fixture
def work(home, practice):
    """A home with an account that has no client of its own, signed in."""
    home.configure("work", issuer=practice.issuer, scope="openid offline_access",
                   redirect_uri=home.redirect_uri)
    practice.sign_in(home)
    return home


def registrations(practice):
    return [one for one in practice.requests if one["path"] == "/register"]


def deletions(practice):
    return [one for one in practice.requests if one["method"] == "DELETE"]


def test_the_client_is_registered_once_and_kept_over_sign_outs(work, practice):
    client = work.status()["client_id"]
    assert client.startswith("client-")
    work.run("logout", "work").done()
    assert work.run("token", "work").status == 3
    practice.sign_in(work)
    assert work.status()["client_id"] == client
    assert len(registrations(practice)) == 1 and deletions(practice) == []


def test_the_client_is_kept_over_a_second_sign_in(work, practice):
    practice.sign_in(work)
    work.run("refresh", "work").done()
    assert len(registrations(practice)) == 1 and deletions(practice) == []
    clients = {form["client_id"] for form in practice.forms("/token")}
    assert clients == {work.status()["client_id"]}


def test_logout_all_deletes_the_registration(work, practice):
    client = work.status()["client_id"]
    work.run("logout", "work", "--all").done()
    [deletion] = deletions(practice)
    assert deletion["path"] == f"/register/{client}" and deletion["status"] == 204
    practice.sign_in(work)
    assert work.status()["client_id"] != client
    assert len(registrations(practice)) == 2


def test_logout_all_after_a_logout_deletes_the_registration_too(work, practice):
    work.run("logout", "work").done()
    work.run("logout", "work", "--all").done()
    assert len(deletions(practice)) == 1


def test_a_registration_is_given_up_when_nobody_agrees(home, practice):
    home.configure("work", issuer=practice.issuer, redirect_uri=home.redirect_uri)
    login = home.start_login()
    home.run("browse", "--deny", login.url, program="sallyport-practice")
    assert login.finish().status == 4
    assert len(registrations(practice)) == 1
    wait_until(lambda: deletions(practice), "the end of the client nobody needs")


def test_another_redirect_uri_is_registered_anew_and_the_former_client_deleted(work, practice):
    client = work.status()["client_id"]
    practice.sign_in(work, "work", "--redirect-uri", f"http://localhost:{free_port()}/callback")
    assert work.status()["client_id"] != client
    wait_until(lambda: deletions(practice), "the former client's end")
    assert [one["path"] for one in deletions(practice)] == [f"/register/{client}"]
    work.run("refresh", "work").done()


def test_a_server_that_has_forgotten_the_client_is_told_from_others(home, practices):
    options = ["--port", free_port()]
    practice = practices(*options)
    home.configure("work", issuer=practice.issuer, scope="openid offline_access",
                   redirect_uri=home.redirect_uri)
    practice.sign_in(home)
    practice.stop()
    practice = practices(*options)
    result = home.run("refresh", "work")
    assert result.status == 4
    assert result.hint == "sallyport logout work --all && sallyport login work", str(result)


def test_nothing_of_the_registration_is_shown(work, practice):
    secret = next(value for one in deletions_after_all(work, practice)
                  for name, value in one["headers"] if name.lower() == "authorization")
    token = secret.removeprefix("Bearer ")
    assert token and token not in str(work.report())


def deletions_after_all(work, practice):
    shown = [work.run("status", "--json"), work.run("status"), work.run("logout", "work", "--all")]
    made = deletions(practice)
    for one in shown:
        for name, value in made[0]["headers"]:
            if name.lower() == "authorization":
                assert value.removeprefix("Bearer ") not in one.output + one.errors
    return made
