"""What the server says of the person, plain and signed (OpenID Connect Core 1.0 section 5.3)."""

import json

import pytest
from test_sign_in import userinfo


@pytest.mark.parametrize("name", ["glewlwyd", "nanoidp", "django_oauth"])
def test_userinfo_is_shown(sallyport, request, name):
    server = request.getfixturevalue(name)
    sallyport.configure_for(server, server.public)
    sallyport.sign_in(server)
    result = sallyport.run("status", "work", "--userinfo").done()
    assert sallyport.status()["sub"] in result.output, str(result)
    if name == "nanoidp":
        assert "alice@example.org" in result.output


def test_signed_userinfo_is_checked_and_shown(sallyport, glewlwyd):
    sallyport.configure_for(
        glewlwyd, glewlwyd.public, userinfo_endpoint=f"{glewlwyd.issuer}/userinfo?format=jwt")
    sallyport.sign_in(glewlwyd)
    mark = glewlwyd.proxy.mark()
    result = sallyport.run("status", "work", "--userinfo").done()
    [asked] = glewlwyd.proxy.since(mark, "/userinfo?format=jwt")
    assert asked.answer.count(".") == 2, "it was a signed one"
    assert sallyport.status()["sub"] in result.output


def test_an_endpoint_that_refuses_the_token_ends_no_session(sallyport, glewlwyd):
    """Each instance of the plugin takes its own tokens alone."""
    sallyport.configure_for(
        glewlwyd, glewlwyd.public, userinfo_endpoint=f"{glewlwyd.instance('ES256')}/userinfo")
    sallyport.sign_in(glewlwyd)
    mark = glewlwyd.proxy.mark()
    result = sallyport.run("status", "work", "--userinfo")
    assert glewlwyd.proxy.since(mark, "/es256/userinfo")[0].status == 401
    assert "401" in result.errors and "\n    sub" not in result.output, str(result)
    assert sallyport.status()["state"] == "signed-in"
    sallyport.run("refresh", "work").done()


def test_json_holds_it_whole(sallyport, nanoidp):
    sallyport.configure_for(nanoidp, nanoidp.public)
    sallyport.sign_in(nanoidp)
    told = userinfo(nanoidp, sallyport.run("token").done().line)
    report = sallyport.run("status", "work", "--userinfo", "--json").done().json
    assert json.dumps(told["email"]) in json.dumps(report)
