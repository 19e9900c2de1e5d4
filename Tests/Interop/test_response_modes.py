"""Other ways from the authorization endpoint back (form_post, and JARM)."""

import uuid

import pytest
from support import jwt, keys
from support.person import Browser
from support.waiting import free_port
from test_sign_in import parameters


@pytest.mark.parametrize("mode", ["jwt", "query.jwt", "form_post.jwt"])
def test_a_signed_answer_is_taken(sallyport, glewlwyd, mode):
    sallyport.configure_for(
        glewlwyd, glewlwyd.public, issuer=glewlwyd.instance("everything"), response_mode=mode)
    login = sallyport.start_login("work")
    assert parameters(login.url)["response_mode"] == mode
    page = glewlwyd.sign_in(login.url)
    login.finish().done()
    assert "work is signed in" in page.text
    answers = [url for url in page.visited if url.startswith(f"{glewlwyd.redirect_uri}?")]
    if mode == "form_post.jwt":
        assert answers == [], "nothing stands in the address bar"
    else:
        claims = jwt.claims(parameters(answers[0])["response"])
        assert claims["iss"] == glewlwyd.instance("everything") and claims["code"]


def test_an_answer_is_taken_from_a_form(sallyport, glewlwyd):
    sallyport.configure_for(
        glewlwyd, glewlwyd.public, issuer=glewlwyd.instance("posted"), response_mode="form_post")
    login = sallyport.start_login("work")
    page = glewlwyd.sign_in(login.url)
    login.finish().done()
    assert "work is signed in" in page.text
    assert not any("code=" in url for url in page.visited)


def test_an_issuer_that_is_spoiled_on_its_way_is_refused(sallyport, glewlwyd):
    """glewlwyd percent-encodes `iss` inside the form, so that another name arrives (RFC 9207)."""
    sallyport.configure_for(
        glewlwyd, glewlwyd.public, issuer=glewlwyd.instance("everything"),
        response_mode="form_post")
    login = sallyport.start_login("work")
    page = glewlwyd.sign_in(login.url)
    result = login.finish()
    assert result.status != 0 and "iss" in result.errors, str(result)
    assert "Not signed in" in page.text


@pytest.mark.parametrize("mode", ["query", "form_post"])
def test_an_answer_is_taken_over_tls(sallyport, glewlwyd, mode):
    """For servers that want https even on the loopback interface."""
    certificate, key = keys.make_certificate(
        sallyport.home, "redirect", "/CN=localhost", "DNS:localhost")
    uri = f"https://localhost:{free_port()}/callback"
    client = glewlwyd.add_client(f"tls-{uuid.uuid4().hex}", confidential=False, redirect_uri=[uri])
    sallyport.configure_for(
        glewlwyd, client, issuer=glewlwyd.instance("posted"), redirect_uri=uri,
        redirect_certificate=certificate, redirect_key=key, response_mode=mode)
    login = sallyport.start_login("work")
    page = glewlwyd.sign_in(login.url, Browser(trusted=certificate))
    login.finish().done()
    assert "work is signed in" in page.text and page.url.startswith("https://localhost:")


@pytest.mark.parametrize("mode", ["form_post", "jwt"])
def test_a_pushed_request_has_its_mode_too(sallyport, glewlwyd, mode):
    sallyport.configure_for(
        glewlwyd, glewlwyd.public, issuer=glewlwyd.instance("pushed"), response_mode=mode)
    mark = glewlwyd.proxy.mark()
    login = sallyport.start_login("work")
    [pushed] = glewlwyd.proxy.since(mark, "/par")
    assert pushed.fields["response_mode"] == mode
    login.process.terminate()
    login.finish()


def test_a_mode_the_server_does_not_know_is_refused_before_any_browser_opens(sallyport, glewlwyd):
    sallyport.configure_for(glewlwyd, glewlwyd.public, response_mode="jwt")
    result = sallyport.run("login", "work", "--no-browser", "--timeout", 30)
    assert result.status != 0 and result.output == "", str(result)
    assert "response_mode" in result.errors
