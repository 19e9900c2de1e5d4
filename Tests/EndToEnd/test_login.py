"""A sign-in from the command to the token: discovery, the authorize URL, the browser, and who may
ask for it."""

import base64
import hashlib
import json
import os
import stat
import subprocess
import urllib.parse

import pytest
from harness import browser
from harness.server import Answer
from harness.waiting import PATIENCE, wait_until

OIDC = "/.well-known/openid-configuration"
RFC8414 = "/.well-known/oauth-authorization-server"


def script(home, name, text):
    """A program in PATH."""
    path = home.root / "bin" / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


# The whole way

def test_from_nothing_to_a_token_in_another_process(home, servers):
    server = servers()
    login = home.start_login(
        "work", "--issuer", server.issuer, "--client-id", "7d9a",
        "--redirect-uri", "http://127.0.0.1/callback")
    page = server.person(login.url)
    assert "work is signed in as alice" in page.text
    result = login.finish().done()
    assert result.output == "" and "signed in to work as alice" in result.errors
    assert home.token() == "at-2"
    status = home.status()
    assert status["state"] == "signed-in" and status["username"] == "alice"
    assert status["issuer"] == server.issuer and status["client_id"] == "7d9a"
    home.run("logout", "work").done()
    assert server.revoked[0] == "rt-2"
    home.run("token", "work").failed(3, "nobody is signed in to work")
    assert home.run("token", "work").hint == "sallyport login work"


def test_the_practice_server_and_its_browser_sign_in(home):
    practice = subprocess.Popen(
        [home.programs / "sallyport-practice", "--stop-with-stdin", "--quiet",
         "--id-token-alg", "ES256", "--client", "native,redirect=http://127.0.0.1/callback"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=home.environment)
    try:
        issuer = practice.stdout.readline().strip().removeprefix("issuer=")
        home.configure("work", issuer=issuer, client_id="native",
                       redirect_uri="http://127.0.0.1/callback", scope="openid profile")
        result = home.run("login", "work", environment={
            "BROWSER": "sallyport-practice browse --user alice"})
        assert "signed in to work as alice" in result.done().errors
        first = home.token()
        home.run("refresh", "work").done()
        assert home.token() not in ("", first)
        home.run("logout", "work").done()
    finally:
        practice.stdin.close()
        assert practice.wait(PATIENCE) == 0
        practice.stdout.close()


def test_once_prints_the_token_and_keeps_nothing(work, server):
    login = work.start_login("work", "--once")
    server.person(login.url)
    result = login.finish().done()
    assert result.line == "at-2"
    assert work.status()["state"] == "signed-out"
    work.run("token", "work").failed(3)
    secrets = [b"at-2", b"rt-2"]
    for folder, _, files in os.walk(work.root):
        for file in files:
            path = os.path.join(folder, file)
            if stat.S_ISREG(os.lstat(path).st_mode):
                with open(path, "rb") as contents:
                    data = contents.read()
                assert not any(secret in data for secret in secrets), path


def test_once_needs_no_account(home, server):
    login = home.start_login(
        "--once", "--format", "json", "--issuer", server.issuer, "--client-id", "x",
        "--redirect-uri", home.redirect_uri)
    server.person(login.url)
    answer = login.finish().done().json
    assert answer["access_token"] == "at-2" and answer["token_type"] == "Bearer"
    assert "rt-2" not in str(answer)
    assert not home.config.exists() and home.report()["accounts"] == []


def test_once_leaves_a_session_that_is_there_alone(signed_in, server):
    login = signed_in.start_login("work", "--once")
    server.person(login.url)
    assert login.finish().done().line == "at-4"
    assert signed_in.token() == "at-2"


def test_nothing_is_written_to_disk_but_the_configuration(signed_in):
    found = []
    for folder, _, files in os.walk(signed_in.root):
        found += [file for file in files]
    assert sorted(found) == sorted(
        ["config", "agent.sock", "agent.sock.lock", "git-credential-sallyport"])


# Discovery

@pytest.mark.parametrize("path, place", [
    ("", OIDC), ("", RFC8414), ("/tenant/a", "/tenant/a" + OIDC),
    ("/tenant/a", RFC8414 + "/tenant/a"),
    ("/tenant/", "/tenant" + OIDC), ("/tenant/", RFC8414 + "/tenant")])
def test_the_metadata_is_found_in_both_spellings(home, servers, path, place):
    server = servers(path=path)
    for route in [route for route in server.routes if OIDC in route]:
        del server.routes[route]
    server.routes[place] = lambda request: Answer.json(server.metadata)
    home.configure_for(server)
    home.sign_in(server)
    assert server.requests[0].method == "GET"


@pytest.mark.parametrize("slip", [
    "{}/", "{}x", "https://evil.example", "", None, 5],
    ids=["slash", "longer", "another", "empty", "missing", "number"])
def test_metadata_of_another_issuer_is_refused(work, server, slip):
    issuer = slip.format(server.issuer) if isinstance(slip, str) else slip
    server.metadata["issuer"] = issuer
    words = f", not {server.issuer}" if isinstance(slip, str) and slip else "issuer"
    work.run("login", "work", "--no-browser").failed(1, words)


def test_discovery_follows_no_redirect(home, servers):
    good, bad = servers(), servers()
    bad.routes[OIDC] = lambda request: Answer(302, fields={"Location": good.issuer + OIDC})
    good.metadata["issuer"] = bad.issuer
    home.configure_for(bad)
    home.run("login", "work", "--no-browser").failed(1, "no metadata at", "302")
    assert good.requests == []


@pytest.mark.parametrize("answer, status, words", [
    (Answer(200, b"{", {"Content-Type": "application/json"}), 1, ""),
    (Answer(200, b"[]", {"Content-Type": "application/json"}), 1, ""),
    (Answer(200, b" " * (2 << 20), {"Content-Type": "application/json"}), 1, "larger than 1 MiB"),
    (Answer(200, b'{"a":' * 100_000, {"Content-Type": "application/json"}), 1, ""),
    (Answer(503), 5, "503"), (Answer(429), 5, "429"), (Answer(500), 5, "500"),
    (Answer(raw=b""), 5, "ended the connection"),
], ids=["truncated", "array", "2 MiB", "deep", "503", "429", "500", "cut"])
def test_metadata_that_cannot_be_read(work, server, answer, status, words):
    server.routes[OIDC] = lambda request: answer
    work.run("login", "work", "--no-browser").failed(status, words)


@pytest.mark.parametrize("name", [
    "authorization_endpoint", "token_endpoint", "jwks_uri", "revocation_endpoint"])
@pytest.mark.parametrize("value", [
    "http://evil.example/x", "javascript:alert(1)", "file:///etc/passwd", "-x", "",
    "https://a@evil.example/", "https://evil.example/#x", "https://evil.example/\x1b[31m",
    "https://evil.example/ x", "https://evil.example/`touch x`$(touch y)"])
def test_an_endpoint_that_is_not_fit_is_refused_before_the_url_is_shown(
        work, server, name, value):
    server.metadata[name] = value
    result = work.run("login", "work", "--no-browser", "--timeout", "1")
    if name == "revocation_endpoint" and result.status == 5:
        # It may be left out as well: then nobody is told a token.
        assert result.output.startswith(server.metadata["authorization_endpoint"])
        return
    result.failed(1)
    assert server.token_requests == [] and "\x1b" not in result.errors


def test_an_issuer_over_http_is_refused(home):
    home.configure("work", issuer="http://evil.example/as", client_id="x")
    home.run("login", "work", "--no-browser").failed(1, "line 4", "issuer is http")
    home.config.unlink()
    home.run("login", "new", "--issuer", "http://evil.example", "--client-id", "x").failed(
        2, "--issuer is http")


@pytest.mark.parametrize("methods", [["plain"], [], ["s256"]])
def test_a_server_that_lists_challenge_methods_without_s256_is_refused(work, server, methods):
    server.metadata["code_challenge_methods_supported"] = methods
    work.run("login", "work", "--no-browser").failed(1, "S256")


def test_a_server_that_lists_no_challenge_methods_gets_s256_all_the_same(work, server):
    del server.metadata["code_challenge_methods_supported"]
    work.sign_in(server)


def test_a_server_that_wants_pushed_requests_is_refused(work, server):
    server.metadata["require_pushed_authorization_requests"] = True
    work.run("login", "work", "--no-browser").failed(1, "pushed authorization requests")


def test_endpoints_given_beside_an_issuer_win(home, servers):
    server, other = servers(), servers()
    home.configure_for(server, token_endpoint=other.base + "/token")
    other.authorizations = server.authorizations
    other.issuer = server.issuer
    login = home.start_login()
    server.person(login.url)
    login.finish().done()
    assert server.token_requests == [] and len(other.token_requests) == 1


# The authorize URL

def parameters(url):
    return dict(urllib.parse.parse_qsl(url.partition("?")[2], strict_parsing=True))


def test_the_authorize_url_has_what_it_must_have(work, server):
    server.metadata["authorization_endpoint"] += "?tenant=a%26b&x="
    login = work.start_login()
    query = login.url.partition("?")[2]
    assert query.startswith("tenant=a%26b&x=&")
    asked = server.authorize(login.url).parameters
    assert asked["tenant"] == "a&b"
    assert asked["response_type"] == "code" and asked["client_id"] == "client-1"
    assert asked["scope"] == "openid offline_access"
    assert asked["code_challenge_method"] == "S256"
    for name in ["state", "nonce", "code_challenge"]:
        # 256 bits in base64url.
        assert len(base64.urlsafe_b64decode(asked[name] + "=")) == 32, name
    assert set(asked) == {
        "tenant", "x", "response_type", "client_id", "redirect_uri", "scope", "state", "nonce",
        "code_challenge", "code_challenge_method"}


def test_state_nonce_and_verifier_are_new_each_time(work, server):
    seen = []
    for _ in range(4):
        login = work.start_login()
        asked = server.authorize(login.url).parameters
        seen += [asked[name] for name in ("state", "nonce", "code_challenge")]
        server.person(login.url)
        login.finish().done()
        verifier = server.token_requests[-1].form["code_verifier"]
        digest = hashlib.sha256(verifier.encode()).digest()
        assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == asked["code_challenge"]
        seen.append(verifier)
    assert len(set(seen)) == len(seen)


def test_the_url_shows_nothing_of_this_machine(work):
    login = work.start_login()
    shown = dict(parameters(login.url))
    # Random text may spell a short host name by chance; that it is random is tested above.
    for name in ["state", "nonce", "code_challenge"]:
        del shown[name]
    for fact in [str(work.root), os.uname().nodename]:
        assert fact not in str(shown)
    assert str(login.process.pid) not in shown.values()


@pytest.mark.parametrize("supported, scope", [
    (["openid", "profile", "offline_access"], "openid profile offline_access"),
    (["openid", "email"], "openid"), (["read"], None), (None, "openid")])
def test_without_a_scope_setting_the_servers_own_are_asked_for(home, server, supported, scope):
    server.metadata["scopes_supported"] = supported
    if supported is None:
        del server.metadata["scopes_supported"]
    home.configure_for(server, scope=None)
    assert parameters(home.start_login().url).get("scope") == scope


def test_options_win_over_the_configuration(work, server):
    login = work.start_login("work", "--scope", "openid email", "--client-id", "client-9",
                             "--authorize", "prompt=select_account")
    asked = parameters(login.url)
    assert asked["scope"] == "openid email" and asked["client_id"] == "client-9"
    assert asked["prompt"] == "select_account"


@pytest.mark.parametrize("name", [
    "state", "nonce", "code_challenge", "redirect_uri", "client_id", "response_type"])
def test_what_protects_the_sign_in_cannot_be_set_by_hand(work, name):
    work.run("login", "work", "--authorize", f"{name}=x").failed(2, name)


# The browser

def test_the_browser_gets_the_url_as_one_argument(work, server):
    script(work, "my-browser", 'printf "%s\\n" "$#" "$@" > args')
    login = work.start("login", "work", environment={"BROWSER": "my-browser --new %s"})
    path = work.folder / "args"
    wait_until(lambda: path.exists() and path.read_text().count("\n") == 3, "the browser")
    count, option, url = path.read_text().splitlines()
    assert (count, option) == ("2", "--new")
    server.person(url)
    assert login.wait(PATIENCE) == 0
    assert login.stdout.read() == "" and url in login.stderr.read()


def test_of_a_list_the_first_browser_that_works_is_taken(work):
    script(work, "broken", "exit 1")
    script(work, "working", 'printf %s "$1" > opened')
    script(work, "never", "touch never")
    login = work.start("login", "work", environment={"BROWSER": "missing:broken:working:never"})
    wait_until((work.folder / "opened").exists, "the third browser")
    wait_until(lambda: (work.folder / "opened").read_text(), "its argument")
    login.terminate()
    login.wait(PATIENCE)
    assert not (work.folder / "never").exists()


def test_xdg_open_is_next_where_there_is_a_display(work):
    script(work, "xdg-open", 'printf "%s" "$1" > opened')
    login = work.start("login", "work", environment={"BROWSER": "missing", "DISPLAY": ":99"})
    wait_until(lambda: (work.folder / "opened").exists() and (work.folder / "opened").read_text(),
               "xdg-open")
    assert (work.folder / "opened").read_text().startswith("http://127.0.0.1")
    login.terminate()


@pytest.mark.parametrize("browser_value", ["my-browser", "my-browser '%s'", 'my-browser "%s" &',
                                           "my-browser %s; touch injected",
                                           "my-browser $(touch injected) %s"])
def test_no_shell_sees_the_url_or_the_browser_setting(work, server, browser_value):
    # All of these are URI characters; a shell would act on them.
    hostile = "/authorize;touch$IFS'injected'&(touch%20injected)!*"
    server.metadata["authorization_endpoint"] = server.base + hostile
    script(work, "my-browser", 'for word; do printf "%s\\n" "$word"; done > args')
    login = work.start("login", "work", environment={"BROWSER": browser_value})
    path = work.folder / "args"
    wait_until(lambda: path.exists() and "state=" in path.read_text(), "the browser")
    url = next(line for line in path.read_text().splitlines() if line.startswith("http"))
    assert url.startswith(server.base + hostile)
    server.person(url.removesuffix(";"))
    assert login.wait(PATIENCE) == 0
    assert not list(work.folder.rglob("injected"))


def test_a_browsers_words_reach_neither_output_nor_error(work, server):
    script(work, "my-browser", 'echo noise; echo noise >&2; printf "%s" "$1" > opened')
    login = work.start("login", "work", environment={"BROWSER": "my-browser"})
    path = work.folder / "opened"
    wait_until(lambda: path.exists() and path.read_text(), "the browser")
    server.person(path.read_text())
    output, errors = login.communicate(timeout=PATIENCE)
    assert output == "" and "noise" not in errors


def test_a_browser_that_stays_open_keeps_nobody_waiting(work, server):
    """`$(sallyport login)` waits for the end of the pipe, which a browser must not hold."""
    script(work, "my-browser", 'echo $$ > pid; printf "%s" "$1" > opened; exec sleep 600')
    login = work.start("login", "work", "--once", environment={"BROWSER": "my-browser"})
    path = work.folder / "opened"
    wait_until(lambda: path.exists() and path.read_text(), "the browser")
    try:
        server.person(path.read_text())
        output, _ = login.communicate(timeout=PATIENCE)
        assert output == "at-2\n"
    finally:
        os.kill(int((work.folder / "pid").read_text()), 9)


def test_without_any_browser_the_url_is_shown_and_it_waits(work, server):
    login = work.start("login", "work")
    url = ""
    while not url.startswith("  http"):
        url = login.stderr.readline()
        assert url, "no URL"
    server.person(url.strip())
    assert login.wait(PATIENCE) == 0


# Who asks

def test_a_second_asker_joins_and_both_are_told(work, server):
    first = work.start_login()
    second = work.start_login()
    assert first.url == second.url
    server.person(first.url)
    first.finish().done()
    second.finish().done()
    assert len(server.token_requests) == 1


def test_an_asker_that_joins_opens_no_second_browser(work, server):
    script(work, "my-browser", "touch opened-again")
    first = work.start_login()
    second = work.start("login", "work", environment={"BROWSER": "my-browser"})
    while "going on already" not in (line := second.stderr.readline()):
        assert line, "nothing was said"
    server.person(first.url)
    assert second.wait(PATIENCE) == 0
    first.finish().done()
    assert not (work.folder / "opened-again").exists()


def test_a_sign_in_goes_on_when_one_of_two_askers_goes(work, server):
    first = work.start_login()
    second = work.start_login()
    first.process.terminate()
    first.finish()
    server.person(second.url)
    second.finish().done()


def test_ctrl_c_ends_the_sign_in_with_the_signal(work):
    login = work.start_login()
    login.process.send_signal(2)
    result = login.finish()
    assert result.status == -2 and "cancelled" in result.errors


def test_two_accounts_sign_in_at_the_same_time(home, servers):
    one, two = servers(), servers()
    home.configure_for(one, "one")
    home.configure_for(two, "two")
    first, second = home.start_login("one"), home.start_login("two")
    two.person(second.url)
    second.finish().done()
    one.person(first.url)
    first.finish().done()
    # The answer of one sign-in is none for the other.
    first, second = home.start_login("one"), home.start_login("two")
    mine, other = one.authorize(first.url), two.authorize(second.url)
    reply = browser.get(mine.callback(state=other.state))
    assert reply.status == 400
    one.person(first.url)
    first.finish().done()


def test_a_state_is_good_for_one_sign_in_only(work, server):
    login = work.start_login()
    former = server.authorize(login.url)
    server.person(login.url)
    login.finish().done()
    login = work.start_login()
    now = server.authorize(login.url)
    assert browser.get(now.callback(state=former.state)).status == 400
    work.run("callback", former.callback()).failed(1, "no sign-in is waiting")
    server.person(login.url)
    login.finish().done()


def test_a_new_sign_in_takes_the_place_of_the_session(signed_in, server):
    signed_in.sign_in(server)
    assert signed_in.token() == "at-4"


def test_a_sign_in_that_fails_leaves_the_session(signed_in, server):
    login = signed_in.start_login()
    server.person(login.url, code=None, error="access_denied")
    login.finish().failed(4)
    assert signed_in.token() == "at-2"


# A helper's get

GET = "protocol=https\nhost=git.example.com\n\n"


@pytest.fixture
def helper(home, server):
    """An account that answers for a git server; the browser plays the person."""
    def make(**settings):
        home.configure_for(server, credential_url="https://git.example.com", **settings)
        script(home, "my-browser", 'printf "%s" "$1" > url.new; mv url.new url')
        home.environment |= {"BROWSER": "my-browser", "DISPLAY": ":99"}
        return home
    return make


@pytest.mark.parametrize("settings", [{}, {"login": "manual"}])
def test_get_never_opens_a_browser_unless_the_account_says_so(helper, settings):
    home = helper(**settings)
    result = home.run("get", input=GET)
    result.failed(3, "nobody is signed in to work")
    assert result.hint == "sallyport login work"
    assert not (home.folder / "url").exists()


@pytest.mark.parametrize("environment", [
    {"GIT_TERMINAL_PROMPT": "0"}, {"GIT_TERMINAL_PROMPT": "false"}])
def test_get_opens_no_browser_where_git_forbids_to_ask(helper, environment):
    home = helper(login="on-demand")
    home.run("get", input=GET, environment=environment).failed(3, "nobody is signed in")
    assert not (home.folder / "url").exists()


def test_get_opens_no_browser_where_nobody_can_be(helper):
    home = helper(login="on-demand")
    del home.environment["DISPLAY"]
    home.run("get", input=GET, start_new_session=True).failed(3, "nobody is signed in")
    assert not (home.folder / "url").exists()


def test_get_signs_in_where_the_account_and_the_caller_allow_it(helper, server):
    home = helper(login="on-demand")
    helper_process = home.start("get", stdin=subprocess.PIPE)
    helper_process.stdin.write(GET)
    helper_process.stdin.flush()
    path = home.folder / "url"
    wait_until(path.exists, "the browser")
    server.person(path.read_text())
    output, _ = helper_process.communicate(timeout=PATIENCE)
    assert "password=at-2\n" in output and helper_process.returncode == 0
    assert "http" not in output


def test_token_opens_a_browser_only_with_login(work, server):
    work.run("token", "work").failed(3)
    token = work.start("token", "work", "--login")
    url = ""
    while not url.startswith("  http"):
        url = token.stderr.readline()
        assert url, "no URL"
    server.person(url.strip())
    assert token.communicate(timeout=PATIENCE)[0] == "at-2\n"


# Saving

def test_a_new_account_is_saved_once_the_sign_in_has_worked(home, server):
    home.write_config("; my settings\nvault = memory  # for now\n\n[other]\nissuer = "
                      "https://a.example   ; theirs\nclient_id = 1\n")
    before = home.config.read_text()
    options = ["--issuer", server.issuer, "--client-id", "a;b#c", "--scope", "openid email",
               "--redirect-uri", home.redirect_uri, "--authorize", "prompt=login"]
    login = home.start_login("new", *options)
    server.person(login.url, code=None, error="access_denied")
    login.finish().failed(4)
    assert home.config.read_text() == before
    login = home.start_login("new", *options)
    server.person(login.url)
    assert "saved new" in login.finish().done().errors
    after = home.config.read_text()
    assert after.startswith(before)
    assert stat.S_IMODE(home.config.stat().st_mode) == 0o600
    # What was saved is what was asked for.
    login = home.start_login("new")
    asked = server.authorize(login.url).parameters
    assert asked["client_id"] == "a;b#c" and asked["scope"] == "openid email"
    assert asked["prompt"] == "login"


def test_no_save_leaves_the_configuration_alone(home, server):
    login = home.start_login(
        "new", "--issuer", server.issuer, "--client-id", "c", "--redirect-uri",
        home.redirect_uri, "--no-save")
    server.person(login.url)
    login.finish().done()
    assert not home.config.exists()
    assert home.token("new") == "at-2"


def test_an_account_that_is_configured_keeps_its_section(work, server):
    before = work.config.read_text()
    login = work.start_login("work", "--scope", "openid email")
    server.person(login.url)
    assert "not saved, because work is configured already: scope" in login.finish().done().errors
    assert work.config.read_text() == before


def test_a_saved_secret_file_keeps_its_path(home, server):
    path = home.folder / "s"
    path.write_text("secret")
    path.chmod(0o600)
    login = home.start_login(
        "new", "--issuer", server.issuer, "--client-id", "c", "--redirect-uri",
        home.redirect_uri, "--client-secret-file", "s")
    server.person(login.url)
    login.finish().done()
    assert f"client_secret_file = {path}" in home.config.read_text()
    assert "secret\n" not in home.config.read_text().replace(str(path), "")


def test_a_session_is_not_used_for_another_server_than_it_was_made_with(signed_in, servers):
    """A token of the former server must not go to the one the file names now."""
    other = servers()
    text = signed_in.config.read_text()
    signed_in.write_config(text.replace("issuer = http", f"issuer = {other.issuer}\n;"))
    signed_in.run("token", "work").failed(3, "issuer", "has changed since the sign-in")
    signed_in.run("refresh", "work").failed(3)
    assert other.requests == []
    signed_in.write_config(text)
    assert signed_in.token() == "at-2"


def test_json_status_has_no_secret(signed_in):
    text = json.dumps(signed_in.report()) + signed_in.run("status").done().output
    assert "at-2" not in text and "rt-2" not in text and "eyJ" not in text
