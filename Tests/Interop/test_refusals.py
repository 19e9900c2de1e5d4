"""What servers refuse, and what the person is told."""

import urllib.parse

from support.server import Client
from support.waiting import free_port


def test_a_wrong_redirect_uri_ends_on_the_servers_page_and_times_out_in_words(sallyport, server):
    wrong = f"http://localhost:{free_port()}/callback"
    sallyport.configure_for(server, server.public, redirect_uri=wrong)
    login = sallyport.start_login("work", "--timeout", "3")
    page = server.sign_in(login.url)
    assert page.status in (400, 403) and page.url.startswith(server.proxy.url)
    result = login.finish()
    assert result.status == 5, str(result)
    assert f"register exactly: {wrong}" in result.errors


def test_a_wrong_client_id_ends_on_the_servers_page_and_times_out_in_words(sallyport, server):
    sallyport.configure_for(server, Client("nobody"))
    login = sallyport.start_login("work", "--timeout", "3")
    page = server.sign_in(login.url)
    assert page.status in (400, 401, 403) and page.url.startswith(server.proxy.url)
    result = login.finish()
    assert result.status == 5, str(result)
    assert sallyport.status()["state"] == "signed-out"


def test_glewlwyd_compares_the_port_of_the_loopback_address(sallyport, glewlwyd):
    """RFC 8252 section 7.3 wants it ignored: the person hears which URI to register."""
    sallyport.configure_for(glewlwyd, glewlwyd.public, redirect_uri="http://127.0.0.1/callback")
    login = sallyport.start_login("work", "--timeout", "3")
    assert glewlwyd.sign_in(login.url).status == 403
    result = login.finish()
    assert result.status == 5 and "register http://127.0.0.1/callback; the server has to allow any port" in result.errors


def test_a_wrong_secret_is_refused(sallyport, server):
    wrong = Client(server.posting.client_id, "not the secret", "client_secret_post")
    sallyport.configure_for(server, wrong)
    login = sallyport.start_login("work")
    page = server.sign_in(login.url)
    result = login.finish()
    assert result.status == 4, str(result)
    assert "Not signed in" in page.text, "the page tells the true result"
    assert "not the secret" not in result.errors + page.text
    assert result.errors.count("\nsallyport: ") == 1, str(result)


def test_a_verifier_that_does_not_fit_is_refused(sallyport, server):
    sallyport.configure_for(server, server.public)

    def spoil(form):
        return [(k, "A" * 43 if k == "code_verifier" else v) for k, v in form]

    login = sallyport.start_login("work")
    with server.proxy.rewriting(spoil):
        server.sign_in(login.url)
        result = login.finish()
    assert result.status == 4, str(result)
    assert sallyport.status()["state"] == "signed-out"


def test_a_scope_the_server_does_not_know_is_told(sallyport, nanoidp):
    sallyport.configure_for(nanoidp, nanoidp.public, scope="openid unheard-of")
    login = sallyport.start_login("work")
    page = nanoidp.sign_in(login.url)
    result = login.finish()
    assert result.status == 4, str(result)
    assert "invalid_scope" in result.errors
    assert "Not signed in" in page.text and "invalid_scope" in page.text


def test_glewlwyd_refuses_openid_without_a_nonce(glewlwyd):
    """The reason why one is always sent; kept here so that a change of it is noticed."""
    query = {
        "response_type": "code", "client_id": glewlwyd.public.client_id, "scope": "openid",
        "redirect_uri": glewlwyd.redirect_uri, "state": "s",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256"}
    page = glewlwyd.sign_in(f"{glewlwyd.issuer}/auth?{urllib.parse.urlencode(query)}")
    assert page.url.startswith(glewlwyd.redirect_uri) and "nonce" in page.url
