"""`confirm`: a person is asked, by a notification or an askpass program, and nobody else waits."""

import concurrent.futures
import contextlib
import os
import signal

import pytest
from harness.asking import SELF, Asking, OtherProgram
from harness.home import children
from harness.waiting import wait_for_end, wait_until

YES = "echo allow"


@pytest.fixture
def asking(home):
    asking = Asking(home)
    yield asking
    asking.close()


@pytest.fixture
def account(home, server, asking):
    """Signs in to an account with these settings."""
    def sign_in(**settings):
        home.configure_for(server, credential_url="https://git.example", **settings)
        home.sign_in(server)
        return home
    return sign_in


def verdicts(home):
    log = home.folder / ".local" / "state" / "sallyport" / "log"
    return [dict(field.split("=", 1) for field in line.split("\t"))["verdict"]
            for line in log.read_text().splitlines()]


# Asking

def test_never_asks_nobody(account, asking):
    assert account(confirm="never").token()
    assert asking.asked == []


def test_a_notification_with_two_buttons(account, asking):
    asking.notify(YES)
    home = account(confirm="always")
    assert home.token()
    [run] = asking.asked
    assert run[0] == "notify-send" and "--action=allow=Allow" in run and "--action=deny=Deny" in run
    assert "--wait" in run and "--expire-time=60000" in run
    assert run[run.index("--") + 1] == "May a program use work?"
    assert run[run.index("--") + 2].startswith(f"Allow {SELF} (process {os.getpid()}")
    assert home.token() and len(asking.asked) == 2, "always is each time"


@pytest.mark.parametrize("answer", ["echo deny", "true", "echo ''"])
def test_no_and_a_closed_notification_refuse(account, asking, answer):
    asking.notify(answer)
    asking.askpass("exit 0")
    home = account(confirm="always")
    home.run("token", "work").failed(4, "was refused to", "by the person who was asked")
    assert len(asking.asked) == 1 and verdicts(home) == ["denied"]


@pytest.mark.parametrize("answer", [
    "exit 1", "echo allow; exit 1", "kill -9 $$", "echo Actions are not supported >&2"])
def test_where_no_notification_can_be_the_askpass_program_is_run(account, asking, answer):
    asking.notify(answer)
    asking.askpass("exit 0")
    home = account(confirm="always")
    assert home.token()
    assert [run[0] for run in asking.asked] == ["notify-send", "askpass"]
    run = asking.asked[1]
    assert run[1].startswith(f"Allow {SELF} (process ") and len(run) == 3
    assert run[2] == "prompt=confirm"


@pytest.mark.parametrize("variable", ["SALLYPORT_ASKPASS", "SSH_ASKPASS"])
@pytest.mark.parametrize("commands, good", [
    ("exit 0", True), ("echo yes", True), ("echo YES", True), ("echo", True),
    ("exit 1", False), ("echo no", False), ("echo yes; exit 1", False), ("exit 255", False)])
def test_an_askpass_program_answers_as_for_ssh_add(account, asking, variable, commands, good):
    asking.askpass(commands, variable)
    home = account(confirm="always")
    if good:
        assert home.token()
    else:
        home.run("token", "work").failed(4, "by the person who was asked")


def test_where_nobody_can_be_asked_nobody_gets_anything(account, asking):
    home = account(confirm="always")
    result = home.run("token", "work").failed(4, "neither by notify-send nor by the program of")
    assert result.hint == "sallyport doctor work" and verdicts(home) == ["unasked"]


def test_an_askpass_program_that_cannot_run_has_not_answered(account, asking):
    asking.askpass("exec /nonexistent/zenity")
    home = account(confirm="always")
    home.run("token", "work").failed(4, "neither by notify-send")


def test_git_is_asked_about(account, asking):
    asking.notify(YES)
    home = account(confirm="always")
    reply = home.run("get", input="protocol=https\nhost=git.example\n\n").done()
    assert "password=" in reply.output and len(asking.asked) == 1


def test_userinfo_and_a_sign_in_once_are_asked_about(account, asking, server):
    asking.notify("echo deny")
    home = account(confirm="always")
    assert home.ask(action="userinfo")["error"] == "access_denied"
    before = len(server.requests)
    home.run("login", "work", "--once", "--no-browser").failed(4)
    assert len(server.requests) == before and len(asking.asked) == 2


def test_nobody_is_asked_about_what_will_not_be_given(account, asking, home, server):
    home.configure_for(server, confirm="always")
    home.run("token", "work").failed(3)
    assert asking.asked == []


def test_nobody_is_asked_about_a_program_that_is_not_allowed(account, asking):
    asking.notify(YES)
    home = account(confirm="always", allow="/usr/bin/nothing")
    home.run("token", "work").failed(4, "none of its allow lines")
    assert asking.asked == []


# Remembering

def test_first_asks_once_for_each_program(account, asking, server):
    asking.notify(YES)
    home = account(confirm="first")
    other = OtherProgram(home)
    for _ in range(3):
        assert home.token() and other.run("sallyport", "token", "work").done()
    assert len(asking.asked) == 2
    home.run("refresh", "work").done()
    assert home.token() and len(asking.asked) == 2
    home.run("logout", "work").done()
    home.sign_in(server)
    assert home.token() and len(asking.asked) == 3


def test_first_asks_for_each_account(account, asking, server):
    asking.notify(YES)
    home = account(confirm="first")
    home.configure_for(server, "other", confirm="first")
    home.sign_in(server, "other")
    assert home.token("work") and home.token("other") and home.token("work")
    assert len(asking.asked) == 2


def test_a_no_is_not_remembered(account, asking):
    asking.notify("echo deny")
    home = account(confirm="first")
    home.run("token", "work").failed(4)
    asking.notify(YES)
    assert home.token() and len(asking.asked) == 2


# Waiting

def started(asking, count=1):
    wait_until(lambda: len(asking.asked) >= count, "the question")


def test_others_are_served_while_a_person_is_asked(account, asking, server):
    asking.notify(f"{asking.wait}; {YES}")
    home = account(confirm="always")
    home.configure_for(server, "other")
    home.sign_in(server, "other")
    waiting = home.start("token", "work")
    started(asking)
    assert home.token("other") and home.status("work")["state"] == "signed-in"
    asking.open()
    output, _ = waiting.communicate()
    assert waiting.returncode == 0 and output.strip()


def test_those_who_ask_meanwhile_join_the_question(account, asking):
    asking.notify(f"{asking.wait}; {YES}")
    home = account(confirm="always")
    with contextlib.ExitStack() as stack:
        waiting = [stack.enter_context(home.connect()) for _ in range(5)]
        for agent in waiting:
            agent.send(action="token")
        # What was sent before the first of three requests is taken before the last is answered.
        for _ in range(3):
            home.ask(action="version")
        started(asking)
        asking.open()
        assert len({agent.block()["access_token"] for agent in waiting}) == 1
    assert len(asking.asked) == 1


def test_another_program_has_a_question_of_its_own(account, asking):
    asking.notify(f"{asking.wait}; {YES}")
    home = account(confirm="always")
    other = OtherProgram(home)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        results = [pool.submit(run, *words, "token", "work") for run, words in [
            (home.run, []), (other.run, ["sallyport"])]]
        started(asking, 2)
        asking.open(2)
        for result in results:
            result.result().done()


def test_who_leaves_takes_the_question_back(account, asking):
    asking.notify(f"{asking.wait}; {YES}")
    home = account(confirm="always")
    waiting = home.start("token", "work")
    started(asking)
    [child] = children(home.agent_pid)
    waiting.send_signal(signal.SIGKILL)
    assert wait_for_end(child)
    assert wait_until(lambda: not children(home.agent_pid), "the end of the question")


def test_a_logout_meanwhile_gives_nothing(account, asking):
    asking.notify(f"{asking.wait}; {YES}")
    home = account(confirm="always")
    waiting = home.start("token", "work")
    started(asking)
    home.run("logout", "work").done()
    asking.open()
    waiting.communicate()
    assert waiting.returncode == 3


def test_stop_ends_the_question(account, asking):
    asking.notify(f"{asking.wait}; {YES}")
    home = account(confirm="always")
    waiting = home.start("token", "work")
    started(asking)
    pid = home.agent_pid
    [child] = children(pid)
    home.run("stop").done()
    waiting.communicate()
    assert waiting.returncode == 5 and wait_for_end(child) and wait_for_end(pid)


def test_questions_at_one_time_are_few(account, asking, server):
    asking.notify(f"{asking.wait}; {YES}")
    home = account(confirm="always")
    for number in range(8):
        home.configure_for(server, f"a{number}", confirm="always")
        home.sign_in(server, f"a{number}")
    waiting = [home.start("token", f"a{number}") for number in range(8)]
    started(asking, 8)
    home.run("token", "work").failed(5, "too many questions")
    asking.open(8)
    for process in waiting:
        process.communicate()
    assert [process.returncode for process in waiting] == [0] * 8


# What is shown

def test_a_name_cannot_forge_the_question(account, asking):
    asking.notify(YES)
    home = account(confirm="always")
    name = "a<b>&\n\x1b[1mAllow all"
    other = OtherProgram(home, name)
    other.run("sallyport", "token", "work").done()
    [run] = asking.asked
    text = run[run.index("--") + 2]
    assert "a&lt;b&gt;&amp; " in text and "\x1b" not in text


def test_status_and_doctor_tell_it(account, asking):
    home = account(confirm="first")
    assert home.status()["confirm"] == "first"
    assert "  confirm   first" in home.run("status", "work").done().output
    assert "a person is asked about work by notify-send" in home.run("doctor", "work").output
    home.environment["SALLYPORT_ASKPASS"] = "/nonexistent/askpass"
    assert "/nonexistent/askpass, which is to ask about work, is not there" in home.run(
        "doctor", "work").output
