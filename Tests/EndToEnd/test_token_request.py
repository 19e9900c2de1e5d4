"""The token request on the wire: exact parameters, and values that survive their encoding."""

import fcntl
import os
import pathlib
import subprocess
import tempfile

import pytest
from harness.browser import visit
from harness.home import children
from harness.server import Answer, basic
from harness.terminal import Terminal
from harness.waiting import is_free, wait_until

STRANGE = "a+b%c&d=e f;g/h?i#j~k\"l'm<n>\\o"
PRIVATE = "com.pingidentity.developer.oauthplayground://oidc_callback"


@pytest.fixture
def port_3000():
    """Port 3000 for this test alone: it is what the servers have registered."""
    path = pathlib.Path(tempfile.gettempdir()) / f"sallyport-port-3000-{os.getuid()}"
    with open(path, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wait_until(lambda: is_free(3000), "port 3000 to be free")
        yield 3000


def token_request(server):
    """The one token request, with what every one of them has."""
    [request] = server.token_requests
    assert request.method == "POST"
    assert request.fields["content-type"] == "application/x-www-form-urlencoded"
    assert int(request.fields["content-length"]) == len(request.body)
    return request


# PingOne

def test_a_public_client_of_pingone_sends_these_five_parameters_and_no_authorization(
        home, servers, port_3000):
    server = servers(path="/1b2c/as")
    home.configure("pingone", issuer=server.issuer, client_id="7d9a-native")
    login = home.start_login("pingone")
    authorization = server.authorize(login.url)
    server.person(login.url)
    login.finish().done()
    request = token_request(server)
    assert "authorization" not in request.fields
    assert sorted(request.form) == [
        "client_id", "code", "code_verifier", "grant_type", "redirect_uri"]
    assert request.form["grant_type"] == "authorization_code"
    assert request.form["client_id"] == "7d9a-native"
    assert request.form["redirect_uri"] == "http://localhost:3000/callback"
    assert authorization.redirect_uri == "http://localhost:3000/callback"
    assert b"redirect_uri=http%3A%2F%2Flocalhost%3A3000%2Fcallback" in request.body
    assert 43 <= len(request.form["code_verifier"]) <= 128


# PingFederate

def test_a_confidential_client_of_pingfederate_sends_its_secret_in_the_body(home, server):
    secret = "s+e%c&r=e~t"
    home.configure_bare(server, client_id="ac_oic_client", client_secret=secret)
    home.sign_in(server)
    request = token_request(server)
    assert "authorization" not in request.fields
    assert sorted(request.form) == [
        "client_id", "client_secret", "code", "code_verifier", "grant_type", "redirect_uri"]
    assert request.form["client_secret"] == secret
    assert request.form["client_id"] == "ac_oic_client"


@pytest.mark.parametrize("way", ["callback", "stdin of callback", "pasted"])
def test_a_native_client_of_pingfederate_finishes_without_a_port(home, server, way):
    home.configure_bare(server, redirect_uri=PRIVATE, client_id="native")
    with Terminal(home, "login", "work", "--no-browser") as terminal:
        url = terminal.read_url()
        authorization = server.authorize(url)
        assert authorization.redirect_uri == PRIVATE
        answer = authorization.callback()
        if way == "callback":
            home.run("callback", answer).done()
        elif way == "pasted":
            terminal.write(answer + "\n")
        else:
            home.run("callback", "-", input=answer + "\n").done()
        assert terminal.finish() == 0, terminal.text
    request = token_request(server)
    assert "authorization" not in request.fields
    assert sorted(request.form) == [
        "client_id", "code", "code_verifier", "grant_type", "redirect_uri"]
    assert request.form["redirect_uri"] == PRIVATE
    assert home.token() == "at-2"


def test_the_pasted_address_of_another_sign_in_leaves_this_one_waiting(home, server):
    home.configure_bare(server, redirect_uri=PRIVATE)
    with Terminal(home, "login", "work", "--no-browser") as terminal:
        authorization = server.authorize(terminal.read_url())
        terminal.write(authorization.callback(state="x" * 43) + "\n")
        terminal.wait_for("no sign-in is waiting")
        terminal.write("what is this\n")
        terminal.wait_for("that is not the address")
        terminal.write(authorization.callback(error="access_denied", state=None) + "\n")
        terminal.wait_for("no sign-in is waiting", times=2)
        terminal.write(authorization.callback() + "\n")
        assert terminal.finish() == 0, terminal.text


def test_a_page_elsewhere_is_finished_by_callback_too(home, server):
    home.configure_bare(server, redirect_uri="https://app.example/oauth/done?tenant=1")
    login = home.start_login()
    authorization = server.authorize(login.url)
    assert authorization.redirect_uri == "https://app.example/oauth/done?tenant=1"
    home.run("callback", authorization.callback()).done()
    login.finish().done()
    assert token_request(server).form["redirect_uri"] == authorization.redirect_uri


def test_callback_with_nothing_waiting_says_so(home, server):
    home.run("callback", PRIVATE + "?code=1&state=2").failed(1, "no sign-in is waiting")
    home.run("callback", "nonsense").failed(2)
    home.run("callback").failed(2)


# Values

def test_values_survive_the_form_encoding_both_ways(home, server):
    home.configure_bare(
        server, client_id=STRANGE.replace(" ", ""), redirect_uri="http://127.0.0.1/c%C3%A9+b",
        scope="read:a+b%c&d=e", authorize__audience=STRANGE + " déjà vu ☕",
        authorize__prompt="log in")
    login = home.start_login()
    authorization = server.authorize(login.url)
    assert authorization.parameters["client_id"] == STRANGE.replace(" ", "")
    assert authorization.parameters["scope"] == "read:a+b%c&d=e"
    assert authorization.parameters["audience"] == STRANGE + " déjà vu ☕"
    assert authorization.parameters["prompt"] == "log in"
    code = STRANGE
    server.authorizations[code] = server.authorizations.pop(authorization.code)
    assert visit(authorization.callback(code=code)).status == 200
    login.finish().done()
    form = token_request(server).form
    assert form["code"] == code
    assert form["client_id"] == STRANGE.replace(" ", "")
    assert form["redirect_uri"] == authorization.redirect_uri
    assert form["redirect_uri"].endswith("/c%C3%A9+b")


def test_the_redirect_uri_is_the_same_in_both_requests_to_the_last_byte(home, server):
    home.configure_bare(server)
    login = home.start_login()
    authorization = server.authorize(login.url)
    server.person(login.url)
    login.finish().done()
    assert token_request(server).form["redirect_uri"] == authorization.redirect_uri
    assert authorization.port != 80


def test_a_tokens_strange_characters_survive_to_the_shell(home, server):
    home.configure_bare(server)
    server.changes = {"access_token": "a'b\"c$d`e\\f%g!h&i|j"}
    home.sign_in(server)
    assert home.token() == server.changes["access_token"]
    script = 'eval "$(sallyport token work --format env)"; printf %s "$SALLYPORT_ACCESS_TOKEN"'
    done = subprocess.run(["sh", "-c", script], env=home.environment, capture_output=True)
    assert done.stdout.decode() == server.changes["access_token"]


# Client authentication

def methods(*supported):
    return {"token_endpoint_auth_methods_supported": list(supported)}


@pytest.mark.parametrize("metadata, expected", [
    ({}, "basic"),
    (methods("client_secret_basic", "client_secret_post"), "basic"),
    (methods("client_secret_post"), "post"),
])
def test_a_client_with_a_secret_uses_basic_unless_the_metadata_has_only_post(
        home, server, metadata, expected):
    server.metadata.update(metadata)
    home.configure_for(server, client_id="id+1:%", client_secret="p a&s=s+%:", scope="openid")
    home.sign_in(server)
    request = token_request(server)
    if expected == "basic":
        assert basic(request) == ("id+1:%", "p a&s=s+%:")
        assert "client_secret" not in request.form and "client_id" not in request.form
    else:
        assert "authorization" not in request.fields
        assert request.form["client_secret"] == "p a&s=s+%:"


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_the_method_the_account_names_wins(home, server, method):
    server.metadata.update(methods("client_secret_basic", "client_secret_post"))
    home.configure_for(server, client_secret="secret", token_endpoint_auth_method=method)
    home.sign_in(server)
    request = token_request(server)
    assert ("authorization" in request.fields) == (method == "client_secret_basic")
    assert ("client_secret" in request.form) == (method == "client_secret_post")


def test_method_none_sends_no_secret_even_where_there_is_one(home, server):
    home.configure_for(server, client_secret="secret", token_endpoint_auth_method="none")
    home.sign_in(server)
    request = token_request(server)
    assert b"secret" not in request.raw and request.form["client_id"] == "client-1"


@pytest.mark.parametrize("method, words", [
    ("private_key_jwt", "needs a private key"), ("client_secret_jwt", "at least 32 bytes"),
    ("tls_client_auth", "needs a certificate"),
    ("self_signed_tls_client_auth", "needs a certificate")])
def test_a_method_is_refused_where_there_is_nothing_to_do_it_with(home, server, method, words):
    home.configure_for(server, client_secret="secret", token_endpoint_auth_method=method)
    home.run("login", "work", "--no-browser").failed(1, method, words)
    assert server.token_requests == []


def test_pushing_that_is_required_is_not_left_out(home, server):
    home.configure_for(server, require_pushed_authorization_requests="yes")
    home.run("login", "work", "--no-browser").failed(
        1, "require_pushed_authorization_requests", "pushed_authorization_request_endpoint")


@pytest.mark.parametrize("source", ["file", "command"])
def test_the_secret_can_come_from_a_file_or_a_command(home, server, source):
    path = home.folder / "secret file"
    path.write_text("from elsewhere\n")
    path.chmod(0o600)
    setting = {"client_secret_file": path} if source == "file" else {
        "client_secret_command": f"cat '{path}'"}
    home.configure_bare(server, **setting)
    home.sign_in(server)
    assert token_request(server).form["client_secret"] == "from elsewhere"


def test_the_secret_is_in_no_argument_no_environment_and_no_authorize_url(home, server):
    home.configure_bare(server, client_secret="very-secret-value")
    login = home.start_login()
    assert "very-secret-value" not in login.url
    pid = home.agent_pid
    processes = [login.process.pid, pid, *children(pid)]
    assert len(processes) == 3, "the courier is not there"
    for process in processes:
        for file in ["cmdline", "environ"]:
            if os.access(f"/proc/{process}/{file}", os.R_OK):
                with open(f"/proc/{process}/{file}", "rb") as facts:
                    assert b"very-secret-value" not in facts.read()
    server.person(login.url)
    assert "very-secret-value" not in str(login.finish().done())


# The refresh request and the revocation

def test_a_refresh_sends_the_minimal_form(home, server):
    home.configure_bare(server, scope="read write")
    home.sign_in(server)
    home.run("refresh", "work").done()
    request = server.token_requests[1]
    assert request.form == {
        "grant_type": "refresh_token", "refresh_token": "rt-2", "client_id": "client-1"}
    assert "authorization" not in request.fields


def test_a_refresh_authenticates_as_the_sign_in_did(home, server):
    home.configure_for(server, client_secret="secret")
    home.sign_in(server)
    home.run("refresh", "work").done()
    request = server.token_requests[1]
    assert basic(request) == ("client-1", "secret")
    assert request.form == {"grant_type": "refresh_token", "refresh_token": "rt-2"}


def test_a_refresh_needs_no_discovery(signed_in, server):
    before = len(server.requests)
    signed_in.run("refresh", "work").done()
    assert [request.path for request in server.requests[before:]] == ["/token"]


def test_logout_revokes_the_refresh_token_first_with_its_hint(signed_in, server):
    signed_in.run("logout", "work").done()
    revocations = [request for request in server.requests if request.path == "/revoke"]
    assert revocations[0].form == {
        "token": "rt-2", "token_type_hint": "refresh_token", "client_id": "client-1"}
    assert "rt-2" == server.revoked[0]
    signed_in.run("token", "work").failed(3, "nobody is signed in")


def test_logout_forgets_even_when_the_server_is_down_and_says_so(signed_in, server):
    server.routes["/revoke"] = lambda request: Answer(503)
    result = signed_in.run("logout", "work")
    assert "has not revoked the tokens" in result.errors, str(result)
    signed_in.run("token", "work").failed(3)


@pytest.mark.parametrize("answer, words", [
    (Answer(302, fields={"Location": "/elsewhere"}), "redirect"),
    (Answer(307, fields={"Location": "/elsewhere"}), "redirect"),
    (Answer.error("unsupported_token_type"), "unsupported_token_type"),
    (Answer(raw=b""), "ended the connection")], ids=["302", "307", "refused", "cut"])
def test_a_revocation_that_fails_is_said_and_goes_nowhere_else(signed_in, server, answer, words):
    server.routes["/revoke"] = lambda request: answer
    result = signed_in.run("logout", "work")
    assert words in result.errors and "rt-2" not in result.errors, str(result)
    assert "/elsewhere" not in [request.path for request in server.requests]
    signed_in.run("token", "work").failed(3, "nobody is signed in")


def test_a_server_without_a_revocation_endpoint_is_said(home, server):
    del server.metadata["revocation_endpoint"]
    home.configure_for(server)
    home.sign_in(server)
    assert "no revocation endpoint" in home.run("logout", "work").done().errors


def test_logout_local_asks_no_server(signed_in, server):
    before = len(server.requests)
    signed_in.run("logout", "work", "--local").done()
    assert len(server.requests) == before
    signed_in.run("token", "work").failed(3)
