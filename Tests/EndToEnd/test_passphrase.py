"""How a passphrase is asked for: the terminal, askpass programs, standard input; never elsewhere."""

import os
import signal
import termios

import pytest
from harness.agent import ScriptedAgent, block
from harness.terminal import Terminal

LOCKED = block(error="locked", error_description="the vault is locked", hint="sallyport unlock",
               needs="passphrase")
NO_PASSPHRASE_YET = block(error="locked", error_description="the vault has no passphrase yet",
                          hint="sallyport unlock", needs="new-passphrase")
UNLOCKED = block(event="done", accounts=2)
TOKEN = block(access_token="abc", token_type="Bearer")
QUESTION = "sallyport: passphrase to unlock: "
NEW = "sallyport: new passphrase for the vault: "
AGAIN = "sallyport: the same passphrase again: "


def unlocking(passphrase):
    return f"action=unlock\npassphrase={passphrase}\n\n"


def echoes(terminal):
    return bool(termios.tcgetattr(terminal.main)[3] & termios.ECHO)


@pytest.fixture
def askpass(home):
    """Makes an askpass program of a shell's lines; `question` is what it was asked."""
    def make(lines, name="askpass"):
        path = home.folder / name
        path.write_text(f'#!/bin/sh\nprintf "%s\\n" "$1" >> "$HOME/question"\n{lines}\n')
        path.chmod(0o700)
        return str(path)
    make.questions = lambda: (home.folder / "question").read_text().splitlines()
    return make


# The terminal


def test_what_is_typed_is_not_shown(home):
    with ScriptedAgent(home, LOCKED, UNLOCKED) as agent, Terminal(home, "unlock") as terminal:
        terminal.wait_for(QUESTION)
        assert not echoes(terminal)
        terminal.write("correct horse\n")
        assert terminal.finish() == 0
    assert agent.requests == ["action=unlock\n\n", unlocking("correct horse")]
    assert terminal.text == f"{QUESTION}\r\nunlocked; 2 accounts are signed in\r\n"
    assert home.run("unlock", "--help").done()


def test_the_terminal_counts_also_where_the_standard_descriptors_lead_elsewhere(home):
    with ScriptedAgent(home, LOCKED, UNLOCKED, TOKEN) as agent:
        with Terminal(home, "token", "work", shell="{} > out 2> err < /dev/null") as terminal:
            terminal.wait_for(QUESTION)
            terminal.write("secret\n")
            assert terminal.finish() == 0
    assert (home.folder / "out").read_text() == "abc\n"
    assert agent.requests[1] == unlocking("secret")
    assert agent.requests[0] == agent.requests[2]


def test_erasing_and_retyping_count(home):
    with ScriptedAgent(home, LOCKED, UNLOCKED) as agent, Terminal(home, "unlock") as terminal:
        terminal.wait_for(QUESTION)
        terminal.write("wrong\x15right\x7f\x7fht\n")
        assert terminal.finish() == 0
    assert agent.requests[1] == unlocking("right")


@pytest.mark.parametrize("number, key", [
    (signal.SIGINT, "\x03"), (signal.SIGQUIT, "\x1c"), (signal.SIGTERM, None),
    (signal.SIGHUP, None)])
def test_a_signal_leaves_the_terminal_as_it_was(home, number, key):
    with ScriptedAgent(home, LOCKED) as agent, Terminal(home, "unlock") as terminal:
        terminal.wait_for(QUESTION)
        assert not echoes(terminal)
        terminal.write("half a pass")
        terminal.write(key) if key else os.kill(terminal.pid, number)
        assert terminal.finish() == -number
        assert termios.tcgetattr(terminal.main) == terminal.attributes
    assert len(agent.requests) == 1
    assert "half" not in terminal.text and "no passphrase was given" in terminal.text


def test_suspended_and_continued_it_asks_again(home):
    with ScriptedAgent(home, LOCKED, UNLOCKED) as agent:
        # A shell with job control, whose child is the one that is stopped.
        with Terminal(home, "unlock", shell="set -m; {}; echo stopped; fg >/dev/null") as terminal:
            terminal.wait_for(QUESTION)
            terminal.write("half\x1a")
            terminal.wait_for("stopped")
            terminal.wait_for(QUESTION, times=2)
            assert not echoes(terminal)
            terminal.write("whole\n")
            assert terminal.finish() == 0
    assert agent.requests[1] == unlocking("whole")


def test_the_end_of_input_is_a_refusal(home):
    with ScriptedAgent(home, LOCKED), Terminal(home, "unlock") as terminal:
        terminal.wait_for(QUESTION)
        terminal.write("\x04")
        assert terminal.finish() == 4
    assert "sallyport: no passphrase was given" in terminal.text


def test_in_the_background_the_terminal_is_left_alone(home):
    with ScriptedAgent(home, LOCKED) as agent:
        with Terminal(home, "token", shell="set -m; {} & wait $!; echo status $?") as terminal:
            terminal.wait_for("status 6")
            terminal.finish()
    assert len(agent.requests) == 1 and QUESTION not in terminal.text


@pytest.mark.parametrize("typed, fault", [
    ("\n", "the passphrase is empty"),
    ("x" * 1025 + "\n", "the passphrase is longer than 1024 bytes"),
    ("a\x00b\n", "the passphrase holds a NUL byte")], ids=["empty", "too long", "nul"])
def test_what_is_no_passphrase_is_said_and_asked_again(home, typed, fault):
    with ScriptedAgent(home, LOCKED, UNLOCKED) as agent, Terminal(home, "unlock") as terminal:
        terminal.wait_for(QUESTION)
        terminal.write(typed)
        terminal.wait_for(f"{fault}; once more")
        terminal.wait_for(QUESTION, times=2)
        terminal.write("good one\n")
        assert terminal.finish() == 0
    assert agent.requests[1] == unlocking("good one")


def test_after_three_times_nothing_it_gives_up(home):
    with ScriptedAgent(home, LOCKED) as agent, Terminal(home, "unlock") as terminal:
        for times in 1, 2, 3:
            terminal.wait_for(QUESTION, times=times)
            terminal.write("\n")
        assert terminal.finish() == 2
    assert len(agent.requests) == 1


# New passphrases


def test_a_new_passphrase_is_typed_twice(home):
    with ScriptedAgent(home, NO_PASSPHRASE_YET, UNLOCKED) as agent:
        with Terminal(home, "unlock") as terminal:
            for question, answer, times in [
                    (NEW, "first one", 1), (AGAIN, "another", 1), (NEW, "long enough", 2),
                    (AGAIN, "long enough", 2)]:
                terminal.wait_for(question, times=times)
                terminal.write(answer + "\n")
            assert terminal.finish() == 0
    assert agent.requests[1] == unlocking("long enough")
    assert "the two passphrases are not the same; once more" in terminal.text
    assert "warning" not in terminal.text


def test_a_short_one_is_warned_of_and_taken(home):
    with ScriptedAgent(home, NO_PASSPHRASE_YET, UNLOCKED) as agent:
        with Terminal(home, "unlock") as terminal:
            for question in NEW, AGAIN:
                terminal.wait_for(question)
                terminal.write("1234567\n")
            assert terminal.finish() == 0
    assert agent.requests[1] == unlocking("1234567")
    assert "warning: a passphrase of fewer than 8 bytes" in terminal.text


# Wrong ones


def test_a_wrong_passphrase_is_followed_by_two_more_tries(home):
    wrong = block(error="locked", error_description="the passphrase is wrong", needs="passphrase",
                  hint="sallyport unlock")
    with ScriptedAgent(home, LOCKED, wrong, wrong, wrong) as agent:
        with Terminal(home, "unlock") as terminal:
            for times in 1, 2, 3:
                terminal.wait_for(QUESTION, times=times)
                terminal.write(f"try {times}\n")
            assert terminal.finish() == 6
    assert agent.requests[1:] == [unlocking(f"try {times}") for times in (1, 2, 3)]
    assert terminal.text.count("the passphrase is wrong") == 3


# Programs


def test_without_a_terminal_a_program_asks(home, askpass):
    program = askpass("echo 'from a window'")
    with ScriptedAgent(home, LOCKED, UNLOCKED) as agent:
        home.run("unlock", environment={"SALLYPORT_ASKPASS": program}).done()
    assert agent.requests[1] == unlocking("from a window")
    assert askpass.questions() == [QUESTION]


def test_a_program_that_cannot_be_run_is_named(home, askpass):
    broken = home.folder / "broken"
    broken.write_text("#!/nonexistent/sh\n")
    broken.chmod(0o700)
    plain = home.folder / "plain"
    plain.write_text("#!/bin/sh\n")
    plain.chmod(0o600)
    for program, reason in [("/nonexistent/ask", "no such file"), (plain, "permission denied"),
                            ("no-such-program", "not in PATH"), (broken, "no such file"),
                            (askpass("exit 127"), "status 127")]:
        with ScriptedAgent(home, LOCKED) as agent:
            result = home.run("token", environment={"SALLYPORT_ASKPASS": str(program)})
        assert len(agent.requests) == 1 and result.status == 6
        assert f"the program of SALLYPORT_ASKPASS, {program}, cannot be run: " in result.errors
        assert reason in result.errors and "the vault is locked" in result.errors


@pytest.mark.parametrize("environment, asks", [
    ({}, False), ({"DISPLAY": ":9"}, True), ({"WAYLAND_DISPLAY": "w"}, True),
    ({"SSH_ASKPASS_REQUIRE": "force"}, True), ({"SSH_ASKPASS_REQUIRE": "prefer"}, False),
    ({"DISPLAY": ":9", "SSH_ASKPASS_REQUIRE": "prefer"}, True),
    ({"DISPLAY": ":9", "SSH_ASKPASS_REQUIRE": "never"}, False)])
def test_the_program_of_ssh_asks_where_ssh_would_let_it(home, askpass, environment, asks):
    environment = {"SSH_ASKPASS": askpass("echo window"), **environment}
    with ScriptedAgent(home, LOCKED, UNLOCKED, TOKEN) as agent:
        result = home.run("token", "work", environment=environment)
    assert (unlocking("window") in agent.requests) == asks
    if not asks:
        result.failed(6, "the vault is locked")
        assert result.hint == "sallyport unlock"


@pytest.mark.parametrize("ending", ["exit 1", "kill -TERM $$"])
def test_a_window_that_is_closed_is_a_refusal(home, askpass, ending):
    with ScriptedAgent(home, LOCKED) as agent:
        home.run("unlock", environment={"SALLYPORT_ASKPASS": askpass(ending)}).failed(
            4, "no passphrase was given")
    assert len(agent.requests) == 1


@pytest.mark.parametrize("program", ["/nowhere/askpass", "exit 127", "exit 126"])
def test_a_program_that_cannot_run_leaves_it_to_the_next(home, askpass, program):
    broken = program if program.startswith("/") else askpass(program, "broken")
    environment = {"SALLYPORT_ASKPASS": broken, "SSH_ASKPASS": askpass("echo second"),
                   "SSH_ASKPASS_REQUIRE": "force"}
    with ScriptedAgent(home, LOCKED, UNLOCKED) as agent:
        home.run("unlock", environment=environment).done()
    assert agent.requests[1] == unlocking("second")


def test_more_than_one_line_of_a_program_is_refused(home, askpass):
    with ScriptedAgent(home, LOCKED):
        result = home.run("unlock", environment={"SALLYPORT_ASKPASS": askpass("printf 'a\\nb\\n'")})
    assert result.status == 2 and "the passphrase has more than one line" in result.errors
    assert len(askpass.questions()) == 3


def test_a_program_that_prints_without_end_is_cut_off(home, askpass):
    with ScriptedAgent(home, LOCKED):
        result = home.run(
            "unlock", environment={"SALLYPORT_ASKPASS": askpass("yes x | tr -d '\\n'")})
    assert result.status == 2 and "the passphrase is longer than 1024 bytes" in result.errors


# Standard input


@pytest.mark.parametrize("given", ["from a file", "from a file\n", "from a file\r\n"])
def test_standard_input_holds_it_where_that_is_said(home, given):
    with ScriptedAgent(home, LOCKED, UNLOCKED) as agent:
        home.run("unlock", "--passphrase-stdin", input=given).done()
    assert agent.requests[1] == unlocking("from a file")


@pytest.mark.parametrize("given, fault", [
    ("", "is empty"), ("\n", "is empty"), ("a\nb\n", "more than one line"), ("a\n\n", "more than one line"),
    ("x" * 1025, "longer than 1024 bytes"), ("x" * 100_000, "longer than 1024 bytes"), ("a\0b", "NUL")])
def test_standard_input_that_is_no_passphrase_is_refused(home, given, fault):
    with ScriptedAgent(home, LOCKED) as agent:
        home.run("unlock", "--passphrase-stdin", input=given).failed(2, fault)
    assert len(agent.requests) == 1


def test_a_wrong_passphrase_of_standard_input_is_tried_once(home):
    wrong = block(error="locked", error_description="the passphrase is wrong", needs="passphrase")
    with ScriptedAgent(home, LOCKED, wrong) as agent:
        home.run("unlock", "--passphrase-stdin", input="x").failed(6, "the passphrase is wrong")
    assert len(agent.requests) == 2


def test_standard_input_is_no_passphrase_by_itself(home):
    with ScriptedAgent(home, LOCKED) as agent:
        home.run("token", input="secret\n").failed(6, "the vault is locked")
    assert len(agent.requests) == 1


def test_nobody_is_asked_who_is_not_to_be(home, askpass):
    environment = {"SALLYPORT_ASKPASS": askpass("echo x")}
    with ScriptedAgent(home, LOCKED) as agent:
        home.run("unlock", "--no-ask", environment=environment).failed(6, "the vault is locked")
    assert len(agent.requests) == 1
    home.run("unlock", "--no-ask", "--passphrase-stdin").failed(2, "do not go together")


# Other verbs


@pytest.mark.parametrize("words", [
    ["token", "work"], ["refresh", "work"], ["logout", "work"], ["login", "work", "--no-save"],
    ["status", "work", "--userinfo"], ["expose", "work", "--socket", "/tmp/x"]],
    ids=lambda words: words[0])
def test_what_was_asked_is_asked_again_once_it_is_unlocked(home, askpass, words):
    home.configure("work", issuer="https://a.example", client_id="x")
    answers = [LOCKED, UNLOCKED, block(error="failed", error_description="so far so good")]
    with ScriptedAgent(home, *answers) as agent:
        home.run(*words, environment={"SALLYPORT_ASKPASS": askpass("echo x")}).failed(
            1, "so far so good")
    first, unlock, second = agent.requests
    assert first == second and unlock == unlocking("x")


def test_a_repeated_request_is_repeated_once(home, askpass):
    with ScriptedAgent(home, LOCKED, UNLOCKED, LOCKED) as agent:
        home.run("token", environment={"SALLYPORT_ASKPASS": askpass("echo x")}).failed(6, "locked")
    assert len(agent.requests) == 3


def test_locked_without_a_passphrase_to_give_asks_nobody(home, askpass):
    answer = block(error="locked", error_description="the keyring is locked")
    with ScriptedAgent(home, answer) as agent:
        result = home.run("token", environment={"SALLYPORT_ASKPASS": askpass("echo x")})
    assert result.failed(6, "the keyring is locked").hint == "sallyport unlock"
    assert len(agent.requests) == 1


GIT = "protocol=https\nhost=git.example\n\n"


@pytest.mark.parametrize("prompt, asks", [({}, True), ({"GIT_TERMINAL_PROMPT": "0"}, False)])
def test_git_s_helper_asks_where_git_lets_it(home, askpass, prompt, asks):
    environment = {"SALLYPORT_ASKPASS": askpass("echo x"), "DISPLAY": ":9", **prompt}
    with ScriptedAgent(home, LOCKED, UNLOCKED, block(username="u", password="p")) as agent:
        result = home.run("get", input=GIT, environment=environment)
    if asks:
        assert result.done().output == "username=u\npassword=p\n"
        assert agent.requests[0] == agent.requests[2] and unlocking("x") == agent.requests[1]
    else:
        result.failed(6, "the vault is locked")
        assert len(agent.requests) == 1
