"""Pushed authorization requests (RFC 9126)."""

import base64

import pytest
from test_sign_in import exchange_of, parameters


def pushed(server, mark):
    return server.proxy.since(mark, "/par")


def check_pushed(server, mark, login):
    """The browser gets a reference; everything else has gone to the server directly."""
    [request] = pushed(server, mark)
    assert request.status == 201, request.answer
    assert parameters(login.url) == {
        "client_id": request.fields["client_id"], "request_uri": request.json["request_uri"]}
    assert request.fields["code_challenge_method"] == "S256"
    assert len(request.fields["state"]) >= 43 and len(request.fields["nonce"]) >= 43
    assert request.fields["redirect_uri"] == server.redirect_uri
    assert "request_uri" not in request.fields
    return request


@pytest.mark.parametrize("kind", ["public", "posting", "basic"])
def test_a_server_that_requires_it_gets_it(sallyport, glewlwyd, kind):
    client = getattr(glewlwyd, kind)
    sallyport.configure_for(glewlwyd, client, issuer=glewlwyd.instance("pushed"))
    mark = glewlwyd.proxy.mark()
    login = sallyport.start_login("work")
    glewlwyd.sign_in(login.url)
    login.finish().done()
    request = check_pushed(glewlwyd, mark, login)
    assert exchange_of(glewlwyd, mark).fields["redirect_uri"] == request.fields["redirect_uri"]
    if kind == "posting":
        assert request.fields["client_secret"] == client.secret
    if kind == "basic":
        credentials = base64.b64encode(f"{client.client_id}:{client.secret}".encode()).decode()
        assert request.headers["Authorization"] == f"Basic {credentials}"
    sallyport.run("refresh", "work").done()


def test_an_account_can_require_it(sallyport, glewlwyd):
    sallyport.configure_for(
        glewlwyd, glewlwyd.public, issuer=glewlwyd.instance("everything"),
        require_pushed_authorization_requests="yes")
    mark = glewlwyd.proxy.mark()
    login = sallyport.start_login("work")
    glewlwyd.sign_in(login.url)
    login.finish().done()
    check_pushed(glewlwyd, mark, login)


def test_where_nobody_requires_it_the_browser_carries_the_request(sallyport, glewlwyd):
    sallyport.configure_for(
        glewlwyd, glewlwyd.public, issuer=glewlwyd.instance("everything"))
    mark = glewlwyd.proxy.mark()
    login = sallyport.start_login("work")
    glewlwyd.sign_in(login.url)
    login.finish().done()
    assert pushed(glewlwyd, mark) == [] and "code_challenge" in parameters(login.url)


def test_no_plain_request_takes_the_place_of_one_that_cannot_be_pushed(sallyport, server):
    """glewlwyd's usual instance and nanoidp have no endpoint for it."""
    sallyport.configure_for(
        server, server.public, require_pushed_authorization_requests="yes")
    result = sallyport.run("login", "work", "--no-browser", "--timeout", 30)
    assert result.status != 0 and result.output == "", str(result)
    assert "pushed_authorization_request_endpoint" in result.errors


def test_what_the_server_refuses_is_told_before_any_browser_opens(sallyport, glewlwyd):
    sallyport.configure_for(
        glewlwyd, glewlwyd.public, issuer=glewlwyd.instance("pushed"),
        redirect_uri="http://localhost:1/other")
    result = sallyport.run("login", "work", "--no-browser", "--timeout", 30)
    assert result.status == 4 and result.output == "", str(result)
    assert sallyport.status()["state"] == "signed-out"
