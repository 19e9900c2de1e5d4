"""Signing in on another device (RFC 8628), at servers that answer each in their own way."""

import pytest
from support.waiting import wait_until

GRANT = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture(params=["glewlwyd", "nanoidp", "django_oauth"])
def server(request):
    return request.getfixturevalue(request.param)


def configure(sallyport, server, **settings):
    client = getattr(server, "device", server.public)
    settings = {
        "issuer": server.device_issuer, "client_id": client.client_id,
        # django-oauth-toolkit gives no ID token with this grant.
        "scope": "read" if server.name == "django_oauth" else "openid", **server.settings,
        **settings}
    sallyport.configure("work", **settings)


def polls(server, mark):
    return [e for e in server.proxy.since(mark, server.token_path)
            if e.fields.get("grant_type") == GRANT]


def test_a_sign_in_on_another_device_gives_a_session(sallyport, server):
    configure(sallyport, server)
    mark = server.proxy.mark()
    login = sallyport.start_device_login("work")
    assert login.user_code in login.text and login.address in login.text
    wait_until(lambda: polls(server, mark), "a first question at the token endpoint")
    server.answer_device(login.complete_address)
    result = login.finish().done()

    asked = polls(server, mark)
    assert asked[0].fields["device_code"] not in result.output + result.errors
    assert asked[0].json["error"] == "authorization_pending" and asked[-1].status == 200
    assert {e.fields["client_id"] for e in asked} == {
        getattr(server, "device", server.public).client_id}
    assert sallyport.status()["state"] == "signed-in"
    assert sallyport.run("token").done().line == asked[-1].json["access_token"]
    sallyport.run("refresh", "work").done()
    assert sallyport.run("token").done().line != asked[-1].json["access_token"]


def test_polling_keeps_to_the_servers_interval(sallyport, glewlwyd):
    """It says slow_down to whoever comes early."""
    configure(sallyport, glewlwyd)
    mark = glewlwyd.proxy.mark()
    login = sallyport.start_device_login("work")
    wait_until(lambda: len(polls(glewlwyd, mark)) >= 2, "two questions")
    glewlwyd.answer_device(login.complete_address)
    login.finish().done()
    assert {e.json["error"] for e in polls(glewlwyd, mark)[:-1]} == {"authorization_pending"}


def test_a_cut_connection_ends_no_polling(sallyport, nanoidp):
    configure(sallyport, nanoidp)
    login = sallyport.start_device_login("work")
    with nanoidp.proxy.cut() as cut:
        wait_until(lambda: cut.count, "a question that gets no answer")
    nanoidp.answer_device(login.complete_address)
    login.finish().done()


@pytest.mark.parametrize("name", ["nanoidp", "django_oauth"])
def test_a_refusal_on_the_other_device_is_told(sallyport, request, name):
    server = request.getfixturevalue(name)
    configure(sallyport, server)
    login = sallyport.start_device_login("work")
    server.refuse_device(login.complete_address)
    result = login.finish()
    assert result.status == 4, str(result)
    assert "access_denied" in result.errors or "refused" in result.errors, str(result)
    assert sallyport.status()["state"] == "signed-out"


def test_a_server_without_the_grant_is_told_in_words(sallyport, glewlwyd):
    sallyport.configure_for(glewlwyd, glewlwyd.public)
    result = sallyport.run("login", "work", "--device", "--timeout", 30)
    assert result.status == 1, str(result)
    assert "device_authorization_endpoint" in result.errors


def test_an_unknown_client_is_refused_at_once(sallyport, server):
    configure(sallyport, server, client_id="nobody")
    result = sallyport.run("login", "work", "--device", "--timeout", 30)
    assert result.status == 4, str(result)
    assert sallyport.status()["state"] == "signed-out"


def test_a_device_sign_in_can_be_bound_to_a_key(sallyport, glewlwyd):
    configure(sallyport, glewlwyd, dpop_bound_access_tokens="yes")
    login = sallyport.start_device_login("work")
    glewlwyd.answer_device(login.complete_address)
    login.finish().done()
    assert sallyport.status()["token_type"] == "DPoP"
