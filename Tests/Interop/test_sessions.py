"""What becomes of the former grant after a new sign-in, and of the server's own session."""

import pathlib
import shlex
import sys

from support.person import Browser
from support.waiting import wait_until
from test_refresh import refresh_at_the_server
from test_sign_in import exchange_of

BROWSE = pathlib.Path(__file__).parent / "support" / "browse.py"


def sign_in_again(sallyport, server, browser):
    """Signs in with one browser or another; gives the new refresh token."""
    mark = server.proxy.mark()
    login = sallyport.start_login("work")
    server.sign_in(login.url, browser)
    login.finish().done()
    return exchange_of(server, mark).json["refresh_token"]


def test_a_new_sign_in_revokes_the_former_grant(sallyport, glewlwyd):
    sallyport.configure_for(
        glewlwyd, glewlwyd.posting, issuer=glewlwyd.instance("everything"))
    former = sign_in_again(sallyport, glewlwyd, Browser())
    mark = glewlwyd.proxy.mark()
    sign_in_again(sallyport, glewlwyd, Browser())
    wait_until(lambda: glewlwyd.proxy.since(mark, "/revoke"), "the former grant's revocation")
    assert glewlwyd.proxy.since(mark, "/revoke")[0].fields["token"] == former
    assert refresh_at_the_server(
        glewlwyd, glewlwyd.posting, former, glewlwyd.instance("everything")) >= 400
    sallyport.run("refresh", "work").done()


def test_a_former_grant_of_the_same_session_is_left_alone(sallyport, glewlwyd):
    """The same browser gives the same `sid`: revoking one might end the other."""
    sallyport.configure_for(
        glewlwyd, glewlwyd.posting, issuer=glewlwyd.instance("everything"))
    browser = Browser()
    former = sign_in_again(sallyport, glewlwyd, browser)
    mark = glewlwyd.proxy.mark()
    sign_in_again(sallyport, glewlwyd, browser)
    sallyport.wait_for_couriers()
    assert glewlwyd.proxy.since(mark, "/revoke") == []
    assert refresh_at_the_server(
        glewlwyd, glewlwyd.posting, former, glewlwyd.instance("everything")) == 200


def test_a_former_grant_that_cannot_be_revoked_spoils_no_sign_in(sallyport, glewlwyd):
    """glewlwyd revokes nothing for public clients."""
    sallyport.configure_for(glewlwyd, glewlwyd.public)
    sign_in_again(sallyport, glewlwyd, Browser())
    mark = glewlwyd.proxy.mark()
    sign_in_again(sallyport, glewlwyd, Browser())
    wait_until(lambda: glewlwyd.proxy.since(mark, "/revoke"), "the attempt")
    sallyport.run("refresh", "work").done()
    assert sallyport.status()["state"] == "signed-in"


def end_session(sallyport, server, *words, report):
    command = [sys.executable, "-B", BROWSE, server.name, server.user, server.password, report]
    return sallyport.run(
        "logout", "work", *words, environment={"BROWSER": shlex.join(map(str, command))})


def ended_at(server, mark, path):
    """The browser's visit to the server's end_session_endpoint, which it makes in its own time."""
    return wait_until(
        lambda: next((e for e in server.proxy.since(mark) if e.path.startswith(path)), None),
        "the browser to come to the server")


def test_the_servers_own_session_ends_in_the_browser(sallyport, django_oauth):
    sallyport.configure_for(
        django_oauth, django_oauth.public,
        post_logout_redirect_uri=django_oauth.post_logout_redirect_uri)
    sallyport.sign_in(django_oauth)
    id_token = sallyport.run("token", "--format", "id-token").done().line
    mark = django_oauth.proxy.mark()
    report = sallyport.root / "page"
    result = end_session(sallyport, django_oauth, "--all", "--browser", report=report).done()
    ended = ended_at(django_oauth, mark, "/o/logout/?")
    assert f"id_token_hint={id_token}" in ended.path and ended.status == 302
    assert id_token not in result.output + result.errors
    assert "warning" not in result.errors, str(result)
    wait_until(report.exists, "the browser's report")
    assert report.read_text().startswith("200"), "the browser has come back to a page of ours"
    assert sallyport.run("token").status == 3


def test_the_browser_is_led_to_glewlwyds_page_too(sallyport, glewlwyd):
    sallyport.configure_for(
        glewlwyd, glewlwyd.posting, issuer=glewlwyd.instance("everything"))
    sallyport.sign_in(glewlwyd)
    mark = glewlwyd.proxy.mark()
    report = sallyport.root / "page"
    end_session(sallyport, glewlwyd, "--browser", report=report).done()
    ended = ended_at(glewlwyd, mark, "/api/everything/end_session?")
    assert ended.status == 302 and "id_token_hint=" in ended.path
    revocations = glewlwyd.proxy.since(mark, "/revoke")
    order = glewlwyd.proxy.exchanges
    assert order.index(revocations[0]) < order.index(ended), "the tokens first"


def test_a_server_without_such_an_endpoint_is_told_of(sallyport, glewlwyd):
    sallyport.configure_for(glewlwyd, glewlwyd.posting)
    sallyport.sign_in(glewlwyd)
    result = sallyport.run("logout", "work", "--browser")
    assert "end_session_endpoint" in result.errors, str(result)
    assert sallyport.run("token").status == 3
