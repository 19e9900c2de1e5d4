"""From the address of a resource to a token for it (RFC 9728, 8414, 7591, 7592, 8707)."""

import json

from support.glewlwyd import RESOURCES
from support.waiting import wait_until
from test_narrower import status_at
from test_sign_in import parameters

ANY_PORT = "http://127.0.0.1/callback"
DOCUMENT = "https://client.example.com/sallyport.json"


def sign_in(sallyport, server, *words):
    login = sallyport.start_login(*words, "--redirect-uri", ANY_PORT)
    page = server.sign_in(login.url)
    return login, login.finish().done(), page


def account(sallyport):
    """The only account's name."""
    [one] = sallyport.report()["accounts"]
    return one["account"]


def test_an_address_is_all_it_takes(sallyport, django_oauth):
    read = django_oauth.resource("read")
    mark = django_oauth.proxy.mark()
    login, result, page = sign_in(sallyport, django_oauth, read)
    assert page.status == 200

    paths = [e.path for e in django_oauth.proxy.since(mark)]
    assert paths[0] == "/api/read"
    assert paths[1] == "/.well-known/oauth-protected-resource/api/read"
    [registration] = django_oauth.proxy.since(mark, "/register/")
    assert registration.status == 201
    asked = json.loads(registration.body)
    assert asked["redirect_uris"] == [ANY_PORT]
    assert asked["token_endpoint_auth_method"] == "none"
    sent = parameters(login.url)
    assert sent["client_id"] == registration.json["client_id"]
    assert sent["resource"] == read and sent["scope"] == "read"
    [exchange] = django_oauth.proxy.since(mark, "/token/")
    assert exchange.fields["resource"] == read

    name = account(sallyport)
    assert name in result.errors, "the name made from the address is told"
    status = sallyport.status(name)
    assert status["registered"] is True and status["issuer"] == django_oauth.issuer
    assert status_at(read, sallyport.run("token").done().line) == 200
    elsewhere = django_oauth.resource("write")
    assert status_at(elsewhere, sallyport.run("token").done().line) in (401, 403)
    sallyport.run("refresh", name).done()
    assert status_at(read, sallyport.run("token").done().line) == 200
    for secret in (registration.json["registration_access_token"], exchange.json["refresh_token"]):
        assert secret not in result.errors + sallyport.config_path.read_text()


def test_a_client_is_registered_once(sallyport, django_oauth):
    read = django_oauth.resource("read")
    sign_in(sallyport, django_oauth, read)
    mark = django_oauth.proxy.mark()
    sallyport.run("logout", account(sallyport)).done()
    sign_in(sallyport, django_oauth, read)
    assert django_oauth.proxy.since(mark, "/register/") == []


def test_signing_out_of_everything_deletes_the_registration(sallyport, django_oauth):
    read = django_oauth.resource("read")
    mark = django_oauth.proxy.mark()
    sign_in(sallyport, django_oauth, read)
    [registration] = django_oauth.proxy.since(mark, "/register/")
    name = account(sallyport)
    result = sallyport.run("logout", name, "--all").done()
    assert "warning" not in result.errors, str(result)
    [deletion] = [e for e in django_oauth.proxy.since(mark) if e.method == "DELETE"]
    assert deletion.status == 204
    assert deletion.path.endswith(f"/register/{registration.json['client_id']}/")
    revoked = django_oauth.proxy.since(mark, "/revoke_token/")
    order = django_oauth.proxy.exchanges
    assert order.index(revoked[-1]) < order.index(deletion), "tokens first, while there is a client"
    mark = django_oauth.proxy.mark()
    sign_in(sallyport, django_oauth, read)
    assert len(django_oauth.proxy.since(mark, "/register/")) == 1


def test_a_deletion_that_failed_can_be_repeated(sallyport, django_oauth):
    mark = django_oauth.proxy.mark()
    sign_in(sallyport, django_oauth, django_oauth.resource("read"))
    name = account(sallyport)
    with django_oauth.proxy.cut():
        result = sallyport.run("logout", name, "--all")
        assert "warning" in result.errors, str(result)
    sallyport.run("logout", name, "--all").done()
    assert [e.status for e in django_oauth.proxy.since(mark) if e.method == "DELETE"] == [204]


def test_a_client_known_by_its_metadata_document_is_not_registered(sallyport, django_oauth):
    """The server reads the document of packaging/client-metadata, under an address of its own."""
    read = django_oauth.resource("read")
    sallyport.configure("notes", resource=read, client_id_metadata_document=DOCUMENT)
    mark = django_oauth.proxy.mark()
    login, _, _ = sign_in(sallyport, django_oauth, "notes")
    assert parameters(login.url)["client_id"] == DOCUMENT
    assert django_oauth.proxy.since(mark, "/register/") == []
    assert status_at(read, sallyport.run("token").done().line) == 200
    result = sallyport.run("logout", "notes", "--all").done()
    assert [e for e in django_oauth.proxy.since(mark) if e.method == "DELETE"] == [], str(result)


def test_an_accounts_own_client_is_used(sallyport, django_oauth):
    read = django_oauth.resource("read")
    sallyport.configure("notes", resource=read, client_id=django_oauth.public.client_id)
    mark = django_oauth.proxy.mark()
    login, _, _ = sign_in(sallyport, django_oauth, "notes")
    assert parameters(login.url)["client_id"] == django_oauth.public.client_id
    assert django_oauth.proxy.since(mark, "/register/") == []


def test_more_is_asked_for_where_the_resource_wants_more(sallyport, django_oauth):
    read, write = django_oauth.resource("read"), django_oauth.resource("write")
    sallyport.configure(
        "notes", resource=[read, write], client_id=django_oauth.public.client_id)
    first, _, _ = sign_in(sallyport, django_oauth, read)
    assert parameters_of_scope(first) == {"read"}
    second, _, _ = sign_in(sallyport, django_oauth, write)
    assert parameters_of_scope(second) == {"read", "write"}, "the union of both"
    assert sallyport.status("notes")["state"] == "signed-in"


def parameters_of_scope(login):
    """The scopes an authorize URL asks for; `resource` may stand in it twice."""
    scopes = [p.removeprefix("scope=") for p in login.url.split("?")[1].split("&")
              if p.startswith("scope=")]
    return set(scopes[0].replace("%20", "+").split("+"))


def test_a_resource_that_says_nothing_is_told_in_words(sallyport, nanoidp):
    """nanoidp's userinfo wants a token and does not say whose."""
    result = sallyport.run(
        "login", f"{nanoidp.issuer}/userinfo", "--no-browser", "--timeout", 30)
    assert result.status == 1 and result.output == "", str(result)
    assert "--issuer" in result.errors


def test_an_address_that_wants_no_token_is_told_in_words(sallyport, django_oauth):
    result = sallyport.run(
        "login", f"{django_oauth.proxy.url}/login/", "--no-browser", "--timeout", 30)
    assert result.status == 1 and result.output == "", str(result)
    assert "answers without a token" in result.errors and "--issuer" in result.errors


def test_glewlwyd_registers_a_client_it_does_not_serve(sallyport, glewlwyd):
    """It takes `none` as authentication method and then wants a secret from the client all the
    same: the person is told, and the registration is not left behind."""
    sallyport.configure(
        "work", issuer=glewlwyd.instance("everything"), resource=RESOURCES[0],
        redirect_uri=glewlwyd.redirect_uri, scope="openid read")
    mark = glewlwyd.proxy.mark()
    login = sallyport.start_login("work")
    glewlwyd.sign_in(login.url)
    result = login.finish()
    assert result.status == 4 and "unauthorized_client" in result.errors, str(result)
    [registration] = glewlwyd.proxy.since(mark, "/register")
    assert registration.status == 200
    [deletion] = wait_until(
        lambda: [e for e in glewlwyd.proxy.since(mark) if e.method == "DELETE"],
        "the registration to be deleted")
    assert deletion.path.endswith(f"/{registration.json['client_id']}") and deletion.status == 200
