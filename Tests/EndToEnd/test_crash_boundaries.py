"""An agent that is killed between two steps of a refresh: which pair of tokens the next one has."""

import os
import signal

import pytest
from harness.crash import is_readable, kill, kill_with_couriers, sign_in_durably
from harness.home import children
from harness.rotation import Gate
from harness.server import Answer
from harness.stages import Stages
from harness.vault import Vault
from harness.waiting import PATIENCE, wait_for_end, wait_until


@pytest.fixture
def stages(home):
    return Stages(home)


@pytest.fixture
def staged(stages, durable):
    """Signed in, with couriers that can be held."""
    return durable


def pair_is_new(home, former):
    """The next start has what the server gave, and the refresh token that goes with it."""
    assert home.token() == home.family.access_token != former
    assert "warning" not in home.status()
    home.run("refresh", "work").done()
    assert home.token() == home.family.access_token
    assert not home.family.is_revoked


def test_killed_before_the_beginning_is_on_the_disk_nothing_was_sent(staged, stages, families):
    former = staged.token()
    records = Vault(staged).kinds()
    stages.hold("seal refresh-started")
    refresh = staged.start("refresh", "work")
    stages.wait_for("seal refresh-started")
    kill(staged.agent_pid)
    stages.release("seal refresh-started")
    assert refresh.wait(PATIENCE) == 5
    assert Vault(staged).kinds() == records and staged.family.events == []
    assert staged.token() == former
    assert "warning" not in staged.status()
    staged.run("refresh", "work").done()


def test_killed_before_the_server_is_asked_nobody_asks_it(staged, stages):
    former = staged.token()
    stages.hold("refresh")
    staged.start("refresh", "work")
    stages.wait_for("refresh")
    assert Vault(staged).kinds()[-1] == "refresh-started"
    kill(staged.agent_pid)
    stages.release("refresh")
    assert staged.token() == former and staged.family.events == []
    # It cannot know that, and says so.
    assert "was interrupted" in staged.status()["warning"]
    staged.run("refresh", "work").done()
    assert staged.token() == staged.family.access_token != former
    assert "warning" not in staged.status()


@pytest.mark.parametrize("place", ["rotation", "answer"])
def test_killed_while_the_server_works_the_courier_writes_down_the_answer(
        durable, families, place):
    former = durable.token()
    gate = families.hold(durable.family, before=place)
    durable.start("refresh", "work")
    wait_until(lambda: gate.waiting, "the server")
    families.let_pass(durable.family)
    kill(durable.agent_pid)
    assert Vault(durable).kinds()[-1] == "refresh-started"
    # The next agent begins before there is an answer, and waits for it.
    token = durable.start("token", "work")
    gate.open()
    assert token.communicate(timeout=PATIENCE) == (durable.family.access_token + "\n", "")
    assert "answer" in Vault(durable).kinds()
    pair_is_new(durable, former)


def test_nobody_is_answered_before_the_new_session_is_on_the_disk(staged, stages):
    stages.hold("seal session")
    with staged.connect() as agent:
        agent.send(action="refresh", account="work")
        stages.wait_for("seal session")
        assert not is_readable(agent)
        assert Vault(staged).kinds()[-1] == "refresh-started"
        stages.release("seal session")
        assert "error" not in agent.block()
        assert Vault(staged).kinds()[-1] == "session"


def test_killed_before_the_new_session_is_sealed_the_courier_writes_down_the_answer(
        staged, stages):
    former = staged.token()
    stages.hold("seal session")
    refresh = staged.start("refresh", "work")
    stages.wait_for("seal session")
    kill(staged.agent_pid)
    stages.release("seal session")
    assert refresh.wait(PATIENCE) == 5
    pair_is_new(staged, former)


def test_killed_at_once_after_the_answer_the_new_pair_is_there(durable):
    former = durable.token()
    with durable.connect() as agent:
        pid = durable.agent_pid
        assert "error" not in agent.ask(action="refresh", account="work")
        kill(pid)
    pair_is_new(durable, former)


def test_killed_while_the_vault_is_opened_it_is_as_it_was(staged, stages):
    token = staged.token()
    staged.run("stop").done()
    before = Vault(staged).bytes
    for _ in range(3):
        stages.hold("unseal")
        asking = staged.start("token", "work")
        stages.wait_for("unseal")
        kill(staged.agent_pid)
        stages.release("unseal")
        assert asking.wait(PATIENCE) == 5
    assert Vault(staged).bytes == before
    assert staged.token() == token


def test_killed_with_its_courier_before_the_token_was_used_the_old_pair_stays(durable, families):
    former = durable.token()
    gate = families.hold(durable.family, before="rotation")
    durable.start("refresh", "work")
    wait_until(lambda: gate.waiting, "the server")
    kill_with_couriers(durable.agent_pid)
    gate.break_off()
    families.let_pass(durable.family)
    assert durable.token() == former
    # It cannot know what the server has done, and says so.
    assert "was interrupted" in durable.status()["warning"]
    durable.run("refresh", "work").done()
    assert durable.token() == durable.family.access_token != former
    assert "warning" not in durable.status()


def test_killed_with_its_courier_after_the_token_was_used_it_says_so(durable, families):
    former = durable.token()
    gate = families.hold(durable.family, before="answer")
    durable.start("refresh", "work")
    wait_until(lambda: gate.waiting, "the server")
    kill_with_couriers(durable.agent_pid)
    gate.open()
    families.let_pass(durable.family)
    # What can be had without the server still is; what it lost is said before it is tried.
    assert durable.token() == former
    assert "was interrupted" in durable.status()["warning"]
    assert durable.run("refresh", "work").failed(3, "has ended").hint == "sallyport login work"
    durable.sign_in(families)
    assert "warning" not in durable.status()


def test_a_courier_killed_alone_leaves_an_agent_that_says_so(durable, families):
    former = durable.token()
    gate = families.hold(durable.family, before="rotation")
    refresh = durable.start("refresh", "work")
    wait_until(lambda: gate.waiting, "the server")
    [courier] = children(durable.agent_pid)
    os.kill(courier, signal.SIGKILL)
    assert refresh.wait(PATIENCE) == 1
    gate.break_off()
    families.let_pass(durable.family)
    assert durable.token() == former
    kill(durable.agent_pid)
    assert durable.token() == former
    durable.run("refresh", "work").done()


@pytest.mark.parametrize("how", ["stop", signal.SIGTERM])
@pytest.mark.parametrize("place", ["rotation", "answer"])
def test_an_agent_that_is_told_to_end_during_a_refresh_loses_nothing(
        durable, families, place, how):
    former = durable.token()
    pid = durable.agent_pid
    gate = families.hold(durable.family, before=place)
    durable.start("refresh", "work")
    wait_until(lambda: gate.waiting, "the server")
    families.let_pass(durable.family)
    if how == "stop":
        stop = durable.start("stop")
    else:
        os.kill(pid, how)
    gate.open()
    if how == "stop":
        assert stop.wait(PATIENCE) == 0
    assert wait_for_end(pid)
    pair_is_new(durable, former)


# What the courier writes down is not always a new pair

def held_at_the_server(home, families, *words):
    """A refresh that waits at the server, whose agent is killed."""
    gate = families.hold(home.family, before="rotation")
    home.start(*(words or ["refresh", "work"]))
    wait_until(lambda: gate.waiting, "the server")
    families.let_pass(home.family)
    kill(home.agent_pid)
    return gate


def test_a_refusal_that_comes_after_the_kill_ends_the_session(durable, families):
    gate = held_at_the_server(durable, families)
    durable.family.is_revoked = True
    gate.open()
    durable.run("token", "work").failed(3, "has ended")
    kill(durable.agent_pid)
    durable.run("token", "work").failed(3)
    assert "rt-" not in str(durable.status())


def test_a_failure_that_comes_after_the_kill_keeps_the_old_pair(durable, families):
    former, gate, honest = durable.token(), Gate(), families.token

    def fail(request):
        gate.pass_through()
        return Answer(503)
    families.token = fail
    durable.start("refresh", "work")
    wait_until(lambda: gate.waiting, "the server")
    kill(durable.agent_pid)
    gate.open()
    families.token = honest
    assert durable.token() == former
    # The server has answered, and has not taken the token: nothing is in doubt.
    assert "was interrupted" not in durable.status().get("warning", "")
    durable.run("refresh", "work").done()
    assert durable.token() == durable.family.access_token


def test_a_narrower_token_that_comes_after_the_kill_costs_no_refresh_token(durable, families):
    former = durable.token()
    gate = held_at_the_server(durable, families, "token", "work", "--scope", "openid")
    gate.open()
    # The session's own token stays; the refresh token is the one that came with the narrower.
    assert durable.token() == former
    durable.run("refresh", "work").done()
    assert durable.token() == durable.family.access_token != former
    assert not durable.family.is_revoked


def test_a_sign_in_that_was_answered_is_durable(home, families):
    sign_in_durably(home, families)
    kill(home.agent_pid)
    assert home.token() == home.family.access_token


def test_a_logout_that_was_answered_is_durable(durable):
    durable.run("logout", "work").done()
    kill(durable.agent_pid)
    durable.run("token", "work").failed(3)
    assert durable.status()["state"] == "signed-out"
