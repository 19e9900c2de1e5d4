"""The ID token is checked whole (OpenID Connect Core 1.0 section 3.1.3.7), however right the
rest is."""

import base64
import json
import time

import pytest
from harness.keys import ECKey, MACKey, NoKey, RSAKey, b64url, jwt
from harness.server import Answer


@pytest.fixture(scope="session")
def strangers_key(key_folder):
    return ECKey(key_folder, "stranger")


@pytest.fixture(scope="session")
def weak_key(key_folder):
    """RFC 7518 section 3.3 wants 2048 bits."""
    return RSAKey(key_folder, "weak", bits=1024)


def sign_in(home, server):
    login = home.start_login()
    page = server.person(login.url)
    return login.finish(), page


def refused(home, server, *words, status=1):
    """The sign-in fails with one line, nothing is kept and no token is shown."""
    result, page = sign_in(home, server)
    result.failed(status, *words)
    assert "Not signed in" in page.text
    assert "at-" not in result.errors and "eyJ" not in result.errors
    assert home.status()["state"] == "signed-out"


# Accepted

def test_rs256(work, server, rsa_key):
    server.keys, server.signing_key = [rsa_key], rsa_key
    result, page = sign_in(work, server)
    result.done()
    assert "as alice" in result.errors and "as alice" in page.text
    assert work.status()["sub"] == "user-1"


def test_es256(work, server, ec_key):
    assert server.signing_key is ec_key
    sign_in(work, server)[0].done()


@pytest.mark.parametrize("kind", ["one key without kid", "token without kid", "several keys"])
def test_the_key_is_found_with_and_without_kid(
        work, server, rsa_key, ec_key, strangers_key, kind):
    jwk = dict(ec_key.jwk)
    jwks = [rsa_key.jwk, strangers_key.jwk, jwk]
    if kind == "one key without kid":
        del jwk["kid"]
        jwks = [jwk]
    if kind != "several keys":
        server.jwt_header = {"kid": None}
    server.routes["/jwks"] = lambda request: Answer.json({"keys": jwks})
    sign_in(work, server)[0].done()


def test_keys_that_cannot_be_used_are_passed_over(work, server, ec_key, weak_key):
    jwks = [{"kty": "oct", "k": "AAAA"}, {"kty": "XYZ"}, {}, {"kty": "EC", "crv": "P-999"},
            {"kty": "RSA", "n": "!!!", "e": "AQAB"}, {**ec_key.jwk, "use": "enc", "kid": "e"},
            weak_key.jwk, ec_key.jwk]
    server.routes["/jwks"] = lambda request: Answer.json({"keys": jwks})
    sign_in(work, server)[0].done()


def test_keys_are_fetched_once_more_for_an_unknown_kid(work, server, ec_key, strangers_key):
    fetched = []

    def jwks(request):
        fetched.append(request)
        keys = [strangers_key] if len(fetched) == 1 else [ec_key]
        return Answer.json({"keys": [key.jwk for key in keys]})
    server.routes["/jwks"] = jwks
    sign_in(work, server)[0].done()
    assert len(fetched) == 2


def from_now(seconds):
    """A time that is taken when the test runs, which may be a minute after it was collected."""
    return lambda: int(time.time()) + seconds


@pytest.mark.parametrize("claims", [
    {"aud": ["client-1"]}, {"aud": ["client-1"], "azp": "client-1"}, {"azp": "client-1"},
    {"at_hash": None}, {"exp": from_now(600.5)}, {"iat": from_now(30)},
    {"exp": from_now(-30)}, {"nbf": from_now(-5)},
    {"acr": "1", "auth_time": 1, "amr": ["pwd"], "unknown": {"a": []}}],
    ids=lambda claims: ",".join(claims))
def test_these_claims_are_fine(work, server, claims):
    server.claims = {name: value() if callable(value) else value for name, value in claims.items()}
    sign_in(work, server)[0].done()


def test_the_id_tokens_life_says_nothing_about_the_access_tokens(work, server):
    server.expires_in, server.claims = 7200, {"exp": int(time.time()) + 60}
    sign_in(work, server)[0].done()
    assert work.status()["expires_in"] > 7000


# Refused: algorithm and signature

def test_alg_none(work, server):
    server.signing_key = NoKey()
    refused(work, server, "id token")


@pytest.mark.parametrize("name", ["None", "NONE", "nOnE", ""])
def test_alg_none_in_other_spellings(work, server, name):
    server.signing_key, server.jwt_header = NoKey(), {"alg": name}
    refused(work, server, "id token")


@pytest.mark.parametrize("kind", ["public key", "client secret", "empty"])
def test_hs256(home, server, rsa_key, kind):
    server.keys = [rsa_key]
    home.configure_for(server, client_secret="client-secret-value")
    secret = {"public key": rsa_key.public_pem, "client secret": b"client-secret-value",
              "empty": b""}[kind]
    server.signing_key = MACKey(secret, rsa_key.kid)
    server.metadata["id_token_signing_alg_values_supported"] = ["HS256", "RS256"]
    refused(home, server, "id token")


def test_a_strangers_key(work, server, ec_key, strangers_key):
    server.signing_key, server.jwt_header = strangers_key, {"kid": ec_key.kid}
    refused(work, server, "signature is wrong")


def test_a_key_that_is_not_among_the_servers(work, server, strangers_key):
    server.signing_key = strangers_key
    refused(work, server, "stranger", "not among the server's keys")


def test_a_key_that_the_token_brings_itself(work, server, strangers_key, ec_key):
    server.signing_key = strangers_key
    server.jwt_header = {"kid": ec_key.kid, "jwk": strangers_key.jwk,
                         "jku": server.base + "/strangers", "x5u": server.base + "/strangers"}
    refused(work, server, "signature is wrong")
    assert "/strangers" not in [request.path for request in server.requests]


@pytest.mark.parametrize("signature", ["zeros", "der", "empty", "short", "flipped"])
def test_a_signature_that_is_none(work, server, ec_key, signature):
    class Broken:
        algorithm, kid = ec_key.algorithm, ec_key.kid

        def sign(self, data):
            right = ec_key.sign(data)
            return {"zeros": bytes(64), "der": ec_key.der_signature(data), "empty": b"",
                    "short": right[:63], "flipped": right[:-1] + bytes([right[-1] ^ 1])}[signature]
    server.signing_key = Broken()
    refused(work, server, "id token")


def test_an_rsa_key_of_1024_bits(work, server, weak_key):
    server.keys, server.signing_key = [weak_key], weak_key
    refused(work, server, "id token", "key")


def test_an_algorithm_the_metadata_does_not_list(work, server, rsa_key):
    server.keys, server.signing_key = [rsa_key], rsa_key
    server.metadata["id_token_signing_alg_values_supported"] = ["ES256"]
    refused(work, server, "RS256", "does not list")


def test_the_wrong_kind_of_key_for_the_algorithm(work, server, rsa_key, ec_key):
    server.keys, server.signing_key = [rsa_key], ec_key
    server.jwt_header = {"kid": rsa_key.kid}
    refused(work, server, "no usable key for ES256")


def test_an_unknown_critical_header(work, server):
    server.jwt_header = {"crit": ["x"], "x": 1}
    refused(work, server, "id token")


# Refused: claims

NOW = int(time.time())
CLAIMS = {
    "iss of another": ({"iss": "https://evil.example"}, "issuer"),
    "iss with a slash": ({"iss": "SLASH"}, "issuer"),
    "no iss": ({"iss": None}, "iss"),
    "iss a number": ({"iss": 5}, "iss"),
    "aud of another": ({"aud": "client-2"}, "another client"),
    "aud without us": ({"aud": ["client-2", "client-3"]}, "another client"),
    "aud empty": ({"aud": []}, "aud"),
    "aud lookalike": ({"aud": "Client-1"}, "another client"),
    "no aud": ({"aud": None}, "aud"),
    "aud a number": ({"aud": 5}, "aud"),
    "aud with others and no azp": ({"aud": ["client-1", "client-2"]}, "azp"),
    "azp of another": ({"aud": ["client-1", "client-2"], "azp": "client-2"}, "azp"),
    "azp of another alone": ({"azp": "client-2"}, "azp"),
    "no sub": ({"sub": None}, "sub"),
    "sub empty": ({"sub": ""}, "sub"),
    "sub a number": ({"sub": 5}, "sub"),
    "expired": ({"exp": NOW - 3600, "iat": NOW - 7200}, "expired"),
    "no exp": ({"exp": None}, "exp"),
    "exp a string": ({"exp": str(NOW + 60)}, "exp"),
    "exp 1e300": ({"exp": 1e300}, None),
    "exp negative": ({"exp": -1}, "exp"),
    "exp true": ({"exp": True}, "exp"),
    "no iat": ({"iat": None}, "iat"),
    "iat in the future": ({"iat": NOW + 7200, "exp": NOW + 9000}, "iat"),
    "iat 1e300": ({"iat": 1e300}, "iat"),
    "nbf in the future": ({"nbf": NOW + 7200, "exp": NOW + 9000}, "nbf"),
    "nonce of another": ({"nonce": "x" * 43}, "nonce"),
    "no nonce": ({"nonce": None}, "nonce"),
    "nonce a number": ({"nonce": 5}, "nonce"),
    "at_hash of another": ({"at_hash": "x" * 22}, "at_hash"),
    "at_hash a number": ({"at_hash": 5}, "at_hash"),
}


@pytest.mark.parametrize("claims, words", CLAIMS.values(), ids=CLAIMS)
def test_a_claim_that_is_wrong_or_missing(work, server, claims, words):
    if claims.get("iss") == "SLASH":
        claims = {"iss": server.issuer + "/"}
    elif "nonce" in claims and claims["nonce"] is None:
        server.changes = {"id_token": "replaced"}
        grant = server.grant

        def without_nonce(request):
            answer = json.loads(grant(request).body)
            answer["id_token"] = server.id_token("client-1", None, answer["access_token"])
            return Answer.json(answer)
        server.token = without_nonce
    server.claims = claims
    if words is None:
        # It may be taken as the far future; what it must not do is trap.
        assert sign_in(work, server)[0].status in (0, 1)
    else:
        refused(work, server, words)


def test_an_id_token_that_is_missing_although_openid_was_asked(work, server):
    server.changes = {"id_token": None}
    refused(work, server, "no id_token")


def test_without_openid_no_id_token_is_expected(home, server):
    home.configure_for(server, scope="read")
    home.sign_in(server)
    home.run("token", "work", "--format", "id-token").failed(1, "no ID token")


@pytest.mark.parametrize("token", [
    "x", "a.b", "a.b.c", "..", "a.b.c.d.e", "e30.e30.e30", "=.=.=", "eyJhbGciOiJSUzI1NiJ9..x"])
def test_what_is_no_token_at_all(work, server, token):
    server.changes = {"id_token": token}
    refused(work, server, "id token")


def test_claims_that_are_no_object(work, server, ec_key):
    for claims in [[], "x", 5, None]:
        server.changes = {"id_token": jwt(ec_key, claims)}
        refused(work, server, "id token")


def test_a_header_with_a_repeated_name(work, server, ec_key):
    header = b64url(b'{"alg":"ES256","alg":"none","kid":"ec-1"}')
    claims = b64url(json.dumps({"iss": server.issuer}).encode())
    server.changes = {"id_token": f"{header}.{claims}.{b64url(bytes(64))}"}
    refused(work, server, "id token")


@pytest.mark.parametrize("answer", [
    Answer(404), Answer(302, fields={"Location": "/jwks2"}), Answer(200, b"<html>"),
    Answer.json([]), Answer.json({"keys": {}}), Answer.json({"keys": []})],
    ids=["404", "redirect", "html", "array", "object", "empty"])
def test_keys_that_cannot_be_had(work, server, answer):
    server.routes["/jwks"] = lambda request: answer
    result, _ = sign_in(work, server)
    result.failed(1)
    assert "/jwks2" not in [request.path for request in server.requests]


def test_keys_that_cannot_be_had_now(work, server):
    server.routes["/jwks"] = lambda request: Answer(503)
    sign_in(work, server)[0].failed(5, "503")


# The refreshed one (section 12.2)

REFRESHED = {
    "same person": ({}, None), "no nonce": ({"nonce": None}, None),
    "another person": ({"sub": "user-2"}, "another user"),
    "another issuer": ({"iss": "https://evil.example"}, "iss"),
    "another client": ({"aud": "client-2"}, "aud"),
}


@pytest.mark.parametrize("claims, words", REFRESHED.values(), ids=REFRESHED)
def test_a_refreshed_id_token_is_of_the_same_person(signed_in, server, claims, words):
    server.claims = claims
    result = signed_in.run("refresh", "work")
    if words is None:
        result.done()
        assert signed_in.token() == "at-3"
    else:
        result.failed(1, words)
        # The former token is still good, and is what is served.
        assert signed_in.token() == "at-2"


def test_a_refresh_without_an_id_token_keeps_the_former_one(signed_in, server):
    former = signed_in.token("work", "--format", "id-token")
    server.changes = {"id_token": None}
    signed_in.run("refresh", "work").done()
    assert signed_in.token("work", "--format", "id-token") == former
    claims = json.loads(base64.urlsafe_b64decode(former.split(".")[1] + "=="))
    assert claims["sub"] == "user-1"
