"""How the client proves who it is, at a server that checks every part of it."""

import base64
import json

import pytest
from harness.keys import RSAKey, certificate, openssl
from harness.server import Answer

# A secret of 32 bytes and more, with what a form, a header and a shell each have to quote.
SECRET = "s+e%c&r=e~t:with'32\"bytes/and\\more"


def key_file(folder, kind):
    """A private key, as OpenSSL writes them, for its owner alone."""
    path = folder / f"{kind}.pem"
    words = {
        "RSA": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
        "P-256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        "P-384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
        "Ed25519": ["-algorithm", "ED25519"],
    }
    openssl("genpkey", *words[kind], "-out", path)
    path.chmod(0o600)
    return path


def parts(token):
    """Header and claims of a signed token."""
    return [json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
            for part in token.split(".")[:2]]


def assertions(practice):
    """Every assertion the server was shown."""
    return [parts(form["client_assertion"]) for path in ["/token", "/revoke"]
            for form in practice.forms(path) if "client_assertion" in form]


def live(home):
    """A whole life of a session: refreshed and signed out of."""
    first = home.token()
    home.run("refresh", "work").done()
    assert home.token() != first
    signed_out = home.run("logout", "work").done()
    assert "warning" not in signed_out.errors, str(signed_out)


# Assertions (RFC 7523, OpenID Connect Core 1.0 section 9)

@pytest.mark.parametrize("kind, algorithm", [
    ("RSA", "RS256"), ("RSA", "PS256"), ("P-256", "ES256"), ("Ed25519", "EdDSA")])
def test_a_private_key_proves_the_client_to_every_endpoint(
        home, practices, tmp_path, kind, algorithm):
    key = key_file(tmp_path, kind)
    practice = practices("--client", f"app,key={key},redirect=http://127.0.0.1/callback,"
                                     "auth=private_key_jwt")
    practice.configure(home, client_id="app", client_key_file=key,
                       token_endpoint_auth_signing_alg=algorithm)
    practice.sign_in(home)
    live(home)
    shown = assertions(practice)
    assert len(shown) >= 3
    for header, claims in shown:
        assert header["alg"] == algorithm
        assert claims["iss"] == claims["sub"] == "app"
        assert claims["aud"] == practice.issuer
        assert claims["exp"] - claims["iat"] <= 300
    names = [claims["jti"] for _, claims in shown]
    assert len(set(names)) == len(names), "an assertion was used twice"
    for form in practice.forms("/token"):
        assert "client_secret" not in form
    assert all("authorization" not in fields for fields in practice.headers("/token"))


def test_the_key_alone_is_enough_where_the_server_says_the_rest(home, practices, tmp_path):
    key = key_file(tmp_path, "P-256")
    practice = practices("--client", f"app,key={key},redirect=http://127.0.0.1/callback")
    practice.configure(home, client_id="app", client_key_file=key)
    practice.sign_in(home)
    assert assertions(practice)[0][0]["alg"] == "ES256"


def test_the_audience_can_be_the_token_endpoint(home, practices, tmp_path):
    key = key_file(tmp_path, "Ed25519")
    practice = practices("--client", f"app,key={key},redirect=http://127.0.0.1/callback")
    practice.configure(home, client_id="app", client_key_file=key,
                       client_assertion_audience="token_endpoint")
    practice.sign_in(home)
    live(home)
    assert {claims["aud"] for _, claims in assertions(practice)} == {practice["token_endpoint"]}


def test_the_name_of_the_key_is_the_one_the_server_knows(home, practices, ec_key, tmp_path):
    keys = tmp_path / "jwks.json"
    keys.write_text(json.dumps({"keys": [{**ec_key.jwk, "kid": "this one"}]}))
    ec_key.path.chmod(0o600)
    practice = practices("--client", f"app,jwks={keys},redirect=http://127.0.0.1/callback")
    practice.configure(home, client_id="app", client_key_file=ec_key.path,
                       client_key_id="this one")
    practice.sign_in(home)
    assert assertions(practice)[0][0]["kid"] == "this one"


def test_a_key_the_server_does_not_know_is_spoken_of(home, practices, tmp_path):
    known, other = key_file(tmp_path, "P-256"), key_file(tmp_path, "Ed25519")
    practice = practices("--client", f"app,key={known},redirect=http://127.0.0.1/callback")
    practice.configure(home, client_id="app", client_key_file=other)
    login = home.start_login()
    practice.person(home, login.url)
    login.finish().failed(
        4, "invalid_client", "the server must have the public half of client_key_file")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_key_others_can_read_is_refused_and_never_used(home, practices, tmp_path, mode):
    key = key_file(tmp_path, "P-256")
    practice = practices("--client", f"app,key={key},redirect=http://127.0.0.1/callback")
    practice.configure(home, client_id="app", client_key_file=key)
    key.chmod(mode)
    refused = home.run("login", "work", "--no-browser")
    refused.failed(1, "client_key_file", "others can read it")
    assert refused.hint == f"chmod 600 {key}"
    assert practice.requests == []
    key.chmod(0o600)
    practice.sign_in(home)


def test_a_key_of_another_kind_than_the_algorithm_is_refused(home, practices, tmp_path):
    practice = practices()
    practice.configure(home, client_key_file=key_file(tmp_path, "P-384"),
                       token_endpoint_auth_method="private_key_jwt",
                       token_endpoint_auth_signing_alg="ES256")
    home.run("login", "work", "--no-browser").failed(1, "client_key_file", "ES256")


def test_a_secret_signs_without_being_shown(home, practices, tmp_path):
    practice = practices("--client", f"app,secret={SECRET},redirect=http://127.0.0.1/callback,"
                                     "auth=client_secret_jwt")
    file = tmp_path / "secret"
    file.write_text(SECRET + "\n")
    file.chmod(0o600)
    practice.configure(home, client_id="app", client_secret_file=file,
                       token_endpoint_auth_method="client_secret_jwt")
    practice.sign_in(home)
    live(home)
    assert {header["alg"] for header, _ in assertions(practice)} == {"HS256"}
    assert all(SECRET not in json.dumps(one) for one in practice.requests)


# Secrets (RFC 6749 section 2.3.1)

@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_a_secret_of_any_characters_arrives_as_it_is(home, practices, tmp_path, method):
    practice = practices("--client", f"app,secret={SECRET},redirect=http://127.0.0.1/callback,"
                                     f"auth={method}")
    file = tmp_path / "secret"
    file.write_text(SECRET)
    file.chmod(0o600)
    practice.configure(home, client_id="app", client_secret_file=file,
                       token_endpoint_auth_method=method)
    practice.sign_in(home)
    live(home)


@pytest.mark.parametrize("secret, is_advised", [(SECRET, True), ("plain-secret_1.2~3", False)])
def test_a_server_that_does_not_decode_basic_is_suspected(home, server, secret, is_advised):
    server.token = lambda request: Answer.error("invalid_client", status=401)
    home.configure_for(server, client_secret=secret)
    login = home.start_login()
    server.person(login.url)
    refused = login.finish().failed(4, "invalid_client")
    assert ("client_secret_post may help" in refused.complaint) == is_advised
    assert secret not in refused.errors


# Certificates (RFC 8705 section 2)

@pytest.mark.parametrize("method", ["tls_client_auth", "self_signed_tls_client_auth"])
def test_a_certificate_proves_the_client_at_the_endpoints_for_it(
        home, practices, tmp_path, method):
    chain, key = certificate(tmp_path, "DNS:client.example", "client")
    key.chmod(0o600)
    practice = practices(
        "--tls", "--client",
        f"app,certificate={chain},redirect=http://127.0.0.1/callback,auth={method}")
    practice.configure(home, client_id="app", client_certificate_file=chain, client_key_file=key,
                       token_endpoint_auth_method=method)
    practice.sign_in(home)
    live(home)
    forms = practice.forms("/token") + practice.forms("/revoke")
    assert len(forms) >= 3
    for form in forms:
        assert form["client_id"] == "app"
        assert "client_secret" not in form and "client_assertion" not in form
    # The other name of the server is the one for clients with certificates.
    assert all(fields["host"].startswith("127.0.0.1:") for fields in practice.headers("/token"))
    assert all(fields["host"].startswith("localhost:")
               for fields in practice.headers("/.well-known/openid-configuration"))


def test_a_certificate_the_server_does_not_know_is_spoken_of(home, practices, tmp_path):
    known, _ = certificate(tmp_path, "DNS:client.example", "known")
    chain, key = certificate(tmp_path, "DNS:client.example", "other")
    key.chmod(0o600)
    practice = practices(
        "--tls", "--client", f"app,certificate={known},redirect=http://127.0.0.1/callback")
    practice.configure(home, client_id="app", client_certificate_file=chain, client_key_file=key,
                       token_endpoint_auth_method="tls_client_auth")
    login = home.start_login()
    practice.person(home, login.url)
    login.finish().failed(
        4, "invalid_client", "the server must know the certificate of client_certificate_file")


@pytest.mark.parametrize("settings, words", [
    ({"client_certificate_file": "C"}, ["needs its key in client_key_file"]),
    ({"client_certificate_file": "C", "client_key_file": "O"}, ["cannot be used"]),
    ({"client_certificate_file": "K", "client_key_file": "K"}, ["no certificate in PEM"]),
    ({"client_key_file": "C"}, ["cannot be used", "no unencrypted private key"]),
    ({"client_key_file": "W"}, ["the rsa key has 1024 bits"]),
    ({"client_key_file": "K", "token_endpoint_auth_method": "tls_client_auth"},
     ["tls_client_auth needs a certificate"]),
    ({"client_certificate_file": "C", "client_key_file": "K"}, ["tls_client_auth needs https"]),
])
def test_files_that_do_not_fit_are_refused_before_anybody_signs_in(
        home, practices, tmp_path, settings, words):
    chain, key = certificate(tmp_path, "DNS:client.example", "client")
    files = {"C": chain, "K": key, "O": key_file(tmp_path, "P-256"),
             "W": RSAKey(tmp_path, "weak", bits=1024).path}
    for file in files.values():
        file.chmod(0o600)
    practice = practices()
    practice.configure(
        home, **{key: files.get(value, value) for key, value in settings.items()})
    home.run("login", "work", "--no-browser").failed(1, *words)
    assert "/token" not in {one["path"] for one in practice.requests}
