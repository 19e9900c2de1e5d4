"""The log: who has got what, told in lines that are only ever added; and never a token."""

import json
import os
import re
import stat
import subprocess
import time

import pytest
from harness.asking import SELF, OtherProgram
from harness.waiting import wait_for_end, wait_until

LINE = re.compile(r"time=\d+(\t[a-z]+=[^\t]*)+")


@pytest.fixture
def log(signed_in):
    return signed_in.folder / ".local" / "state" / "sallyport" / "log"


def entries(log):
    """The lines of a file, each as a dictionary."""
    found = []
    for line in log.read_text().splitlines():
        assert LINE.fullmatch(line), repr(line)
        found.append(dict(field.split("=", 1) for field in line.split("\t")))
    return found


def stop(home):
    pid = home.agent_pid
    home.run("stop").done()
    assert wait_for_end(pid)


def test_each_hand_out_is_a_line(signed_in, log):
    before = int(time.time())
    token = signed_in.token()
    [entry] = entries(log)
    assert before <= int(entry.pop("time")) <= time.time()
    entry.pop("unit", None)
    assert entry == {
        "account": "work", "action": "token", "verdict": "given", "program": SELF,
        "pid": str(os.getpid()), "scope": "openid offline_access"}
    assert token not in log.read_text()


def test_git_and_userinfo_and_a_sign_in_once(signed_in, log, server):
    signed_in.configure_for(server, "other", credential_url="https://git.example")
    signed_in.sign_in(server, "other")
    signed_in.run("get", input="protocol=https\nhost=git.example\n\n").done()
    signed_in.run("status", "work", "--userinfo")
    login = signed_in.start_login("work", "--once")
    server.person(login.url)
    login.finish().done()
    told = [(entry["action"], entry["account"], entry["verdict"]) for entry in entries(log)]
    assert ("get", "other", "given") in told and ("login", "work", "given") in told


@pytest.mark.parametrize("words", [["status"], ["refresh", "work"], ["status", "work"]])
def test_what_gives_nothing_out_is_no_line(signed_in, log, words):
    signed_in.run(*words).done()
    assert not log.exists()


def test_neither_token_nor_code_is_written(signed_in, log, server):
    tokens = [signed_in.token()]
    signed_in.run("refresh", "work").done()
    tokens.append(signed_in.token("work", "--format", "json"))
    signed_in.ask(action="token", scope="x\ty")
    signed_in.run("logout", "work").done()
    signed_in.run("token", "work").failed(3)
    text = log.read_text()
    for token in tokens:
        assert token.strip() not in text
    for request in server.requests:
        body = request.body if isinstance(request.body, str) else request.body.decode()
        for value in re.findall(r"(?:code|refresh_token|code_verifier)=([^&]+)", body):
            assert value not in text


def test_a_refusal_is_told(signed_in, log, server):
    signed_in.config.write_text(signed_in.config.read_text() + "allow = /usr/bin/nothing\n")
    signed_in.run("token", "work").failed(4)
    [entry] = entries(log)
    assert (entry["verdict"], entry["program"], entry["action"]) == ("not-allowed", SELF, "token")
    assert "scope" not in entry


def test_what_comes_again_is_counted(signed_in, log):
    other = OtherProgram(signed_in)
    for _ in range(5):
        signed_in.token()
    other.run("sallyport", "token", "work").done()
    assert [entry["program"] for entry in entries(log)] == [SELF, str(other.path)]
    stop(signed_in)
    counts = [entry for entry in entries(log) if "count" in entry]
    assert [(entry["count"], entry["program"]) for entry in counts] == [("4", SELF)]


def test_a_thousand_times_a_second_is_a_few_lines(signed_in, log):
    with signed_in.connect() as agent:
        for _ in range(500):
            agent.ask(action="token")
    assert len(entries(log)) == 1
    stop(signed_in)
    found = entries(log)
    assert sum(int(entry.get("count", "1")) for entry in found) == 500
    assert len(found) == 3 and "program" not in found[-1]


def test_file_and_folder_are_private(signed_in, log):
    signed_in.token()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert stat.S_IMODE(log.parent.stat().st_mode) == 0o700


def test_a_file_that_others_could_read_is_closed_to_them(signed_in, log):
    log.parent.mkdir(parents=True, mode=0o700)
    log.write_text("")
    log.chmod(0o644)
    signed_in.token()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_xdg_state_home_is_the_place(home, server):
    home.environment["XDG_STATE_HOME"] = str(home.root / "state")
    home.configure_for(server)
    home.sign_in(server)
    home.token()
    assert entries(home.root / "state" / "sallyport" / "log")
    assert home.report()["agent"]["log"] == str(home.root / "state" / "sallyport" / "log")
    assert "work" in home.run("log").done().output


def test_a_long_file_becomes_the_old_one(signed_in, log):
    signed_in.token()
    first = log.read_text()
    log.write_text(first * (1 + (1 << 20) // len(first)))
    other = OtherProgram(signed_in)
    other.run("sallyport", "token", "work").done()
    [entry] = entries(log)
    assert entry["program"] == str(other.path)
    old = log.with_name("log.1")
    assert old.stat().st_size >= 1 << 20 and stat.S_IMODE(old.stat().st_mode) == 0o600
    assert len(signed_in.run("log", "-n", "3").done().output.splitlines()) == 3


def test_a_file_that_was_taken_away_is_begun_again(signed_in, log):
    signed_in.token()
    log.rename(log.with_name("mine"))
    OtherProgram(signed_in).run("sallyport", "token", "work").done()
    assert len(entries(log)) == 1 and len(entries(log.with_name("mine"))) == 1


@pytest.mark.parametrize("fault", ["link", "folder", "open", "pipe", "full"])
def test_a_log_that_cannot_be_written_stops_nobody(signed_in, log, fault):
    log.parent.mkdir(parents=True, mode=0o700)
    if fault == "link":
        log.symlink_to(signed_in.root / "elsewhere")
    elif fault == "folder":
        log.mkdir()
    elif fault == "open":
        log.parent.chmod(0o755)
    elif fault == "pipe":
        os.mkfifo(log)
    else:
        # Nothing can be added to /dev/full, and no file of this user is there.
        log.symlink_to("/dev/full")
    assert signed_in.token()
    error = signed_in.report()["agent"]["log_error"]
    assert str(log.parent) in error
    said = signed_in.run("status").done().errors
    assert "it is not written down who gets tokens" in said and said.count(error) == 1
    found = signed_in.run("doctor").output
    assert error in found
    if fault == "open":
        assert f"try: chmod 700 {log.parent}" in found
        log.parent.chmod(0o700)
        OtherProgram(signed_in).run("sallyport", "token", "work").done()
        assert len(entries(log)) == 1
        assert "log_error" not in signed_in.report()["agent"]
    assert not (signed_in.root / "elsewhere").exists()


def test_a_disk_that_is_full_stops_nobody(home, server):
    """A file may not grow beyond 200 bytes for this agent: a line is cut, and begun anew later."""
    home.configure_for(server)
    program = ("import os, resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
               "resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200));"
               "os.execv(sys.argv[1], [sys.argv[1]])")
    agent = subprocess.Popen(
        [SELF, "-c", program, home.programs / "sallyport-agent"], env=home.environment,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    home.agents.append(agent)
    wait_until(home.socket.exists, "the socket")
    home.sign_in(server)
    other = OtherProgram(home)
    for _ in range(3):
        assert home.token()
        other.run("sallyport", "token", "work").done()
    assert "log" in home.report()["agent"]["log_error"]
    home.run("log").done()


# sallyport log

def test_the_command_shows_it(signed_in, log):
    signed_in.token()
    line = signed_in.run("log").done().line
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ  work  token  given  ", line)
    assert f"{SELF} (process {os.getpid()}" in line and "scope openid offline_access" in line
    entry = json.loads(signed_in.run("log", "work", "--json").done().line)
    assert entry["pid"] == os.getpid() and entry["program"] == SELF
    assert isinstance(entry["time"], int) and "count" not in entry


def test_of_one_account_and_the_last_lines(signed_in, log):
    signed_in.token()
    with log.open("a") as file:
        for number in range(60):
            file.write(f"time={number}\taccount=other\tverdict=given\tscope={number}\n")
    assert len(signed_in.run("log").done().output.splitlines()) == 50
    for words in [["-n", "2"], ["-n2"], ["--lines", "2"], ["--lines=2"]]:
        lines = signed_in.run("log", *words, "--json").done().output.splitlines()
        assert [json.loads(line)["scope"] for line in lines] == ["58", "59"]
    assert signed_in.run("log", "work").done().line
    assert signed_in.run("log", "-n", "100").done().output.count("\n") == 61


def test_without_an_agent_and_without_a_log(home):
    result = home.run("log").done()
    assert result.output == "" and "nothing is written down in" in result.errors
    assert not home.socket.exists()


def test_what_is_no_line_is_passed_over(signed_in, log):
    signed_in.token()
    with log.open("ab") as file:
        file.write(b"time=17\taccou\n\n\xff\xfe\nno line\ntime=x\taccount=a\tverdict=b\n"
                   b"time=9\taccount=evil\x1b[31m\tverdict=given\n")
    text = signed_in.run("log").done().output
    assert len(text.splitlines()) == 2 and "\x1b" not in text
    assert "\\u001b" in signed_in.run("log", "--json").done().output


@pytest.mark.parametrize("words", [
    ["-n", "0"], ["-n", "x"], ["-n"], ["--lines", "-1"], ["a", "b"], ["../x"], ["-x"]])
def test_mistakes(home, words):
    home.run("log", *words).failed(2)


def test_help_names_both_forms(home):
    text = home.run("help", "log").done().output
    assert "-n, --lines NUMBER" in text
