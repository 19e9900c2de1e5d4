"""`lock` and `unlock` as commands: what they send, and what they say."""

import pytest
from harness.agent import ScriptedAgent, block
from harness.terminal import Terminal

DONE = block(event="done")
NEEDS_PASSPHRASE = block(
    error="invalid_request", needs="new-passphrase", hint="sallyport lock",
    error_description="the sessions are in memory only: a lock needs a passphrase")
QUESTION = "sallyport: passphrase that will unlock again: "
AGAIN = "sallyport: the same passphrase again: "


def test_a_lock_asks_for_nothing_where_the_vault_has_a_key(home):
    with ScriptedAgent(home, DONE) as agent:
        result = home.run("lock").done()
    assert agent.request == ["action=lock"]
    assert result.output == "" and result.errors == "locked; sallyport unlock opens it again\n"


def test_sessions_in_memory_are_locked_under_a_passphrase_that_is_typed_twice(home):
    with ScriptedAgent(home, NEEDS_PASSPHRASE, DONE) as agent, Terminal(home, "lock") as terminal:
        terminal.wait_for("the sessions are in memory only")
        for question in QUESTION, AGAIN:
            terminal.wait_for(question)
            terminal.write("correct horse\n")
        assert terminal.finish() == 0
    assert agent.requests == ["action=lock\n\n", "action=lock\npassphrase=correct horse\n\n"]
    assert "correct horse" not in terminal.text


def test_the_passphrase_of_a_lock_can_come_from_standard_input(home):
    with ScriptedAgent(home, NEEDS_PASSPHRASE, DONE) as agent:
        home.run("lock", "--passphrase-stdin", input="from a file\n").done()
    assert agent.requests[1] == "action=lock\npassphrase=from a file\n\n"


def test_without_anybody_to_ask_the_lock_fails(home):
    with ScriptedAgent(home, NEEDS_PASSPHRASE) as agent:
        result = home.run("lock", "--no-ask").failed(6, "a lock needs a passphrase")
    assert result.hint == "sallyport lock --passphrase-stdin < FILE"
    assert len(agent.requests) == 1


def test_to_lock_no_agent_is_started(home):
    result = home.run("lock").done()
    assert result.errors == "no agent is running, so nothing is unlocked\n"
    assert not home.socket.exists()


@pytest.mark.parametrize("accounts, words", [
    (0, "nobody is signed in"), (1, "one account is signed in"), (7, "7 accounts are signed in")])
def test_unlock_says_what_there_is(home, accounts, words):
    with ScriptedAgent(home, block(event="done", accounts=accounts)) as agent:
        result = home.run("unlock").done()
    assert agent.request == ["action=unlock"]
    assert result.output == "" and result.errors == f"unlocked; {words}\n"


def test_what_the_agent_warns_of_is_said(home):
    with ScriptedAgent(home, "event=done\nwarning[]=work: not finished\n\n"):
        assert "warning: work: not finished\n" in home.run("unlock").done().errors


def test_a_keyring_that_does_not_answer_is_told_with_what_helps(home):
    answer = block(error="locked", error_description="the keyring is locked", hint="seahorse")
    with ScriptedAgent(home, answer):
        assert home.run("unlock").failed(6, "the keyring is locked").hint == "seahorse"


@pytest.mark.parametrize("verb", ["lock", "unlock"])
def test_a_passphrase_is_never_an_argument(home, verb):
    home.run(verb, "hunter2").failed(2, "takes no argument")
    home.run(verb, "--passphrase", "hunter2").failed(2, "there is no option")
    home.run(verb, "--passphrase-stdin=hunter2").failed(2, "takes no value")


def test_the_environment_holds_no_passphrase(home):
    locked = block(error="locked", error_description="the vault is locked", needs="passphrase")
    environment = {"SALLYPORT_PASSPHRASE": "x", "PASSPHRASE": "x"}
    with ScriptedAgent(home, locked) as agent:
        home.run("token", environment=environment).failed(6, "the vault is locked")
    assert len(agent.requests) == 1
