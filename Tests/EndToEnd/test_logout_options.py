"""`logout --all`, `--browser`, `--local`, and `status --userinfo`, as the command line has them."""

import pytest
from harness.agent import ScriptedAgent, block
from harness.waiting import wait_until

END = block(event="end-session", account="work", url="http://127.0.0.1:4711/once")


def done(*lines):
    return block("event=done", *lines)


@pytest.mark.parametrize("words, request_lines", [
    ([], ["action=logout"]), (["work"], ["action=logout", "account=work"]),
    (["--all"], ["action=logout", "all=yes"]),
    (["work", "--all"], ["action=logout", "account=work", "all=yes"]),
    (["work", "--browser"], ["action=logout", "account=work", "browser=yes"]),
    (["work", "--local"], ["action=logout", "account=work", "local=yes"])])
def test_what_is_asked_for(home, words, request_lines):
    with ScriptedAgent(home, done("account[]=work", "revoked[]=work")) as agent:
        result = home.run("logout", *words).done()
    assert agent.request == request_lines and result.output == ""
    assert result.errors == "signed out of work; the server has revoked its tokens\n"


def test_all_does_not_mean_the_account_of_the_environment(home):
    with ScriptedAgent(home, done("account[]=work"), done("account[]=work")) as agent:
        home.run("logout", "--all", environment={"SALLYPORT_ACCOUNT": "work"}).done()
        home.run("logout", environment={"SALLYPORT_ACCOUNT": "work"}).done()
    assert "account=" not in agent.requests[0] and "account=work" in agent.requests[1]


def test_local_and_browser_contradict_each_other(home):
    home.run("logout", "work", "--local", "--browser").failed(2, "choose one")
    assert not home.socket.exists()


@pytest.mark.parametrize("words, status", [
    ([], 0), (["--local"], 0), (["--all"], 1), (["--browser"], 1)])
def test_what_could_not_be_done_is_said(home, words, status):
    answer = done("account[]=work", "deleted[]=other", "warning[]=work: the server said no")
    with ScriptedAgent(home, answer):
        result = home.run("logout", "work", *words)
    assert result.status == status and result.output == ""
    assert result.errors == (
        "signed out of work\nthe server has deleted the client that was registered for other\n"
        "warning: work: the server said no\n")


def test_the_browser_is_started_as_for_a_sign_in(home):
    seen = home.folder / "seen"
    with ScriptedAgent(home, END + done("account[]=work")):
        result = home.run("logout", "work", "--browser", environment={
            "BROWSER": f"""nowhere:sh -c 'echo "$1" > {seen}' x %s"""}).done()
        wait_until(lambda: seen.exists() and seen.read_text(), "the browser")
    assert seen.read_text() == "http://127.0.0.1:4711/once\n"
    assert result.errors.startswith("the browser opens to end the session of work at the server")


def test_without_a_browser_the_address_is_shown(home):
    with ScriptedAgent(home, END + done("account[]=work")):
        result = home.run("logout", "work", "--browser", environment={
            "SSH_CONNECTION": "x"}).done()
    lines = result.errors.splitlines()
    assert lines[:2] == ["to end the session of work at the server, open in a browser",
                         "  http://127.0.0.1:4711/once"]
    assert lines[2].startswith("the browser is on another machine?") and "-L 4711:" in lines[2]


@pytest.mark.parametrize("url", ["javascript:1", "http://a.example/", ""])
def test_an_unfit_address_is_neither_shown_nor_opened(home, url):
    with ScriptedAgent(home, block(event="end-session", account="work", url=url)):
        result = home.run("logout", "work", "--browser").failed(1, "refusing the logout URL")
    assert "javascript" not in result.errors


# status --userinfo

def userinfo(**claims):
    lines = [f"claim.{name}={value}" for name, value in claims.items()]
    return block("event=done", "account=work", "sub=42", *lines, 'userinfo={"sub":"42"}')


STATUS = block(account="work", state="signed-in", username="alice") + block(event="done", pid=1)


def test_claims_are_shown_below_the_account(home):
    with ScriptedAgent(home, userinfo(name="Ada", email="ada@example.com"), STATUS) as agent:
        result = home.run("status", "--userinfo").done()
    assert result.output == (
        "work: signed in as alice\n  userinfo\n    sub    42\n    name   Ada\n"
        "    email  ada@example.com\n")
    assert agent.requests[0] == "action=userinfo\n\n"
    assert agent.requests[1] == "action=status\naccount=work\n\n"


def test_a_claim_does_not_reach_the_terminal_as_it_is(home):
    with ScriptedAgent(home, userinfo(name="A\x1b[2Jda\u202e"), STATUS):
        output = home.run("status", "work", "--userinfo").done().output
    assert "\x1b" not in output and "\u202e" not in output


def test_the_whole_answer_is_in_the_json(home):
    with ScriptedAgent(home, userinfo(), STATUS):
        report = home.run("status", "work", "--userinfo", "--json").done().json
    assert report["accounts"][0]["userinfo"] == {"sub": "42"}


def test_without_an_agent_nobody_is_signed_in(home):
    result = home.run("status", "work", "--userinfo").failed(3, "nobody is signed in")
    assert result.hint == "sallyport login work"
    assert not home.socket.exists()


def test_a_refusal_keeps_its_status(home):
    with ScriptedAgent(home, block(error="access_denied", error_description="the server said no")):
        home.run("status", "work", "--userinfo").failed(4, "the server said no")
