"""`login URL`: which account an address means, what is saved, and what is said of a wrong one."""

import pytest
from harness.agent import ScriptedAgent, block

MISTAKES = {
    "http": ("http://mcp.example/mcp", "the address is http, which is for localhost, 127.0.0.1 and [::1] alone"),
    "fragment": ("https://mcp.example/#x", "the address has a fragment"),
    "user name": ("https://u@mcp.example/", "the address has a user name in it"),
    "another scheme": ("ftp://mcp.example/", "the address is not an http or https one"),
    "no host": ("https:///mcp", "the address is not an absolute http or https URL"),
    "space": ("https://mcp.example/a b", "the address is not an absolute URI"),
    "no name and no address": ("a/b", "is no account's name"),
}


@pytest.mark.parametrize("address, sentence", MISTAKES.values(), ids=MISTAKES)
def test_a_wrong_address_is_named(home, address, sentence):
    assert home.run("login", address).failed(2, sentence).hint == "sallyport help login"
    assert not home.socket.exists()


@pytest.mark.parametrize("address, better", [
    ("mcp.example.com/mcp", "https://mcp.example.com/mcp"),
    ("localhost:9400/mcp", "http://localhost:9400/mcp")])
def test_an_address_without_its_scheme_is_put_right(home, address, better):
    result = home.run("login", address).failed(2, "an address is given with its scheme")
    assert result.hint == f"sallyport login {better}"


def test_the_resource_is_given_once(home):
    home.run("login", "https://a.example/", "--resource", "https://b.example/").failed(
        2, "leave --resource out")


def done(name):
    return block(event="done", account=name, client_id="r-1")


@pytest.mark.parametrize("address, name", [
    ("https://mcp.example.com/mcp", "mcp.example.com"),
    ("https://mcp.example.com:8443/", "mcp.example.com"), ("http://[::1]:9400/", "localhost")])
def test_a_new_address_is_saved_under_its_host(home, address, name):
    with ScriptedAgent(home, done(name)) as agent:
        result = home.run("login", address).done()
    assert agent.request == ["action=login", f"account={name}", "browser=yes",
                             f"resource_url={address}", f"resource[]={address}"]
    assert home.config.read_text() == f"[{name}]\nresource = {address}\n"
    assert result.output == "" and result.errors.splitlines()[1:] == [
        f"registered at the server as client r-1, which sallyport logout {name} --all deletes",
        f"saved under the name {name} in {home.config}: sallyport token {name}"]


def test_what_is_given_beside_the_address_is_saved_too(home):
    with ScriptedAgent(home, done("mcp.example")):
        home.run("login", "https://mcp.example/", "--client-id", "x", "--scope", "a b").done()
    assert home.config.read_text() == (
        "[mcp.example]\nresource  = https://mcp.example/\nclient_id = x\nscope     = a b\n")


def test_a_sign_in_that_fails_saves_nothing(home):
    with ScriptedAgent(home, block(error="failed", error_description="no such resource")):
        home.run("login", "https://mcp.example/").failed(1, "no such resource")
    assert not home.config.exists()


@pytest.mark.parametrize("options", [["--no-save"], ["--once"]])
def test_nothing_is_saved_that_is_not_to_be(home, options):
    answer = block(event="done", account="mcp.example", access_token="abc", token_type="Bearer")
    with ScriptedAgent(home, answer):
        result = home.run("login", "https://mcp.example/", *options).done()
    assert not home.config.exists()
    if options == ["--no-save"]:
        assert "sallyport token mcp.example" in result.errors


def test_other_accounts_on_the_host_are_told_apart(home):
    home.configure("mcp.example", issuer="https://a.example", client_id="x")
    with ScriptedAgent(home, done("mcp.example-8443"), done("mcp.example-8443-b")) as agent:
        home.run("login", "https://mcp.example:8443/a").done()
        home.run("login", "https://mcp.example:8443/b").done()
    assert [request.split("\n")[1] for request in agent.requests] == [
        "account=mcp.example-8443", "account=mcp.example-8443-b"]


@pytest.mark.parametrize("address, name", [
    ("https://a.example/v1", "exact"), ("https://a.example/v1/x", "exact"),
    ("https://a.example/v1x", "host"), ("https://a.example/v2", "host"),
    ("https://a.example", "host")])
def test_a_known_address_means_its_account(home, address, name):
    home.configure("host", resource="https://a.example/", client_id="x")
    home.configure("exact", resource=["urn:x", "https://a.example/v1"], client_id="y")
    before = home.config.read_text()
    with ScriptedAgent(home, done(name)) as agent:
        home.run("login", address).done()
    assert agent.request[1] == f"account={name}" and f"resource_url={address}" in agent.request
    assert home.config.read_text() == before


@pytest.mark.parametrize("verb", ["token", "refresh", "logout", "status"])
def test_other_verbs_take_the_address_of_a_known_resource(home, verb):
    home.configure("api", resource="https://a.example/v1", client_id="x")
    answers = {"token": block(access_token="abc", token_type="Bearer"),
               "status": block(account="api", state="signed-out") + block(event="done")}
    with ScriptedAgent(home, answers.get(verb, block(event="done"))) as agent:
        home.run(verb, "https://a.example/v1/x").done()
    assert agent.request[:2] == [f"action={verb}", "account=api"]
    result = home.run(verb, "https://b.example/").failed(1, "no account with a resource")
    assert result.hint == "sallyport login https://b.example/"
    home.run(verb, "http://a.example/v1").failed(2, "the address is http")


@pytest.mark.parametrize("options, asked", [
    ([], "https://mcp.example/"), (["--client-id", "x"], "https://mcp.example/"),
    (["--issuer", "https://a.example"], None),
    (["--token-endpoint", "https://a.example/token"], None)])
def test_a_resource_option_is_asked_where_nothing_else_names_the_server(home, options, asked):
    with ScriptedAgent(home, done("api")) as agent:
        home.run("login", "api", "--resource", "https://mcp.example/", *options).done()
    found = [line for line in agent.request if line.startswith("resource_url=")]
    assert found == ([f"resource_url={asked}"] if asked else [])
    assert "[api]\n" in home.config.read_text()


def test_a_whole_sign_in_at_a_resource(home, practices):
    practice = practices("--resource")
    url = practice["resource"]
    words = [url, "--redirect-uri", home.redirect_uri]
    login = home.start_login(*words)
    practice.person(home, login.url).done()
    result = login.finish().done()
    assert "registered at the server as client" in result.errors
    assert f"resource     = {url}\n" in home.config.read_text()
    token = home.token(url)
    assert home.token("localhost") == token
    facts = home.status("localhost")
    assert facts["registered"] is True and facts["resource"] == [url]
    assert "(registered here)" in home.run("status", "localhost").done().output
    result = home.run("logout", "localhost", "--all").done()
    assert "the server has deleted the client that was registered for localhost" in result.errors
    assert "registered" not in home.status("localhost")
