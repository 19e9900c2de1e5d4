"""What each command says, where, and with which exit status."""

import base64
import json
import subprocess
import time

import pytest
from harness.waiting import PATIENCE

VERBS = ["login", "token", "status", "refresh", "logout", "callback", "get", "store", "erase",
         "agent", "stop", "doctor", "completion", "help", "version"]

MISTAKES = [
    [], ["nonsense"], ["--nonsense"], ["token", "--nonsense"], ["token", "a", "b"],
    ["token", "--format"], ["token", "--format", "nonsense"], ["token", "--min-valid", "soon"],
    ["token", "--min-valid", "-1"], ["token", "--min-valid", "99999999999999999999"],
    ["token", "a b"], ["token", "a/b"], ["token", "é"], ["login", "--timeout", "0"],
    ["login", "--timeout", "1e3"], ["login", "--format", "json"], ["login", "--issuer", "x"],
    ["login", "--issuer", "http://a.example"], ["login", "--issuer", "javascript:1"],
    ["login", "--client-id", "a\tb"], ["login", "--scope", 'a"b'], ["login", "--authorize", "x"],
    ["login", "--authorize", "=x"], ["login", "--redirect-uri", "x"],
    ["login", "--client-secret", "x"], ["login", "--token-endpoint-auth-method", "x"],
    ["callback"], ["callback", "x"], ["refresh", "a", "b"], ["logout", "--nonsense"],
    ["completion"], ["completion", "nonsense"], ["help", "nonsense"], ["version", "x"],
    ["stop", "x"], ["get", "x"], ["status", "a", "b"],
]


@pytest.mark.parametrize("words", MISTAKES, ids=" ".join)
def test_a_mistake_on_the_command_line_exits_2_with_a_hint(home, words):
    result = home.run(*words).failed(2)
    assert result.hint.startswith("sallyport "), str(result)
    # Nothing was begun.
    assert not home.socket.exists()


def test_a_near_miss_is_named(home):
    home.run("tokn").failed(2, "token")
    home.run("staus").failed(2, "status")


def test_help_and_version_go_to_standard_output(home):
    version = home.run("version").done()
    assert version.line.startswith("sallyport ") and version.errors == ""
    assert home.run("--version").done().output == version.output
    text = home.run("help").done().output
    for verb in VERBS:
        assert verb in text
        page = home.run("help", verb).done()
        assert verb in page.output and page.errors == ""
        assert home.run(verb, "--help").done().output == page.output
        assert all(len(line) <= 100 for line in page.output.splitlines()), page.output


@pytest.mark.parametrize("name, checker", [("bash", ["bash", "-n"]), ("zsh", None), ("fish", None)])
def test_completions_are_printed(home, name, checker):
    text = home.run("completion", name).done().output
    assert "login" in text and "no-browser" in text
    if checker:
        subprocess.run(checker, input=text.encode(), check=True)


@pytest.mark.parametrize("line, offers", [
    ("vault import --", "--help --no-ask --passphrase-stdin --replace"),
    ("vault import file --", "--help --no-ask --passphrase-stdin --replace"),
    ("vault change --", "--help --no-ask --passphrase-stdin"),
    ("vault change pass", "passphrase"), ("vault status --", "--help --json"),
    ("vault --r", "--replace"), ("vault ", "change export import status"),
    ("lock --p", "--passphrase-stdin")])
def test_bash_completes(home, line, offers):
    words = ["sallyport", *line.split(" ")]
    script = home.run("completion", "bash").done().output + f"""
COMP_WORDS=({" ".join(f"'{word}'" for word in words)}); COMP_CWORD={len(words) - 1}
_sallyport; printf '%s\\n' "${{COMPREPLY[@]}}" | sort"""
    found = subprocess.run(["bash"], input=script, text=True, capture_output=True, check=True)
    assert found.stdout.split() == offers.split() and found.stderr == ""


# Standard output has only what a program would read

def test_no_browser_prints_exactly_one_line(work, server):
    login = work.start_login()
    url = login.output
    assert url.count("\n") == 1 and url.startswith(server.base + "/authorize?")
    assert "waiting" in login.errors or login.process.poll() is None
    server.person(login.url)
    assert login.finish().done().output == ""


def test_commands_that_answer_nothing_print_nothing(signed_in):
    for command in [["refresh", "work"], ["agent"], ["logout", "work"], ["stop"], ["stop"]]:
        assert signed_in.run(*command).done().output == ""


def test_a_token_is_alone_on_standard_output(signed_in):
    result = signed_in.run("token", "work").done()
    assert (result.output, result.errors) == ("at-2\n", "")


def test_status_is_for_people_and_for_programs(signed_in):
    text = signed_in.run("status").done().output
    assert "work" in text and "alice" in text
    facts = signed_in.status()
    assert facts["refreshable"] in (True, "yes") and facts["state"] == "signed-in"
    assert facts["expires_at"] - time.time() == pytest.approx(3600, abs=PATIENCE)
    assert signed_in.run("status", "work").done().output != ""
    signed_in.run("status", "nobody").failed(1, "nobody")


# Formats

def test_every_format(home, server):
    home.configure_for(server, username="me@example.com")
    home.sign_in(server)

    def printed(name):
        result = home.run("token", "work", "--format", name).done()
        assert result.errors == "" and result.output.endswith("\n")
        return result.output[:-1]
    assert printed("plain") == "at-2"
    assert printed("header") == "Authorization: Bearer at-2"
    assert json.loads(printed("headers")) == {"Authorization": "Bearer at-2"}
    answer = json.loads(printed("json"))
    assert answer["access_token"] == "at-2" and answer["token_type"] == "Bearer"
    assert answer["account"] == "work" and answer["scope"] == "openid offline_access"
    assert 3500 < answer["expires_in"] <= 3600
    assert answer["expires_at"] - time.time() == pytest.approx(3600, abs=PATIENCE)
    assert "refresh_token" not in answer
    lines = printed("env").splitlines()
    assert lines[0] == "export SALLYPORT_ACCESS_TOKEN='at-2'"
    assert lines[1].startswith("export SALLYPORT_EXPIRES_AT='")
    claims = json.loads(base64.urlsafe_b64decode(printed("id-token").split(".")[1] + "=="))
    assert claims["preferred_username"] == "alice"
    credential = json.loads(printed("exec-credential"))
    assert credential["kind"] == "ExecCredential"
    assert credential["apiVersion"].startswith("client.authentication.k8s.io/v1")
    assert credential["status"]["token"] in ("at-2", printed("id-token"))
    assert credential["status"]["expirationTimestamp"].endswith("Z")
    assert base64.b64decode(printed("xoauth2")) == (
        b"user=me@example.com\1auth=Bearer at-2\1\1")
    assert base64.b64decode(printed("oauthbearer")).endswith(b"\1auth=Bearer at-2\1\1")


def test_a_name_that_could_not_be_sent_is_refused_by_sasl(home, server):
    home.configure_for(server, scope="read")
    home.sign_in(server)
    home.run("token", "work", "--format", "xoauth2").failed(1, "user")


# Which account

def test_without_a_name_the_only_account_is_meant(signed_in):
    assert signed_in.run("token").done().line == "at-2"


def test_the_environment_can_name_the_account(home, server):
    home.configure_for(server, "one")
    home.configure_for(server, "two")
    home.sign_in(server, "two")
    home.run("token").failed(2, "several accounts", "one, two")
    assert home.run("token", environment={"SALLYPORT_ACCOUNT": "two"}).done().line == "at-2"
    home.run("token", "one", environment={"SALLYPORT_ACCOUNT": "two"}).failed(3)
    home.run("token", environment={"SALLYPORT_ACCOUNT": "a b"}).failed(2, "SALLYPORT_ACCOUNT")


def test_without_any_account_it_says_how_to_begin(home):
    for command in [["token"], ["refresh"], ["login"]]:
        result = home.run(*command)
        assert result.status in (1, 2) and "no account is configured" in result.complaint
        assert result.hint.startswith("sallyport login NAME --issuer")


# git's side

def test_the_helper_says_nothing_where_no_account_answers_and_starts_no_agent(home):
    home.write_config("[work]\nissuer = https://a.example\nclient_id = 1\n"
                      "credential_url = https://git.example.com\n")
    helper = home.root / "bin" / "git-credential-sallyport"
    for operation in ["get", "store", "erase", "capability", "unknown-operation"]:
        done = subprocess.run([helper, operation], input=b"protocol=https\nhost=other.example\n\n",
                              env=home.environment, capture_output=True, timeout=PATIENCE)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b""), operation
    assert not home.socket.exists()


def test_the_helper_without_an_operation_is_a_mistake(home):
    helper = home.root / "bin" / "git-credential-sallyport"
    done = subprocess.run([helper], env=home.environment, capture_output=True, timeout=PATIENCE)
    assert done.returncode == 2 and done.stderr.startswith(b"sallyport: ")


@pytest.mark.parametrize("text", [
    "protocol=https\nhost=" + "a" * 70_000 + "\n\n", "a[]=1\n" * 200_000, "\0\n\n", "x\n\n",
    "protocol=https\nprotocol=https\nhost=a\n\n"], ids=["line", "block", "nul", "key", "repeated"])
@pytest.mark.parametrize("operation", ["get", "erase"])
def test_a_question_of_git_that_breaks_the_format_is_one_clear_line(signed_in, operation, text):
    signed_in.run(operation, input=text).failed(2)


def test_store_keeps_nothing(signed_in):
    signed_in.run("store", input="protocol=https\nhost=x\nusername=u\npassword=hunter2\n\n").done()
    for path in signed_in.root.rglob("*"):
        if path.is_file() and not path.is_symlink():
            assert b"hunter2" not in path.read_bytes()
