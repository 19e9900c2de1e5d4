"""git itself, with `credential.helper = sallyport` and a server that wants the token."""

import subprocess
import urllib.parse

import pytest
from support.git_server import GitServer
from support.practice import PracticeServer
from support.waiting import PATIENCE


@pytest.fixture(scope="module")
def practice():
    server = PracticeServer()
    yield server
    server.stop()


@pytest.fixture
def serve(practice, tmp_path):
    """Starts git servers with a repository `/team/code.git` in which there is one file."""
    run = {"check": True, "capture_output": True, "cwd": tmp_path}
    identity = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"]
    subprocess.run(["git", "init", "-q", "-b", "main", "work"], **run)
    (tmp_path / "work" / "file").write_text("content\n")
    subprocess.run(["git", "-C", "work", "add", "file"], **run)
    subprocess.run(["git", "-C", "work", *identity, "commit", "-q", "-m", "first"], **run)
    subprocess.run(["git", "clone", "-q", "--bare", "work", "srv/team/code.git"], **run)
    subprocess.run(
        ["git", "-C", "srv/team/code.git", "config", "http.receivepack", "true"], **run)
    servers = []

    def start(scheme="Basic"):
        server = GitServer(tmp_path / "srv", practice.accepts, scheme)
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def signed_in(sallyport, practice, serve):
    """An account for a git server, signed in; gives the account's home and the server."""
    server = serve()
    configure(sallyport, practice, server)
    sign_in(sallyport)
    return sallyport, server


def configure(sallyport, practice, server, **settings):
    sallyport.configure(
        "code", issuer=practice.issuer, client_id="practice", scope="openid",
        redirect_uri="http://127.0.0.1/callback",
        **{"credential_url": server.url, **settings})
    (sallyport.home / ".gitconfig").write_text(
        "[credential]\n\thelper = sallyport\n"
        "[user]\n\tname = Somebody\n\temail = somebody@example.com\n")


def sign_in(sallyport):
    browser = {"BROWSER": f"{sallyport.programs}/sallyport-practice browse --user alice"}
    sallyport.run("login", "code", "--timeout", PATIENCE, environment=browser).done()


def git(sallyport, *words, input=""):
    return sallyport.run("git", *words, input=input, program="/usr/bin/env")


def question(server, path=None):
    """What git asks its helpers about a server."""
    lines = ["protocol=http", f"host={urllib.parse.urlsplit(server.url).netloc}"]
    if path:
        lines.append(f"path={path}")
    return "".join(line + "\n" for line in lines)


def attributes(text):
    return dict(line.split("=", 1) for line in text.splitlines() if line)


def test_fill_gives_the_token_as_password(signed_in):
    sallyport, server = signed_in
    answer = attributes(
        git(sallyport, "credential", "fill", input=question(server) + "\n").done().output)
    assert answer["username"] == "oauth2"
    assert answer["password"] == sallyport.run("token").done().line


def test_fill_gives_the_configured_user_name(sallyport, practice, serve):
    server = serve()
    configure(sallyport, practice, server, username="x-token")
    sign_in(sallyport)
    answer = attributes(
        git(sallyport, "credential", "fill", input=question(server) + "\n").done().output)
    assert answer["username"] == "x-token"


def test_the_helper_tells_when_the_token_expires(signed_in):
    sallyport, server = signed_in
    answer = attributes(
        sallyport.run("get", input=question(server) + "\n").done().output)
    assert int(answer["password_expiry_utc"]) == sallyport.status("code")["expires_at"]


def test_approve_changes_nothing(signed_in):
    sallyport, server = signed_in
    filled = git(sallyport, "credential", "fill", input=question(server) + "\n").done().output
    git(sallyport, "credential", "approve", input=filled + "\n").done()
    again = git(sallyport, "credential", "fill", input=question(server) + "\n").done().output
    assert again == filled


def test_reject_makes_the_next_fill_refresh(signed_in, practice):
    sallyport, server = signed_in
    filled = git(sallyport, "credential", "fill", input=question(server) + "\n").done().output
    git(sallyport, "credential", "reject", input=filled + "\n").done()
    again = attributes(
        git(sallyport, "credential", "fill", input=question(server) + "\n").done().output)
    assert again["password"] != attributes(filled)["password"]
    assert practice.accepts(again["password"])


def test_rejecting_another_password_keeps_the_token(signed_in):
    sallyport, server = signed_in
    filled = git(sallyport, "credential", "fill", input=question(server) + "\n").done().output
    other = f"{question(server)}username=oauth2\npassword=another\n\n"
    git(sallyport, "credential", "reject", input=other).done()
    again = git(sallyport, "credential", "fill", input=question(server) + "\n").done().output
    assert again == filled


def test_clone_fetch_and_push_work(signed_in):
    sallyport, server = signed_in
    git(sallyport, "clone", "-q", f"{server.url}/team/code.git").done()
    copy = sallyport.home / "code"
    assert (copy / "file").read_text() == "content\n"
    assert server.requests[0][1] == 401, "git asks without a credential first"
    assert {status for _, status, _ in server.requests[1:]} == {200}
    assert {user for _, status, user in server.requests if status == 200} == {"oauth2"}
    (copy / "file").write_text("changed\n")
    git(sallyport, "-C", copy, "commit", "-q", "-a", "-m", "second").done()
    git(sallyport, "-C", copy, "push", "-q").done()
    git(sallyport, "-C", copy, "fetch", "-q").done()
    assert any("git-receive-pack" in path for path, _, _ in server.requests)


def test_a_token_the_server_refuses_is_replaced_at_the_next_clone(signed_in, practice):
    sallyport, server = signed_in
    revoked = sallyport.run("token").done().line
    practice.revoke(revoked)
    result = git(sallyport, "clone", "-q", f"{server.url}/team/code.git")
    assert result.status == 128, "git shows a credential once and then gives up"
    result = git(sallyport, "clone", "-q", f"{server.url}/team/code.git").done()
    assert sallyport.run("token").done().line != revoked


def test_two_hosts_get_their_own_accounts_tokens(sallyport, practice, serve):
    first, second = serve(), serve()
    configure(sallyport, practice, first)
    sallyport.configure(
        "other", issuer=practice.issuer, client_id="practice", scope="openid",
        redirect_uri="http://127.0.0.1/callback", credential_url=f"{second.url}/team")
    sign_in(sallyport)
    use_path = ["-c", "credential.useHttpPath=true"]
    asked = question(second, "team/code.git") + "\n"
    result = git(sallyport, *use_path, "credential", "fill", input=asked)
    assert result.status == 128 and "sallyport login other" in result.errors, str(result)
    git(sallyport, "clone", "-q", f"{first.url}/team/code.git").done()


def test_a_host_no_account_answers_for_gets_nothing(signed_in):
    sallyport, _ = signed_in
    result = sallyport.run("get", input="protocol=https\nhost=elsewhere.example\n\n").done()
    assert result.output == "" and result.errors == ""
    asked = "protocol=https\nhost=elsewhere.example\n\n"
    result = git(sallyport, "credential", "fill", input=asked)
    assert result.status == 128 and "terminal prompts disabled" in result.errors


def test_without_a_sign_in_git_fails_at_once_and_says_what_to_do(sallyport, practice, serve):
    server = serve()
    configure(sallyport, practice, server)
    result = git(sallyport, "clone", "-q", f"{server.url}/team/code.git")
    assert result.status == 128
    assert "sallyport login code" in result.errors, str(result)


def test_a_bearer_challenge_is_answered_in_kind(sallyport, practice, serve):
    server = serve("Bearer")
    configure(sallyport, practice, server)
    sign_in(sallyport)
    # What git 2.46 and later send; the git here may be older.
    asked = (
        "capability[]=authtype\ncapability[]=state\n" + question(server)
        + 'wwwauth[]=Bearer realm="git"\n\n')
    lines = sallyport.run("get", input=asked).done().output.splitlines()
    assert "capability[]=authtype" in lines
    answer = attributes("\n".join(lines))
    assert answer["authtype"] == "Bearer" and answer["ephemeral"] == "1"
    assert "password" not in answer and "username" not in answer
    assert server.user(f"Bearer {answer['credential']}") is not None


def test_a_git_without_authtype_gets_a_password_for_the_same_challenge(sallyport, practice, serve):
    server = serve("Bearer")
    configure(sallyport, practice, server)
    sign_in(sallyport)
    asked = question(server) + 'wwwauth[]=Bearer realm="git"\n\n'
    answer = attributes(sallyport.run("get", input=asked).done().output)
    assert answer["password"] and "authtype" not in answer
