"""Signing in by address at servers made with the official SDK of the Model Context Protocol: their
metadata, their registration, their tokens, and their verdict on the token in the end."""

import pytest
from support.mcp_server import MCPServer, MCPServerOfAnOrigin, OlderMCPServer


def sign_in(sallyport, server, *words):
    """A sign-in that works; gives what the person was asked."""
    mark = server.proxy.mark()
    login = sallyport.start_login(*words, "--redirect-uri", server.redirect_uri)
    page = server.sign_in(login.url)
    login.finish().done()
    assert page.status == 200 and "is signed in" in page.text
    return server.asked(mark)


@pytest.fixture(params=[MCPServer, MCPServerOfAnOrigin])
def mcp(request, mcp_servers):
    """Each way of naming itself in turn."""
    return mcp_servers(request.param)


@pytest.fixture
def own(mcp_servers):
    return mcp_servers(MCPServer)


def test_the_address_is_all_that_is_needed(sallyport, mcp):
    mark = mcp.proxy.mark()
    asked = sign_in(sallyport, mcp, mcp.resource)
    named = mcp.proxy.url + mcp.resource_name
    assert asked["resource"] == named and asked["scope"] == mcp.scopes
    [registration] = mcp.registrations(mark)
    assert registration["redirect_uris"] == [mcp.redirect_uri]
    assert registration["scope"] == mcp.scopes
    [exchange] = mcp.proxy.since(mark, "/token")
    assert exchange.fields["resource"] == named
    assert exchange.fields["client_id"] == asked["client_id"]
    assert sallyport.status("localhost")["state"] == "signed-in"
    assert mcp.call(sallyport.run("token").done().line) == (200, "hello, alice")


def test_the_token_is_refreshed_and_still_good(sallyport, own):
    sign_in(sallyport, own, own.resource)
    former = sallyport.run("token").done().line
    sallyport.run("refresh", "localhost").done()
    token = sallyport.run("token").done().line
    assert token != former and own.call(token) == (200, "hello, alice")


def test_the_client_is_registered_once(sallyport, own):
    mark = own.proxy.mark()
    first = sign_in(sallyport, own, own.resource)
    sallyport.run("logout", "localhost").done()
    again = sign_in(sallyport, own, "localhost")
    assert again["client_id"] == first["client_id"]
    assert len(own.registrations(mark)) == 1


def test_what_logout_cannot_do_there_is_said(sallyport, own):
    sign_in(sallyport, own, own.resource)
    mark = own.proxy.mark()
    result = sallyport.run("logout", "localhost", "--all")
    assert result.status == 1 and "signed out of localhost" in result.errors, str(result)
    # The SDK's revocation endpoint wants the secret that a public client does not have.
    revocation = own.proxy.since(mark, "/revoke")[0]
    assert revocation.fields["token_type_hint"] == "refresh_token" and revocation.status == 400
    assert "has not revoked the tokens" in result.errors
    # It has no RFC 7592 either.
    assert "lets no client delete its registration" in result.errors
    mark = own.proxy.mark()
    sign_in(sallyport, own, own.resource)
    assert len(own.registrations(mark)) == 1, "what was forgotten is made anew"


def test_more_scope_is_asked_for_where_a_token_has_too_little(sallyport, own):
    sign_in(sallyport, own, own.resource, "--scope", "greet")
    assert own.call(sallyport.run("token").done().line)[0] == 403
    mark = own.proxy.mark()
    asked = sign_in(sallyport, own, own.resource)
    assert sorted(asked["scope"].split()) == sorted(own.scopes.split())
    # Its clients are held to the scope they were registered with.
    assert len(own.registrations(mark)) == 1
    assert own.call(sallyport.run("token").done().line) == (200, "hello, alice")


def test_an_older_server_is_signed_in_at_with_its_issuer(sallyport, mcp_servers):
    older = mcp_servers(OlderMCPServer)
    result = sallyport.run("login", older.resource, "--no-browser")
    assert result.status == 1 and "does not say where to sign in" in result.errors, str(result)
    hint = f"sallyport login {older.resource} --issuer {older.issuer}"
    assert f"  try: {hint} --no-browser\n" in result.errors
    words = hint.split(" ")[2:]
    sign_in(sallyport, older, *words, "--scope", older.scopes)
    assert older.call(sallyport.run("token").done().line) == (200, "hello, alice")


def test_a_server_that_has_lost_its_clients_is_told_from_others(sallyport, own, tmp_path):
    server = MCPServer(tmp_path)
    try:
        sign_in(sallyport, server, server.resource)
        server.restart()
        result = sallyport.run("refresh", "localhost")
        assert result.status == 4, str(result)
        assert "try: sallyport logout localhost --all && sallyport login localhost" in result.errors
    finally:
        server.stop()
