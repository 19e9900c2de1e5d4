"""Tokens bound to a key (RFC 9449), at a server that wants proofs and at one that wants nonces."""

import json
import subprocess

import pytest
from support import jwt, keys
from test_refresh import refresh_at_the_server, refreshes
from test_sign_in import exchange_of


def configure(sallyport, server, name="everything", **settings):
    sallyport.configure_for(
        server, server.public, issuer=server.instance(name), dpop_bound_access_tokens="yes",
        **settings)


def curl(url, *words, input=""):
    """What curl gets: the status, the header fields, the body."""
    answer = subprocess.run(
        ["curl", "-sS", "-i", *words, url], input=input, capture_output=True, text=True,
        check=True).stdout
    head, _, body = answer.partition("\n\n")
    lines = head.splitlines()
    fields = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
    return int(lines[0].split()[1]), fields, body


def proof_of(exchange):
    [proof] = exchange.headers.get_all("DPoP")
    return jwt.parts(proof)


@pytest.mark.parametrize("name", ["everything", "nonce", "pushed"])
def test_a_token_is_bound_to_a_key_of_the_account(sallyport, glewlwyd, name):
    configure(sallyport, glewlwyd, name)
    mark = glewlwyd.proxy.mark()
    sallyport.sign_in(glewlwyd)
    exchange = [e for e in glewlwyd.proxy.since(mark, "/token") if e.status == 200][-1]
    header, claims = proof_of(exchange)
    assert header["typ"] == "dpop+jwt" and "d" not in header["jwk"]
    assert claims["htm"] == "POST" and claims["htu"] == f"{glewlwyd.instance(name)}/token"
    bound = jwt.claims(exchange.json["access_token"])["cnf"]["jkt"]
    assert bound == keys.thumbprint(header["jwk"])
    assert sallyport.status()["token_type"] == "DPoP"


def test_a_server_that_wants_a_nonce_gets_it_the_second_time(sallyport, glewlwyd):
    configure(sallyport, glewlwyd, "nonce")
    mark = glewlwyd.proxy.mark()
    sallyport.sign_in(glewlwyd)
    refused, taken = glewlwyd.proxy.since(mark, "/token")
    assert refused.json["error"] == "use_dpop_nonce" and "nonce" not in proof_of(refused)[1]
    assert taken.status == 200
    for _ in range(4):
        sallyport.run("refresh", "work").done()
    proofs = [proof_of(e) for e in glewlwyd.proxy.since(mark, "/token")]
    assert len({claims["jti"] for _, claims in proofs}) == len(proofs)
    assert len({keys.thumbprint(header["jwk"]) for header, _ in proofs}) == 1


def test_a_refresh_token_is_good_for_nobody_without_the_key(sallyport, glewlwyd):
    configure(sallyport, glewlwyd)
    mark = glewlwyd.proxy.mark()
    sallyport.sign_in(glewlwyd)
    kept = exchange_of(glewlwyd, mark).json["refresh_token"]
    assert refresh_at_the_server(
        glewlwyd, glewlwyd.public, kept, glewlwyd.instance("everything")) == 403
    mark = glewlwyd.proxy.mark()
    sallyport.run("refresh", "work").done()
    [refresh] = refreshes(glewlwyd, mark)
    assert refresh.status == 200 and refresh.json["token_type"].lower() == "dpop"


def test_curl_sends_token_and_proof(sallyport, glewlwyd):
    configure(sallyport, glewlwyd)
    sallyport.sign_in(glewlwyd)
    url = f"{glewlwyd.instance('everything')}/userinfo"
    printed = sallyport.run(
        "token", "--format", "header", "--method", "GET", "--url", url).done().output
    assert [line.split(":")[0] for line in printed.splitlines()] == ["Authorization", "DPoP"]
    status, _, body = curl(url, "-H", "@-", input=printed)
    assert status == 200 and json.loads(body)["sub"] == sallyport.status()["sub"]
    status, _, _ = curl(url, "-H", "@-", input=printed)
    assert status == 401, "a proof is good once"
    token = sallyport.run("token").done()
    assert curl(url, "-H", f"Authorization: Bearer {token.line}")[0] == 401
    assert "proof" in token.errors, "whoever takes the token alone is told"


def test_an_api_that_wants_a_nonce_gets_it(sallyport, glewlwyd):
    configure(sallyport, glewlwyd, "nonce")
    sallyport.sign_in(glewlwyd)
    url = f"{glewlwyd.instance('nonce')}/userinfo"
    words = ["token", "--format", "header", "--method", "GET", "--url", url]
    status, fields, _ = curl(url, "-H", "@-", input=sallyport.run(*words).done().output)
    assert status == 401 and "use_dpop_nonce" in fields["WWW-Authenticate"]
    again = sallyport.run(*words, "--dpop-nonce", fields["DPoP-Nonce"]).done().output
    assert curl(url, "-H", "@-", input=again)[0] == 200


def test_a_header_without_the_request_is_refused_with_the_command_to_use(sallyport, glewlwyd):
    configure(sallyport, glewlwyd)
    sallyport.sign_in(glewlwyd)
    result = sallyport.run("token", "--format", "header")
    assert result.status != 0 and result.output == "", str(result)
    assert "--method GET --url URL" in result.errors


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_proof_is_for_one_method(sallyport, glewlwyd, method):
    configure(sallyport, glewlwyd)
    sallyport.sign_in(glewlwyd)
    url = f"{glewlwyd.instance('everything')}/userinfo"
    printed = sallyport.run(
        "token", "--format", "header", "--method", method, "--url", url).done().output
    assert curl(url, "-H", "@-", "-X", "GET", input=printed)[0] == (200 if method == "GET" else 401)


def test_git_is_told_that_it_cannot_use_such_a_token(sallyport, glewlwyd):
    configure(sallyport, glewlwyd, credential_url="https://git.example.com")
    sallyport.sign_in(glewlwyd)
    (sallyport.home / ".gitconfig").write_text("[credential]\n\thelper = sallyport\n")
    result = sallyport.run(
        "git", "credential", "fill", program="/usr/bin/env",
        input="protocol=https\nhost=git.example.com\n\n")
    assert result.status == 128 and "password=" not in result.output, str(result)
    assert "DPoP" in result.errors


def test_a_server_without_it_binds_nothing_and_the_sign_in_says_so(sallyport, nanoidp):
    sallyport.configure_for(nanoidp, nanoidp.public, dpop_bound_access_tokens="yes")
    login = sallyport.start_login("work")
    nanoidp.sign_in(login.url)
    result = login.finish()
    assert result.status != 0, str(result)
    assert "DPoP" in result.errors or "dpop" in result.errors, str(result)
    assert sallyport.status()["state"] == "signed-out"


def test_userinfo_is_asked_with_a_proof(sallyport, glewlwyd):
    configure(sallyport, glewlwyd)
    sallyport.sign_in(glewlwyd)
    mark = glewlwyd.proxy.mark()
    sallyport.run("status", "work", "--userinfo").done()
    [asked] = glewlwyd.proxy.since(mark, "/userinfo")
    assert asked.status == 200 and asked.headers["Authorization"].startswith("DPoP ")
