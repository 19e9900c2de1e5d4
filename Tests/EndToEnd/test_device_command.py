"""`login --device`: what is shown where, and the picture for a phone's camera."""

import re

import pytest
from harness.agent import SIGNED_IN, ScriptedAgent, block
from harness.terminal import Terminal

ADDRESS = "https://a.example/device"
DEVICE = block(event="device", user_code="BCDF-GHJK", verification_uri=ADDRESS, expires_in=600)
COMPLETE = block(event="device", user_code="BCDF-GHJK", verification_uri=ADDRESS,
                 verification_uri_complete=ADDRESS + "?user_code=BCDF-GHJK", expires_in=600)

# Says what it was called with and what it read; its own word stands where the picture would.
QRENCODE = '#!/bin/sh\necho "$@" > "$HOME/arguments"\ncat > "$HOME/input"\necho PICTURE\n'


def install_qrencode(home, text=QRENCODE):
    path = home.root / "bin" / "qrencode"
    path.write_text(text)
    path.chmod(0o755)
    # No other one is to be found.
    home.environment["PATH"] = f"{path.parent}:{home.programs}:/bin"
    return path


def test_standard_output_stays_empty_and_the_rest_says_what_to_do(home):
    with ScriptedAgent(home, DEVICE + SIGNED_IN) as agent:
        result = home.run("login", "work", "--device").done()
    assert result.output == ""
    lines = result.errors.splitlines()
    assert lines[:5] == [
        "to sign in to work, open on any device with a browser, such as a phone,", f"  {ADDRESS}",
        "and enter this code there:", "  BCDF-GHJK", "waiting for 10 min; Ctrl-C cancels"]
    assert agent.request == ["action=login", "account=work", "device=yes", "browser=no"]


def test_no_browser_is_started(home):
    mark = home.folder / "started"
    with ScriptedAgent(home, COMPLETE + SIGNED_IN):
        home.run("login", "work", "--device", environment={
            "BROWSER": f"touch {mark}", "DISPLAY": ":0"}).done()
    assert not mark.exists()


@pytest.mark.parametrize("event, line", [
    (DEVICE, ADDRESS), (COMPLETE, ADDRESS + "?user_code=BCDF-GHJK")], ids=["plain", "complete"])
def test_no_browser_prints_the_best_address_alone(home, event, line):
    with ScriptedAgent(home, event + SIGNED_IN):
        result = home.run("login", "work", "--device", "--no-browser").done()
    assert result.line == line
    assert "  BCDF-GHJK\n" in result.errors


def test_an_address_with_the_code_in_it_is_shown_with_a_warning_to_compare(home):
    with ScriptedAgent(home, COMPLETE + SIGNED_IN):
        errors = home.run("login", "work", "--device").done().errors
    assert f"see that the page shows the same\n  {ADDRESS}?user_code=BCDF-GHJK\n" in errors


@pytest.mark.parametrize("changes", [
    {"verification_uri": "javascript:alert(1)"}, {"verification_uri": "http://a.example/"},
    {"verification_uri": "https://u@a.example/"}, {"user_code": "a\x1b[31mb"}, {"user_code": ""},
    {"user_code": "x" * 65}], ids=str)
def test_what_is_no_good_to_a_person_is_refused(home, changes):
    facts = {"event": "device", "user_code": "X", "verification_uri": ADDRESS, **changes}
    with ScriptedAgent(home, block(**facts)):
        result = home.run("login", "work", "--device").failed(1, "refusing")
    assert "\x1b" not in result.errors and "javascript" not in result.errors


def test_the_picture_is_drawn_where_there_is_a_terminal(home):
    install_qrencode(home)
    with ScriptedAgent(home, COMPLETE + SIGNED_IN):
        with Terminal(home, "login", "work", "--device") as terminal:
            terminal.wait_for("signed in to work")
            assert terminal.finish() == 0
    assert "PICTURE" in terminal.text
    assert (home.folder / "input").read_text() == ADDRESS + "?user_code=BCDF-GHJK"
    arguments = (home.folder / "arguments").read_text()
    assert arguments == "-t ANSIUTF8 -l L -m 2 -o -\n"


def test_without_a_utf_8_locale_the_picture_is_drawn_with_spaces(home):
    install_qrencode(home)
    with ScriptedAgent(home, DEVICE + SIGNED_IN):
        with Terminal(home, "login", "work", "--device", environment={"LC_ALL": "C"}) as terminal:
            assert terminal.finish() == 0
    assert (home.folder / "arguments").read_text().startswith("-t ANSI -l")


def test_no_picture_where_nobody_would_see_it(home):
    install_qrencode(home)
    with ScriptedAgent(home, COMPLETE + SIGNED_IN, COMPLETE + SIGNED_IN):
        assert "PICTURE" not in home.run("login", "work", "--device").done().errors
        with Terminal(home, "login", "work", "--device",
                      environment={"TERM": "dumb"}) as terminal:
            assert terminal.finish() == 0
    assert "PICTURE" not in terminal.text and not (home.folder / "input").exists()


@pytest.mark.parametrize("script", [
    "#!/bin/sh\necho PICTURE\nexit 1\n", "#!/bin/sh\nexit 0\n", "#!/nonsense\n",
    "#!/bin/sh\nprintf 'PICTURE\\377'\n", "#!/bin/sh\nexec head -c 200000 /dev/zero\n"],
    ids=["status 1", "nothing", "no program", "no text", "too long"])
def test_a_qrencode_that_fails_changes_nothing(home, script):
    install_qrencode(home, script)
    with ScriptedAgent(home, DEVICE + SIGNED_IN):
        with Terminal(home, "login", "work", "--device") as terminal:
            assert terminal.finish() == 0
    assert "PICTURE" not in terminal.text and "BCDF-GHJK" in terminal.text


def test_a_long_address_is_shown_and_not_drawn(home):
    install_qrencode(home)
    long = block(event="device", user_code="X", verification_uri=ADDRESS,
                 verification_uri_complete=ADDRESS + "?" + "x" * 300)
    with ScriptedAgent(home, long + SIGNED_IN):
        with Terminal(home, "login", "work", "--device") as terminal:
            assert terminal.finish() == 0
    assert "x" * 300 in terminal.text.replace("\r\n", "") and "PICTURE" not in terminal.text


def test_a_second_one_is_told_that_a_sign_in_goes_on(home):
    joined = block("joined=yes", event="device", user_code="X", verification_uri=ADDRESS)
    with ScriptedAgent(home, joined + SIGNED_IN):
        errors = home.run("login", "work", "--device").done().errors
    assert errors.startswith("a sign-in to work is going on already")


def test_ctrl_c_cancels(home):
    with ScriptedAgent(home, DEVICE + block(event="waiting", message="still waiting")) as agent:
        with Terminal(home, "login", "work", "--device") as terminal:
            terminal.wait_for("waiting for")
            terminal.write("\x03")
            terminal.finish()
    assert "sallyport: " in terminal.text and agent.requests


def test_a_whole_sign_in_at_the_practice_server(home, practices):
    practice = practices()
    practice.configure(home)
    process = home.start("login", "work", "--device", "--timeout", 60)
    shown = ""
    for line in process.stderr:
        shown += line
        if line.startswith("waiting"):
            break
    code = re.search(r"^and enter this code there:\n  (\S+)$", shown, re.MULTILINE)[1]
    home.run("browse", "--user", "carol", "--user-code", code, practice.issuer + "/device",
             program="sallyport-practice").done()
    rest = process.stderr.read()
    assert process.wait(60) == 0 and process.stdout.read() == ""
    assert "signed in to work as carol" in rest
    assert home.token()
