"""What a client proves itself with: keys, secrets that sign, certificates."""

import uuid

import pytest
from support import jwt, keys
from support.server import Client
from test_sign_in import exchange_of

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

# HS256 wants 32 bytes (RFC 7518 section 3.2).
SECRET = "a secret long enough to sign with, of 41 b"


@pytest.fixture
def signing(sallyport, glewlwyd):
    """Registers a client with a key of an algorithm, and configures the account for it."""

    def configure(algorithm, instance="everything", **settings):
        path = keys.make_key(sallyport.home / "client.key", algorithm)
        jwk = keys.public_jwk(path, algorithm, "client-key")
        client = glewlwyd.add_client(
            f"signing-{uuid.uuid4().hex}", token_endpoint_auth_method=["private_key_jwt"],
            jwks={"keys": [jwk]})
        sallyport.configure_for(
            glewlwyd, client, issuer=glewlwyd.instance(instance), **{
                "token_endpoint_auth_method": "private_key_jwt",
                "token_endpoint_auth_signing_alg": algorithm, "client_key_file": path,
                "client_key_id": "client-key", "client_assertion_audience": "token_endpoint",
                **settings})
        return client

    return configure


def assertion_of(exchange):
    assert exchange.fields["client_assertion_type"] == ASSERTION
    assert "client_secret" not in exchange.fields and "Authorization" not in exchange.headers
    return jwt.parts(exchange.fields["client_assertion"])


@pytest.mark.parametrize("algorithm", keys.KINDS)
def test_a_client_signs_with_its_key(sallyport, glewlwyd, signing, algorithm):
    client = signing(algorithm)
    mark = glewlwyd.proxy.mark()
    sallyport.sign_in(glewlwyd)
    header, claims = assertion_of(exchange_of(glewlwyd, mark))
    assert header["alg"] == algorithm and header["kid"] == "client-key"
    assert claims["iss"] == claims["sub"] == client.client_id
    assert claims["aud"] == f"{glewlwyd.instance('everything')}/token"
    assert claims["exp"] - claims["iat"] <= 300


def test_every_request_has_an_assertion_of_its_own(sallyport, glewlwyd, signing):
    signing("ES256")
    mark = glewlwyd.proxy.mark()
    sallyport.sign_in(glewlwyd)
    sallyport.run("refresh", "work").done()
    sallyport.run("refresh", "work").done()
    exchanges = glewlwyd.proxy.since(mark, "/token")
    assert [e.status for e in exchanges] == [200, 200, 200]
    assert len({assertion_of(e)[1]["jti"] for e in exchanges}) == 3


def test_each_endpoint_can_be_the_audience_for_itself(sallyport, glewlwyd, signing):
    """glewlwyd wants that, against RFC 9126 section 2, which lets the token endpoint stand for the
    server."""
    signing("ES256", "pushed", client_assertion_audience="endpoint")
    mark = glewlwyd.proxy.mark()
    sallyport.sign_in(glewlwyd)
    sallyport.run("refresh", "work").done()
    result = sallyport.run("logout", "work").done()
    assert "warning" not in result.errors, str(result)
    for endpoint in ["par", "token", "revoke"]:
        asked = glewlwyd.proxy.since(mark, f"/{endpoint}")
        assert asked and all(e.status in (200, 201) for e in asked)
        assert {assertion_of(e)[1]["aud"] for e in asked} == {
            f"{glewlwyd.instance('pushed')}/{endpoint}"}


def test_a_device_sign_in_names_each_endpoint_too(sallyport, glewlwyd, signing):
    signing("ES256", client_assertion_audience="endpoint")
    login = sallyport.start_device_login("work")
    glewlwyd.answer_device(login.complete_address)
    login.finish().done()
    assert sallyport.status()["state"] == "signed-in"


@pytest.mark.parametrize("words", [["--no-browser"], ["--device"]])
def test_an_audience_for_another_endpoint_is_refused_before_anybody_is_asked(
        sallyport, glewlwyd, signing, words):
    signing("ES256", "pushed")
    mark = glewlwyd.proxy.mark()
    result = sallyport.run("login", "work", *words, "--timeout", 30)
    assert result.status == 4 and result.output == "", str(result)
    if "--device" not in words:
        # At the other endpoint glewlwyd does not say that it is the client it does not believe.
        assert "client_assertion_audience = issuer or endpoint" in result.errors, str(result)
    [refused] = [e for e in glewlwyd.proxy.since(mark) if e.method == "POST"]
    assert refused.status == 401
    assertion_of(refused)


def test_an_audience_the_server_does_not_take_is_refused_in_words(sallyport, glewlwyd, signing):
    """glewlwyd wants its endpoint's address, where newer rules have the issuer."""
    signing("ES256", client_assertion_audience="issuer")
    mark = glewlwyd.proxy.mark()
    login = sallyport.start_login("work")
    page = glewlwyd.sign_in(login.url)
    result = login.finish()
    _, claims = assertion_of(exchange_of(glewlwyd, mark))
    assert claims["aud"] == glewlwyd.instance("everything")
    assert result.status == 4, str(result)
    assert "client_assertion_audience" in result.errors, str(result)
    assert "Not signed in" in page.text and sallyport.status()["state"] == "signed-out"


def test_a_key_that_others_can_read_is_not_used(sallyport, glewlwyd, signing):
    signing("ES256")
    (sallyport.home / "client.key").chmod(0o644)
    mark = glewlwyd.proxy.mark()
    result = sallyport.run("login", "work", "--no-browser", "--timeout", 30)
    assert result.status != 0 and result.output == "", str(result)
    assert "chmod" in result.errors and "client.key" in result.errors
    assert glewlwyd.proxy.since(mark, "/token") == []


def test_a_secret_signs_and_is_never_sent(sallyport, glewlwyd):
    client = glewlwyd.add_client(
        f"secret-{uuid.uuid4().hex}", token_endpoint_auth_method=["client_secret_jwt"],
        client_secret=SECRET)
    client = Client(client.client_id, SECRET, "client_secret_jwt")
    sallyport.configure_for(
        glewlwyd, client, issuer=glewlwyd.instance("everything"),
        client_assertion_audience="token_endpoint")
    mark = glewlwyd.proxy.mark()
    sallyport.sign_in(glewlwyd)
    sallyport.run("refresh", "work").done()
    for exchange in glewlwyd.proxy.since(mark, "/token"):
        header, claims = assertion_of(exchange)
        assert header["alg"] == "HS256" and claims["sub"] == client.client_id
        assert SECRET not in exchange.body


@pytest.fixture
def certified(sallyport, glewlwyd):
    """An account whose client shows a certificate."""
    client = glewlwyd.add_client(
        f"certified-{uuid.uuid4().hex}", token_endpoint_auth_method=["tls_client_auth"],
        tls_client_auth_san_dns="client.example")
    certificate, key = keys.make_certificate(
        sallyport.home, "client", "/CN=client", "DNS:client.example", glewlwyd.tls.authority)
    settings = {
        "issuer": glewlwyd.instance("mutual"), "ca_file": glewlwyd.tls.authority[0],
        "token_endpoint_auth_method": "tls_client_auth",
        "client_certificate_file": certificate, "client_key_file": key}
    return client, settings


def test_a_client_shows_its_certificate(sallyport, glewlwyd, certified):
    client, settings = certified
    sallyport.configure_for(glewlwyd, client, **settings)
    mark = glewlwyd.tls.mark()
    sallyport.sign_in(glewlwyd)
    [exchange] = glewlwyd.tls.since(mark, "/token")
    assert exchange.path == "/api/mutual/mtls/token", "the alias is for clients with certificates"
    assert exchange.certificate and exchange.fields["client_id"] == client.client_id
    assert "client_secret" not in exchange.fields and "client_assertion" not in exchange.fields
    # RFC 8705 section 3: the token is bound to the certificate.
    assert jwt.claims(exchange.json["access_token"])["cnf"]["x5t#S256"]
    sallyport.run("refresh", "work").done()


def test_a_certificate_is_shown_to_nobody_but_the_token_endpoint(sallyport, glewlwyd, certified):
    client, settings = certified
    sallyport.configure_for(glewlwyd, client, **settings)
    mark = glewlwyd.tls.mark()
    sallyport.sign_in(glewlwyd)
    shown = {e.path for e in glewlwyd.tls.since(mark) if e.certificate}
    assert shown == {"/api/mutual/mtls/token"}


def test_a_certificate_of_somebody_else_is_refused(sallyport, glewlwyd, certified):
    client, settings = certified
    certificate, key = keys.make_certificate(
        sallyport.home, "other", "/CN=other", "DNS:other.example", glewlwyd.tls.authority)
    settings.update(client_certificate_file=certificate, client_key_file=key)
    sallyport.configure_for(glewlwyd, client, **settings)
    login = sallyport.start_login("work")
    glewlwyd.sign_in(login.url)
    result = login.finish()
    assert result.status == 4, str(result)
    assert sallyport.status()["state"] == "signed-out"


def test_a_certificate_signed_by_itself_is_shown_too(sallyport, glewlwyd):
    certificate, key = keys.make_certificate(sallyport.home, "own", "/CN=own")
    glewlwyd.tls.trust(certificate)
    client = glewlwyd.add_client(
        f"own-{uuid.uuid4().hex}", token_endpoint_auth_method=["self_signed_tls_client_auth"],
        jwks={"keys": [keys.certified_jwk(certificate, key, "own")]})
    sallyport.configure_for(
        glewlwyd, client, issuer=glewlwyd.instance("mutual"),
        ca_file=glewlwyd.tls.authority[0], client_certificate_file=certificate,
        client_key_file=key, token_endpoint_auth_method="self_signed_tls_client_auth")
    sallyport.sign_in(glewlwyd)
    sallyport.run("refresh", "work").done()
