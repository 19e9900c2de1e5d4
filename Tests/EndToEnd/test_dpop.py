"""Tokens that are bound to a key (RFC 9449): at the server, at a resource, and in wrong hands."""

import base64
import hashlib
import json
import urllib.error
import urllib.request

import pytest
from harness.courier import CourierJob
from harness.server import Answer


def parts(token):
    """Header and claims of a signed token."""
    return [json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
            for part in token.split(".")[:2]]


def proofs(practice, path="/token"):
    """The proofs an endpoint was sent, one a request."""
    return [parts(fields["dpop"]) for fields in practice.headers(path) if "dpop" in fields]


def get(url, lines):
    """Asks a resource with the lines that `token --format header` has printed; gives its status."""
    fields = dict(line.split(": ", 1) for line in lines.splitlines())
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=fields)) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def header(home, url, *words, method="GET"):
    """What `token` prints for one request."""
    return home.run("token", "work", "--format", "header", "--method", method, "--url", url,
                    *words).done().output


@pytest.fixture
def bound(home, practices):
    """A home that is signed in with a key, and the server of its tokens."""
    practice = practices("--resource")
    practice.configure(home, dpop_bound_access_tokens="yes")
    practice.sign_in(home)
    return home, practice


def test_a_bound_token_opens_the_resource_for_the_request_it_is_proven_for(bound):
    home, practice = bound
    url = practice["resource"]
    lines = header(home, url)
    assert [line.split(" ")[0:2] for line in lines.splitlines()][0] == ["Authorization:", "DPoP"]
    assert lines.splitlines()[1].startswith("DPoP: ")
    assert get(url, lines) == 200
    # A proof is for one request.
    assert get(url, lines) == 401
    assert get(url, header(home, url, method="POST")) == 401
    assert get(url, header(home, url + "/else")) == 401


def test_the_token_alone_opens_nothing(bound):
    home, practice = bound
    token = json.loads(home.run("token", "work", "--format", "json").done().output)
    assert token["token_type"] == "DPoP"
    url = practice["resource"]
    for scheme in ["Bearer", "DPoP"]:
        assert get(url, f"Authorization: {scheme} {token['access_token']}") == 401


def test_the_proof_says_what_it_has_to_say(bound):
    home, practice = bound
    lines = header(home, practice["resource"] + "?page=2#top", "--dpop-nonce", "abc.123")
    token = lines.splitlines()[0].removeprefix("Authorization: DPoP ")
    head, claims = parts(lines.splitlines()[1].removeprefix("DPoP: "))
    assert head["typ"] == "dpop+jwt" and head["alg"] == "ES256"
    assert sorted(head["jwk"]) == ["crv", "kty", "x", "y"]
    digest = hashlib.sha256(token.encode()).digest()
    assert claims["ath"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert claims["htm"] == "GET" and claims["htu"] == practice["resource"]
    assert claims["nonce"] == "abc.123"


def test_every_request_of_a_session_is_proven_by_one_key(bound):
    home, practice = bound
    home.run("refresh", "work").done()
    home.run("refresh", "work").done()
    shown = proofs(practice)
    assert len(shown) == 3
    assert len({json.dumps(head["jwk"], sort_keys=True) for head, _ in shown}) == 1
    assert len({claims["jti"] for _, claims in shown}) == 3
    assert all(claims["htu"] == practice["token_endpoint"] for _, claims in shown)
    assert all("ath" not in claims for _, claims in shown)
    # The code was bound to the key before it was given out (section 10).
    [authorize] = [dict(one["query"]) for one in practice.requests
                   if one["path"] == "/authorize" and one["method"] == "GET"]
    key = json.dumps(shown[0][0]["jwk"], sort_keys=True, separators=(",", ":")).encode()
    thumbprint = base64.urlsafe_b64encode(hashlib.sha256(key).digest()).rstrip(b"=").decode()
    assert authorize["dpop_jkt"] == thumbprint
    # A proof is no way to be revoked by.
    home.run("logout", "work").done()
    assert proofs(practice, "/revoke") == []


def test_another_sign_in_makes_another_key(bound):
    home, practice = bound
    practice.sign_in(home)
    keys = {json.dumps(head["jwk"], sort_keys=True) for head, _ in proofs(practice)}
    assert len(keys) == 2


def test_a_nonce_is_answered_once_and_kept(home, practices):
    practice = practices("--dpop-nonce")
    practice.configure(home, dpop_bound_access_tokens="yes")
    practice.sign_in(home)
    first = proofs(practice)
    assert [("nonce" in claims) for _, claims in first] == [False, True]
    for _ in range(3):
        home.run("refresh", "work").done()
    later = [claims["nonce"] for _, claims in proofs(practice)[2:]]
    # Each answer brings the nonce of the next request, so that none has to be asked for.
    assert len(later) == 3 and len(set(later)) == 3
    statuses = [one["status"] for one in practice.requests if one["path"] == "/token"]
    assert statuses == [400, 200, 200, 200, 200]


def test_a_pushed_request_is_proven_too(home, practices):
    practice = practices("--dpop-nonce", "--require-par")
    practice.configure(home, dpop_bound_access_tokens="yes")
    practice.sign_in(home)
    assert [("nonce" in claims) for _, claims in proofs(practice, "/par")] == [False, True]
    # The nonce is the server's, not the endpoint's.
    assert [("nonce" in claims) for _, claims in proofs(practice)] == [True]


def test_a_narrower_token_is_bound_to_the_same_key(bound):
    home, practice = bound
    url = practice["resource"]
    lines = header(home, url, "--scope", "read", "--resource", url)
    assert get(url, lines) == 200
    assert get(url, header(home, url, "--audience", url)) == 200
    keys = {json.dumps(head["jwk"], sort_keys=True) for head, _ in proofs(practice)}
    assert len(keys) == 1


def test_a_confidential_client_is_bound_as_well(home, practices):
    practice = practices("--resource")
    practice.configure(home, client_id=practice["confidential_client_id"],
                       client_secret=practice["confidential_client_secret"],
                       dpop_bound_access_tokens="yes")
    practice.sign_in(home)
    url = practice["resource"]
    home.run("refresh", "work").done()
    assert get(url, header(home, url)) == 200


def test_git_is_not_given_what_it_cannot_prove(home, practices):
    practice = practices()
    practice.configure(home, dpop_bound_access_tokens="yes",
                       credential_url="https://git.example")
    practice.sign_in(home)
    asked = home.run("get", input="protocol=https\nhost=git.example\n\n",
                     program=home.root / "bin" / "git-credential-sallyport")
    assert asked.status == 1 and asked.output == "", str(asked)
    assert "DPoP" in asked.errors


# Protection lost on the way

def test_a_bearer_token_is_refused_where_a_bound_one_was_asked_for(home, server):
    home.configure_for(server, dpop_bound_access_tokens="yes")
    login = home.start_login()
    server.person(login.url)
    login.finish().failed(1, "bearer token", "dpop")
    assert home.status()["state"] == "signed-out"


def test_bearer_tokens_from_before_are_not_gone_on_with(home, practices):
    practice = practices()
    practice.configure(home)
    practice.sign_in(home)
    config = home.config.read_text()
    home.write_config(config + "dpop_bound_access_tokens = yes\n")
    before = len(practice.requests)
    home.run("token", "work").failed(3, "dpop_bound_access_tokens")
    assert len(practice.requests) == before


def test_a_demand_without_end_is_an_end(home, server):
    server.token = lambda request: Answer.error(
        "use_dpop_nonce", DPoP_Nonce=f"n-{len(server.requests)}")
    home.configure_for(server, dpop_bound_access_tokens="yes")
    login = home.start_login()
    server.person(login.url)
    login.finish().failed(4, "use_dpop_nonce")
    assert len(server.token_requests) == 2


# Wrong hands: jobs of the courier, as somebody who has stolen a part of the session would ask

def refresh(home, session, *missing):
    """Refreshes with what a sign-in has left, but for some of it."""
    kept = {name: value for name, value in session.items()
            if name.split(".")[0] in ("session", "secret") and name not in missing}
    status, found = home.courier(job="refresh", account="work", client_id="practice",
                                 refresh_token=session["refresh_token"], **kept)
    return status, found[-1]


@pytest.fixture
def stolen(home, practices):
    """The whole session of a public client, as its courier has told it."""
    practice = practices("--resource")
    job = CourierJob(
        home, job="login", account="work", issuer=practice.issuer, client_id="practice",
        redirect_uri=home.redirect_uri, dpop_bound_access_tokens="yes",
        scope="openid offline_access")
    practice.person(home, job.event("authorize")["url"]).done()
    return practice, job.done()


def test_a_refresh_token_is_worth_nothing_without_its_key(home, stolen):
    practice, session = stolen
    status, refused = refresh(
        home, session, "secret.dpop_key", "session.dpop_alg", "session.dpop_jkt")
    assert status in (3, 4) and "access_token" not in refused, refused
    # The server has refused it, not this program.
    assert [one["status"] for one in practice.requests if one["path"] == "/token"][-1] == 400
    status, done = refresh(home, session)
    assert status == 0 and done["token_type"] == "DPoP", done


@pytest.mark.parametrize("missing", ["secret.dpop_key", "session.dpop_alg"])
def test_a_session_that_has_lost_its_key_asks_for_a_new_sign_in(home, stolen, missing):
    practice, session = stolen
    before = len(practice.requests)
    status, refused = refresh(home, session, missing)
    assert status == 3 and refused["hint"] == "sallyport login work", refused
    assert len(practice.requests) == before


def test_the_job_prove_asks_no_network_and_shows_no_key(home, stolen):
    practice, session = stolen
    before = len(practice.requests)
    status, found = home.courier(
        job="prove", account="work", secret__dpop_key=session["secret.dpop_key"],
        session__dpop_alg=session["session.dpop_alg"], access_token=session["access_token"],
        method="GET", url=practice["resource"])
    assert status == 0 and sorted(found[-1]) == ["dpop", "event"], found
    assert "d" not in parts(found[-1]["dpop"])[0]["jwk"]
    assert len(practice.requests) == before
    assert get(practice["resource"], f"Authorization: DPoP {session['access_token']}\n"
                                     f"DPoP: {found[-1]['dpop']}") == 200
