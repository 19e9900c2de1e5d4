"""`token` for less than an account's own token, and with a proof beside it."""

import json

import pytest
from harness.agent import ScriptedAgent, block

REQUEST = ["--method", "GET", "--url", "https://api.example/me"]

MISTAKES = {
    "scope": (["--scope", "a  b"], "--scope is not a list of scopes"),
    "empty scope": (["--scope", ""], "--scope has no value"),
    "quote in scope": (["--scope", 'a"b'], "--scope is not a list of scopes"),
    "resource": (["--resource", "api"], "--resource is not an absolute URI"),
    "resource over http": (["--resource", "http://api.example"], "--resource is http"),
    "resource with a fragment": (["--resource", "https://a.example/#x"], "--resource has a fragment"),
    "audience": (["--audience", "é"], "--audience holds something else than printable ASCII"),
    "empty audience": (["--audience", ""], "--audience has no value"),
    "method alone": (["--method", "GET"], "--method and --url go together"),
    "url alone": (["--url", "https://api.example"], "--method and --url go together"),
    "method in small letters": (["--method", "get", *REQUEST[2:]], "in capitals: GET"),
    "no method": (["--method", "GET /x", *REQUEST[2:]], "such as GET or POST"),
    "endless method": (["--method", "G" * 33, *REQUEST[2:]], "such as GET or POST"),
    "url": ([*REQUEST[:3], "api.example/me"], "--url is not an absolute http or https URL"),
    "url over http": ([*REQUEST[:3], "http://api.example/me"], "--url is http"),
    "url with a user name": ([*REQUEST[:3], "https://u:p@api.example/"], "--url has a user name"),
    "nonce alone": (["--dpop-nonce", "x"], "--dpop-nonce goes into a proof"),
    "nonce": ([*REQUEST, "--dpop-nonce", "a b"], "--dpop-nonce is not what a server sends"),
    "format": (REQUEST, "--format plain has no place for it"),
    "format xoauth2": ([*REQUEST, "--format", "xoauth2"], "--format header or"),
    "method twice": ([*REQUEST, "--method", "GET"], "--method is given twice"),
    "method without a value": (["--method", *REQUEST[2:]], "--method needs a value"),
}


@pytest.mark.parametrize("words, sentence", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_says_what_to_give(home, words, sentence):
    result = home.run("token", "work", *words).failed(2, sentence)
    assert result.hint == "sallyport help token"
    # Nothing was begun.
    assert not home.socket.exists()


def test_the_agent_is_asked_for_a_narrower_token(home):
    with ScriptedAgent(home, block(account="work", access_token="abc", token_type="Bearer")) as agent:
        assert home.token("work", "--scope", "a b", "--scope", "c", "--resource",
                          "https://api.example/x", "--resource=urn:y", "--audience=z") == "abc"
    assert agent.request == ["action=token", "account=work", "scope=a b c",
                             "resource[]=https://api.example/x", "resource[]=urn:y", "audience[]=z"]


def test_what_the_server_withholds_is_a_warning(home):
    answer = block("warning[]=the server withheld the scope c", access_token="abc",
                   token_type="Bearer")
    with ScriptedAgent(home, answer):
        result = home.run("token", "work", "--scope", "b c").done()
    assert result.output == "abc\n"
    assert result.errors == "warning: the server withheld the scope c\n"


BOUND = {"account": "work", "access_token": "abc", "token_type": "DPoP", "username": "a"}


@pytest.mark.parametrize("format, output", [
    ("header", "Authorization: DPoP abc\nDPoP: h.p.s\n"),
    ("headers", '{"Authorization":"DPoP abc","DPoP":"h.p.s"}\n'),
    ("json", '{"account":"work","access_token":"abc","token_type":"DPoP","dpop":"h.p.s"}\n')])
def test_a_proof_is_printed_beside_the_token(home, format, output):
    with ScriptedAgent(home, block(**BOUND, dpop="h.p.s")) as agent:
        result = home.run("token", "work", "--format", format, *REQUEST, "--dpop-nonce", "n").done()
    assert result.output == output and result.errors == ""
    assert agent.request[-3:] == ["method=GET", "url=https://api.example/me", "dpop_nonce=n"]


@pytest.mark.parametrize("format, status", [
    ("header", 2), ("headers", 2), ("exec-credential", 1), ("xoauth2", 1), ("oauthbearer", 1)])
def test_a_bound_token_is_not_passed_off_as_a_bearer_token(home, format, status):
    with ScriptedAgent(home, block(**BOUND)):
        result = home.run("token", "work", "--format", format).failed(status, "type DPoP")
    if status == 2:
        assert result.hint == f"sallyport token work --format {format} --method GET --url URL"


@pytest.mark.parametrize("format", ["plain", "env", "json"])
def test_a_bound_token_alone_comes_with_a_word(home, format):
    with ScriptedAgent(home, block(**BOUND)):
        result = home.run("token", "work", "--format", format).done()
    assert "abc" in result.output
    assert result.errors.startswith("warning: this token is good only with a proof")


def test_a_bearer_token_needs_no_proof(home):
    with ScriptedAgent(home, block(access_token="abc", token_type="Bearer")):
        result = home.run("token", "work", "--format", "header", *REQUEST).done()
    assert (result.output, result.errors) == ("Authorization: Bearer abc\n", "")


def test_a_bound_token_is_not_asked_for_once(home):
    for words in [["--dpop-bound-access-tokens"], []]:
        if not words:
            home.configure("work", issuer="https://a.example", client_id="x",
                           dpop_bound_access_tokens="yes")
        home.run("login", "work", "--once", *words).failed(2, "--once keeps no key")
    assert not home.socket.exists()


def test_narrower_tokens_of_a_real_session(home, practices):
    practice = practices("--resource")
    practice.configure(home, resource=[practice["resource"], "https://other.example/api"])
    practice.sign_in(home)
    whole = home.token()
    narrow = home.token("work", "--scope", "read")
    assert narrow != whole and home.token("work", "--scope", "read") == narrow
    assert json.loads(home.run("token", "work", "--scope", "read", "--format", "json").done()
                      .output)["scope"] == "read"
    assert home.token("work", "--resource", practice["resource"]) not in (whole, narrow)
    home.run("token", "work", "--scope", "admin").failed(4)
    assert home.token() == whole
    facts = home.status()
    assert facts["narrowed"] == 2 and facts["token_type"] == "Bearer"
    assert "2 tokens for less than that" in home.run("status").done().output


def test_a_narrower_token_comes_without_the_id_token_of_the_whole_sign_in(home):
    for words, wanted in [([], True), (["--scope", "a"], False), (["--audience", "b"], False)]:
        with ScriptedAgent(home, block(access_token="abc", token_type="Bearer")) as agent:
            home.run("token", "work", "--format", "json", *words).done()
        assert ("want[]=id_token" in agent.request) is wanted
