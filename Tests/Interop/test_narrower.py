"""Narrower tokens of one session: other scopes (RFC 6749 section 6), other resources (RFC 8707)."""

import subprocess

import pytest
from support import jwt
from support.glewlwyd import RESOURCES
from test_refresh import refreshes

API, FILES = RESOURCES


def status_at(url, token):
    """What a resource answers somebody with the token."""
    return int(subprocess.run(
        ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-H", "@-", url],
        input=f"Authorization: Bearer {token}\n", capture_output=True, text=True,
        check=True).stdout)


@pytest.fixture
def for_both(sallyport, nanoidp):
    """A session for two resources."""
    sallyport.configure_for(nanoidp, nanoidp.public, resource=RESOURCES)
    sallyport.sign_in(nanoidp)
    return sallyport


@pytest.fixture
def for_one(sallyport, glewlwyd):
    """A session for one resource."""
    sallyport.configure_for(
        glewlwyd, glewlwyd.public, issuer=glewlwyd.instance("everything"), resource=API)
    sallyport.sign_in(glewlwyd)
    return sallyport


@pytest.fixture
def for_notes(sallyport, django_oauth):
    """A session with two scopes."""
    sallyport.configure_for(django_oauth, django_oauth.public, scope="openid read write")
    sallyport.sign_in(django_oauth)
    return sallyport


def audience(token):
    """Whom a token is for, as a list."""
    aud = jwt.claims(token)["aud"]
    return aud if isinstance(aud, list) else [aud]


def test_both_resources_are_asked_for_at_both_endpoints(sallyport, nanoidp):
    sallyport.configure_for(nanoidp, nanoidp.public, resource=RESOURCES)
    mark = nanoidp.proxy.mark()
    login = sallyport.start_login("work")
    nanoidp.sign_in(login.url)
    login.finish().done()
    [exchange] = nanoidp.proxy.since(mark, "/token")
    assert [v for k, v in exchange.form if k == "resource"] == RESOURCES
    assert login.url.count("resource=") == 2
    assert set(audience(sallyport.run("token").done().line)) == set(RESOURCES)


def test_a_token_for_one_resource_is_kept_beside_the_other(for_both, nanoidp):
    sallyport = for_both
    whole = sallyport.run("token").done().line
    mark = nanoidp.proxy.mark()
    narrow = sallyport.run("token", "--resource", API).done().line
    assert audience(narrow) == [API]
    [refresh] = refreshes(nanoidp, mark)
    assert [v for k, v in refresh.form if k == "resource"] == [API]
    assert sallyport.run("token", "--resource", API).done().line == narrow
    assert sallyport.run("token").done().line == whole
    assert len(refreshes(nanoidp, mark)) == 1
    assert sallyport.status()["narrowed"] == 1


def test_the_session_stays_as_wide_as_it_was(for_both):
    """RFC 8707 section 2.2: a narrower token takes nothing from the grant."""
    sallyport = for_both
    assert audience(sallyport.run("token", "--resource", API).done().line) == [API]
    assert audience(sallyport.run("token", "--resource", FILES).done().line) == [FILES]
    sallyport.run("refresh", "work").done()
    assert set(audience(sallyport.run("token").done().line)) == set(RESOURCES)


def test_a_resource_the_server_does_not_know_ends_no_session(for_one):
    sallyport = for_one
    assert audience(sallyport.run("token").done().line) == [API]
    result = sallyport.run("token", "--resource", "https://other.example.com/")
    assert result.status == 4 and result.output == "", str(result)
    assert "invalid_target" in result.errors and "Invalid Resource" in result.errors
    assert sallyport.status()["state"] == "signed-in"
    sallyport.run("refresh", "work").done()


def test_glewlwyd_takes_one_resource_and_no_more(sallyport, glewlwyd):
    """It joins repeated fields to one value, which it then does not know."""
    sallyport.configure_for(
        glewlwyd, glewlwyd.public, issuer=glewlwyd.instance("everything"), resource=RESOURCES)
    login = sallyport.start_login("work")
    glewlwyd.sign_in(login.url)
    result = login.finish()
    assert result.status == 4 and "invalid_target" in result.errors, str(result)


def test_an_unknown_resource_is_refused_at_the_sign_in_already(sallyport, glewlwyd):
    sallyport.configure_for(
        glewlwyd, glewlwyd.public, issuer=glewlwyd.instance("everything"),
        resource="https://other.example.com/")
    login = sallyport.start_login("work")
    page = glewlwyd.sign_in(login.url)
    result = login.finish()
    assert result.status == 4 and "invalid_target" in result.errors, str(result)
    assert "Not signed in" in page.text


def test_a_token_with_one_scope_can_do_no_more(for_notes, django_oauth):
    sallyport = for_notes
    read, write = django_oauth.resource("read"), django_oauth.resource("write")
    whole = sallyport.run("token").done().line
    assert [status_at(url, whole) for url in (read, write)] == [200, 200]
    narrow = sallyport.run("token", "--scope", "read", "--format", "json").done().json
    assert narrow["scope"] == "read"
    assert [status_at(url, narrow["access_token"]) for url in (read, write)] == [200, 403]
    assert sallyport.run("token").done().line == whole


def test_a_scope_that_was_not_granted_is_refused_and_ends_no_session(for_notes):
    sallyport = for_notes
    result = sallyport.run("token", "--scope", "read delete")
    assert result.status == 4 and result.output == "", str(result)
    assert "invalid_scope" in result.errors or "delete" in result.errors
    assert sallyport.status()["state"] == "signed-in"


def test_a_session_that_was_narrowed_by_the_server_tells_what_is_left(for_notes):
    """django-oauth-toolkit gives its new refresh token the narrower scope, against RFC 6749
    section 6: the next token of the session has no more than that."""
    sallyport = for_notes
    sallyport.run("token", "--scope", "read").done()
    result = sallyport.run("refresh", "work").done()
    assert "any more; a new sign-in brings it back" in result.errors, str(result)
    assert sallyport.status()["scope"] == "read"


@pytest.mark.parametrize("resource", ["read", "write"])
def test_a_session_whose_resources_the_server_has_narrowed_asks_for_a_sign_in(
        sallyport, django_oauth, resource):
    """It refuses both resources from then on, against RFC 8707 section 2.2."""
    sallyport.configure_for(
        django_oauth, django_oauth.public, scope="read write",
        resource=[django_oauth.resource("read"), django_oauth.resource("write")])
    sallyport.sign_in(django_oauth)
    whole = sallyport.run("token").done().line
    sallyport.run("token", "--resource", django_oauth.resource(resource)).done()
    result = sallyport.run("refresh", "work")
    assert result.status == 3, str(result)
    assert "invalid_target" in result.errors and "sallyport login work" in result.errors
    assert sallyport.run("token").done().line == whole, "what there is stays good"
    sallyport.sign_in(django_oauth)
    sallyport.run("refresh", "work").done()


def test_a_server_that_gives_more_than_was_asked_for_is_told_of(sallyport, glewlwyd):
    """glewlwyd does not read the scope of a refresh request."""
    sallyport.configure_for(glewlwyd, glewlwyd.public)
    sallyport.sign_in(glewlwyd)
    result = sallyport.run("token", "--scope", "read").done()
    assert "the server gave more than was asked for: openid" in result.errors, str(result)
    assert set(jwt.claims(result.line)["scope"].split()) == {"openid", "read"}


def test_narrow_tokens_do_not_survive_the_session(for_notes, django_oauth):
    sallyport = for_notes
    read = django_oauth.resource("read")
    narrow = sallyport.run("token", "--scope", "read").done().line
    assert status_at(read, narrow) == 200
    sallyport.run("logout", "work").done()
    assert sallyport.run("token", "--scope", "read").status == 3
    assert status_at(read, narrow) == 401, "it was revoked too"


@pytest.mark.parametrize("name", ["glewlwyd", "nanoidp", "django_oauth"])
def test_a_server_that_exchanges_no_tokens_says_so_and_ends_no_session(sallyport, request, name):
    """None of them knows RFC 8693."""
    server = request.getfixturevalue(name)
    sallyport.configure_for(server, server.public)
    sallyport.sign_in(server)
    whole = sallyport.run("token").done().line
    result = sallyport.run("token", "--audience", "https://other.example.com")
    assert result.status in (1, 4) and result.output == "", str(result)
    assert len(result.errors.splitlines()) <= 2 and whole not in result.errors
    assert sallyport.run("token").done().line == whole
    sallyport.run("refresh", "work").done()
