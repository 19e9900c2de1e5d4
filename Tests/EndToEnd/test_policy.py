"""Who is asking: `allow`, by the program that asks and by what has started it."""

import os
import re
import shutil
import subprocess

import pytest
from harness.asking import CLIENT, SELF, OtherProgram, write_program
from harness.home import Result
from harness.waiting import PATIENCE

GET = "protocol=https\nhost=git.example\n\n"


@pytest.fixture
def account(home, server):
    """Signs in to an account with these settings, and changes them later."""
    def configure(**settings):
        home.config.unlink(missing_ok=True)
        home.configure_for(server, credential_url="https://git.example", **settings)

    def sign_in(**settings):
        configure()
        home.sign_in(server)
        configure(**settings)
        return home
    sign_in.configure = configure
    return sign_in


@pytest.fixture
def other(home):
    return OtherProgram(home)


def test_without_allow_everybody_of_the_user_gets_a_token(account, other):
    home = account()
    assert home.token() and other.run("sallyport", "token", "work").done().line
    assert other.ask("action=token")["access_token"]


def test_the_client_asks_for_whoever_has_started_it(account, other):
    home = account(allow=str(other.path))
    token = other.run("sallyport", "token", "work").done().line
    result = home.run("token", "work").failed(
        4, f"work is not for {SELF} (process {os.getpid()}", "none of its allow lines")
    assert result.hint == f"add allow = {SELF} below [work] in {home.config}"
    home.config.write_text(home.config.read_text() + f"allow = {SELF}\n")
    assert home.token() == token


def test_to_expose_a_token_is_to_be_given_it(account, other, tmp_path):
    """What comes to the narrow socket afterwards is not asked who it is: that is what it is for."""
    home = account(allow=str(other.path))
    path = tmp_path / "narrow.sock"
    home.run("expose", "work", "--socket", path).failed(4, "work is not for", "none of its allow")
    assert not path.exists()
    other.run("sallyport", "expose", "work", "--socket", path).done()
    assert home.run("token", environment={"SALLYPORT_SOCK": str(path)}).done().line
    entries = [entry for entry in home.run("log").done().output.splitlines() if "expose" in entry]
    assert len(entries) == 2, entries


def test_a_program_of_its_own_is_checked_itself(account, other):
    home = account(allow=str(other.path))
    assert other.ask("action=token")["access_token"]
    reply = home.ask(action="token")
    assert reply["error"] == "access_denied"
    assert f"{SELF} (process {os.getpid()}" in reply["error_description"]


def test_what_a_program_has_started_may_do_what_it_may(account, other):
    """git runs a shell that runs git that runs the helper."""
    account(allow=SELF)
    assert other.ask("action=token")["access_token"]
    assert other.run("sh", "-c", "sh -c 'sallyport token work; true'; true").done().line


def test_what_a_program_was_started_by_may_not(account, other):
    home = account(allow=str(other.path))
    other.run("true").done()
    home.run("token", "work").failed(4)


@pytest.mark.parametrize("lines", [
    ["action=token"], ["action=token", "scope=openid"], ["action=token", "want[]=id_token"],
    ["action=token", "login=yes"], ["action=token", "min_valid=9999999"], ["action=userinfo"],
    ["action=get", *GET.split()], ["action=login", "once=yes", "account=work"],
    ["action=login", "once=yes", "account=work", f"allow={SELF}", "confirm=never"],
])
def test_whatever_gives_something_out_is_refused(account, other, server, lines):
    account(allow="/usr/bin/nothing")
    before = len(server.requests)
    reply = other.ask(*lines)
    assert reply["error"] == "access_denied" and str(other.path) in reply["error_description"]
    assert len(server.requests) == before, "nothing was asked of the server for it"


@pytest.mark.parametrize("action", ["status", "refresh", "erase", "store", "version", "logout"])
def test_what_gives_nothing_out_is_not(account, other, action):
    account(allow="/usr/bin/nothing")
    assert other.ask(f"action={action}", "account=work").get("error") is None


def test_a_narrower_allow_counts_on_the_next_request_of_a_connection(account):
    home = account()
    with home.connect() as agent:
        assert agent.ask(action="token")["access_token"]
        account.configure(allow="/usr/bin/nothing")
        assert agent.ask(action="token")["error"] == "access_denied"
        account.configure(allow=f"/usr/bin/nothing, {SELF}")
        assert agent.ask(action="token")["access_token"]


def test_a_section_that_has_vanished_keeps_its_rules(home, server, other):
    home.configure_for(server, allow=str(other.path))
    home.sign_in(server)
    home.write_config("")
    assert other.ask("action=token", "account=work")["access_token"]
    assert home.ask(action="token", account="work")["error"] == "access_denied"


def test_several_lines_and_lists(account, other):
    home = account(allow=["/usr/bin/git,unit:backup.service", f"snap:x ,  {other.path}"])
    assert other.ask("action=token")["access_token"]
    home.run("token", "work").failed(4, "is not for")
    assert home.status()["allow"] == ["/usr/bin/git,unit:backup.service", f"snap:x ,  {other.path}"]


def test_a_replaced_program_is_another(account, other):
    """The path is the same, the file behind it is not the one that runs."""
    home = account(allow=str(other.path))
    other.run("sallyport", "token", "work").done()
    code = f"""
import os, shutil, subprocess, sys
os.rename({str(other.path)!r}, {str(other.path)!r} + ".old")
shutil.copy({str(other.path)!r} + ".old", {str(other.path)!r})
sys.exit(subprocess.run(["sallyport", "token", "work"]).returncode)
"""
    done = subprocess.run(
        [other.path, "-c", code], capture_output=True, env=other.environment, cwd=home.folder)
    Result(done.returncode, done.stdout.decode(), done.stderr.decode()).failed(4, "is not for")


def test_a_link_to_a_program_is_not_its_name(account, other):
    link = other.home.root / "link"
    link.symlink_to(other.path)
    home = account(allow=str(link))
    other.run("sallyport", "token", "work").failed(4)
    finding = home.run("doctor", "work").output
    assert f"a link: the program that runs is called {other.path}" in finding


def test_a_copy_of_the_client_is_a_program_of_its_own(account, home):
    account(allow="/usr/bin/nothing")
    copy = home.root / "client"
    shutil.copy(home.programs / "sallyport", copy)
    done = subprocess.run(
        [copy, "token", "work"], capture_output=True, env=home.environment, cwd=home.folder)
    Result(done.returncode, done.stdout.decode(), done.stderr.decode()).failed(
        4, f"work is not for {copy}")


def test_a_script_is_known_by_its_interpreter(account, home):
    account(allow="/usr/bin/nothing")
    script = write_program(home.root / "script", "#!/bin/sh\nsallyport token work\nexit $?\n")
    result = subprocess.run(
        [script], capture_output=True, env=home.environment, cwd=home.folder)
    assert result.returncode == 4
    assert f"work is not for {os.path.realpath('/bin/sh')} (".encode() in result.stderr


def test_a_shell_with_one_command_is_looked_through(account, home, other):
    account(allow="/usr/bin/nothing")
    result = other.run("sh", "-c", "sallyport token work; exit $?")
    result.failed(4, f"work is not for {other.path} (")


def test_a_program_that_has_ended_is_refused(account, home):
    """It connects, asks, and ends while somebody else holds its connection."""
    account(allow=SELF)
    code = """
import os, socket, sys
agent = socket.socket(socket.AF_UNIX)
agent.connect(sys.argv[1])
pid = os.fork()
if pid:
    os._exit(0)
os.setsid()
os.read(0, 1)
agent.sendall(b"action=token\\n\\n")
sys.stdout.write(agent.recv(65536).decode())
"""
    process = subprocess.Popen(
        [SELF, "-c", code, home.socket], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.wait(PATIENCE) == 0
    output, _ = process.communicate(b"x", timeout=PATIENCE)
    assert b"error=access_denied" in output and b"has ended" in output


def git(home, *words, environment=None):
    return subprocess.run(
        ["git", *words], input=GET.encode(), capture_output=True, timeout=PATIENCE,
        env={**home.environment, "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1",
             **(environment or {})}, cwd=home.folder)


@pytest.mark.parametrize("helper", ["sallyport", "{bin}/git-credential-sallyport"])
def test_git_asks_by_its_helper(account, home, helper):
    git_path = os.path.realpath(shutil.which("git"))
    account(allow=git_path)
    helper = helper.format(bin=home.root / "bin")
    git(home, "config", "--global", "credential.helper", helper)
    filled = git(home, "credential", "fill")
    assert filled.returncode == 0 and b"password=" in filled.stdout, filled
    account.configure(allow="/usr/bin/other")
    refused = git(home, "credential", "fill")
    assert refused.returncode != 0 and b"password" not in refused.stdout
    assert re.search(rb"work is not for /\S+/git \(process ", refused.stderr)


def test_status_and_doctor_tell_the_rules(account, home):
    script = write_program(home.root / "script", "#!/bin/sh\n")
    account(allow=f"{script}, /nonexistent/program, unit:a.service, {home.programs}/sallyport")
    text = home.run("status", "work").done().output
    assert f"  allow     {script}, /nonexistent/program" in text
    found = home.run("doctor", "work").output
    assert f"work is for {script}, a script" in found and "systemd-run --user" in found
    assert "work is for /nonexistent/program, and nothing can be found there" in found
    assert "work is for sallyport itself" in found


@pytest.mark.parametrize("value", ["git", "/usr/bin/", "~/bin/x", "unit:", "user:root", "/a,,/b"])
def test_what_is_no_program_is_an_error_of_the_file(home, server, value):
    home.configure_for(server, allow=value)
    home.run("login", "work").failed(1, "allow is not a list of programs", "line ")


def test_confirm_has_three_words(home, server):
    home.configure_for(server, confirm="sometimes")
    home.run("login", "work").failed(1, "confirm is none of never, first, always")


def test_the_client_of_the_tests_does_what_it_should(account, home):
    """The small client is a client: with no rule it gets what `sallyport` gets."""
    account()
    done = subprocess.run(
        [SELF, "-c", CLIENT, home.socket, "action=token"], capture_output=True, text=True)
    assert f"access_token={home.token()}\n" in done.stdout
