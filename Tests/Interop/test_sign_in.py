"""Signing in at real servers, from the command to the token a program can use."""

import base64
import http.client
import json
import pathlib
import shlex
import sys
import urllib.parse

import pytest
from support import jwt
from support.glewlwyd import ALGORITHMS
from support.waiting import wait_until

BROWSE = pathlib.Path(__file__).parent / "support" / "browse.py"


def parameters(url):
    """The query of a URL, in which nothing stands twice."""
    pairs = urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query, strict_parsing=True)
    assert len(pairs) == len(dict(pairs)), pairs
    return dict(pairs)


def userinfo(server, token):
    """What the server itself says of the person the token is for."""
    connection = http.client.HTTPConnection("localhost", server.proxy.port, timeout=60)
    try:
        path = urllib.parse.urlsplit(server.issuer).path + "/userinfo"
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        return json.loads(answer.read())
    finally:
        connection.close()


def exchange_of(server, mark):
    """The one code exchange since `mark`."""
    exchanges = [
        e for e in server.proxy.since(mark, server.token_path)
        if e.fields["grant_type"] == "authorization_code"]
    assert len(exchanges) == 1
    return exchanges[0]


def test_a_first_sign_in_by_options_is_saved_and_gives_a_token_that_works(sallyport, server):
    mark = server.proxy.mark()
    login = sallyport.start_login(
        "work", "--issuer", server.issuer, "--client-id", server.public.client_id,
        "--redirect-uri", server.redirect_uri, "--scope", server.scope)
    page = server.sign_in(login.url)
    result = login.finish().done()

    assert result.line == login.url, "stdout carries the URL and nothing else"
    assert page.status == 200 and "work is signed in" in page.text
    assert any(url.startswith(f"{server.redirect_uri}?") for url in page.visited)
    assert "code=" not in page.url, "the code is no longer in the address bar"
    account = sallyport.status()
    assert account["state"] == "signed-in" and account["refreshable"] is True
    assert account["issuer"] == server.issuer
    assert account["client_id"] == server.public.client_id
    assert account["expires_in"] in range(3000, 3601)
    assert set(account["scope"].split()) <= set(server.scope.split())
    config = sallyport.config_path.read_text()
    assert "[work]" in config and server.issuer in config and server.redirect_uri in config

    token = sallyport.run("token").done().line
    assert token == exchange_of(server, mark).json["access_token"]
    assert userinfo(server, token)["sub"] == account["sub"]
    assert token not in result.errors and token not in page.text


def test_the_authorize_url_has_pkce_state_and_nonce(sallyport, server):
    sallyport.configure_for(server, server.public)
    login = sallyport.start_login("work")
    asked = parameters(login.url)
    server.sign_in(login.url)
    login.finish().done()
    assert asked["response_type"] == "code"
    assert asked["client_id"] == server.public.client_id
    assert asked["redirect_uri"] == server.redirect_uri
    assert asked["code_challenge_method"] == "S256" and len(asked["code_challenge"]) == 43
    assert len(asked["state"]) >= 43 and len(asked["nonce"]) >= 43
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3


def test_a_public_client_sends_the_five_fields_and_no_authorization(sallyport, server):
    sallyport.configure_for(server, server.public)
    mark = server.proxy.mark()
    sallyport.sign_in(server)
    exchange = exchange_of(server, mark)
    assert sorted(exchange.fields) == [
        "client_id", "code", "code_verifier", "grant_type", "redirect_uri"]
    assert len(exchange.form) == 5
    assert exchange.fields["redirect_uri"] == server.redirect_uri
    assert "Authorization" not in exchange.headers
    assert exchange.headers["Content-Type"].startswith("application/x-www-form-urlencoded")


def test_a_client_with_its_secret_in_the_form_signs_in(sallyport, server):
    sallyport.configure_for(server, server.posting)
    mark = server.proxy.mark()
    sallyport.sign_in(server)
    exchange = exchange_of(server, mark)
    assert exchange.fields["client_secret"] == server.posting.secret
    assert "Authorization" not in exchange.headers
    sallyport.run("refresh", "work").done()


def test_a_client_with_its_secret_in_the_header_signs_in(sallyport, server):
    sallyport.configure_for(server, server.basic)
    mark = server.proxy.mark()
    sallyport.sign_in(server)
    exchange = exchange_of(server, mark)
    credentials = base64.b64encode(f"{server.basic.client_id}:{server.basic.secret}".encode())
    assert exchange.headers["Authorization"] == f"Basic {credentials.decode()}"
    assert "client_secret" not in exchange.fields
    sallyport.run("refresh", "work").done()


def test_the_program_named_by_browser_signs_in(sallyport, server):
    sallyport.configure_for(server, server.public)
    report = sallyport.root / "page"
    words = [sys.executable, "-B", BROWSE, server.name, server.user, server.password, report]
    browser = {"BROWSER": "/not/there %s:" + shlex.join(map(str, words))}
    result = sallyport.run("login", "work", "--timeout", 60, environment=browser).done()
    assert result.output == ""
    assert sallyport.status()["state"] == "signed-in"
    wait_until(report.exists, "the browser's report")


def test_the_loopback_address_takes_a_free_port(sallyport, nanoidp):
    sallyport.configure_for(nanoidp, nanoidp.public, redirect_uri="http://127.0.0.1/callback")
    mark = nanoidp.proxy.mark()
    login = sallyport.start_login("work")
    asked = urllib.parse.urlsplit(parameters(login.url)["redirect_uri"])
    assert asked.hostname == "127.0.0.1" and asked.port > 1023 and asked.path == "/callback"
    nanoidp.sign_in(login.url)
    login.finish().done()
    assert exchange_of(nanoidp, mark).fields["redirect_uri"] == asked.geturl()


def test_the_id_token_is_handed_out(sallyport, server):
    sallyport.configure_for(server, server.public)
    sallyport.sign_in(server)
    claims = jwt.claims(sallyport.run("token", "--format", "id-token").done().line)
    assert claims["iss"] == server.issuer
    assert claims["aud"] in (server.public.client_id, [server.public.client_id])
    assert claims["sub"] == sallyport.status()["sub"]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_an_id_token_of_every_algorithm_is_accepted(sallyport, glewlwyd, algorithm):
    sallyport.configure_for(glewlwyd, glewlwyd.public, issuer=glewlwyd.instance(algorithm))
    sallyport.sign_in(glewlwyd)
    header, claims = jwt.parts(sallyport.run("token", "--format", "id-token").done().line)
    assert header["alg"] == algorithm
    assert claims["iss"] == glewlwyd.instance(algorithm)


def test_an_id_token_whose_key_does_not_fit_its_algorithm_is_refused(sallyport, glewlwyd):
    sallyport.configure_for(glewlwyd, glewlwyd.public, issuer=glewlwyd.instance("P384"))
    login = sallyport.start_login("work")
    page = glewlwyd.sign_in(login.url)
    result = login.finish()
    assert result.status == 1 and "ES512" in result.errors, str(result)
    assert "ES512" in page.text, "the page tells the same"
    assert sallyport.status()["state"] == "signed-out"


def test_an_unannounced_iss_in_the_redirect_is_accepted(sallyport, glewlwyd):
    sallyport.configure_for(glewlwyd, glewlwyd.public)
    login = sallyport.start_login("work")
    page = glewlwyd.sign_in(login.url)
    login.finish().done()
    [answer] = [url for url in page.visited if url.startswith(glewlwyd.redirect_uri)]
    assert parameters(answer)["iss"] == glewlwyd.issuer


def test_once_prints_the_token_and_keeps_nothing(sallyport, server):
    sallyport.configure_for(server, server.public)
    login = sallyport.start_login("work", "--once")
    server.sign_in(login.url)
    lines = login.finish().done().output.splitlines()
    assert len(lines) == 2 and lines[0] == login.url
    assert userinfo(server, lines[1])["sub"]
    assert sallyport.status()["state"] == "signed-out"
