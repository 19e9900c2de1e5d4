"""Vault and lock as a person meets them: the commands and an agent together."""

import pytest
from harness.terminal import Terminal
from harness.vault import Vault

UNLOCK = "sallyport: passphrase to unlock: "
NEW = "sallyport: new passphrase for the vault: "
LOCK = "sallyport: passphrase that will unlock again: "
AGAIN = "sallyport: the same passphrase again: "
PASSPHRASE = "correct horse battery"


def end(home):
    home.run("stop").done()


@pytest.fixture
def kept(home, server):
    """Signed in to `work`, whose session is in a vault under PASSPHRASE."""
    home.vault = "passphrase"
    home.configure_for(server)
    home.run("unlock", "--passphrase-stdin", input=PASSPHRASE).done()
    home.sign_in(server)
    return home


def answer(terminal, *exchange):
    """Types each answer when its question is shown."""
    for question, text in exchange:
        terminal.wait_for(question)
        terminal.write(text + "\n")


def test_the_first_sign_in_asks_for_the_passphrase_of_a_new_vault(home, server):
    home.vault = "passphrase"
    home.configure_for(server)
    with Terminal(home, "login", "work", "--no-browser") as terminal:
        answer(terminal, (NEW, PASSPHRASE), (AGAIN, PASSPHRASE))
        server.person(terminal.read_url())
        assert terminal.finish() == 0, terminal.text
    assert Vault(home).header["key_source"] == "passphrase"
    assert PASSPHRASE not in terminal.text
    end(home)
    home.run("token", "work").failed(6, "locked")


def test_after_a_start_the_first_who_needs_it_asks(kept):
    end(kept)
    with Terminal(kept, "token", "work", shell="{} > out") as terminal:
        answer(terminal, (UNLOCK, PASSPHRASE))
        assert terminal.finish() == 0, terminal.text
    assert (kept.folder / "out").read_text() == kept.token() + "\n"


def test_a_wrong_passphrase_is_told_and_the_right_one_taken(kept):
    end(kept)
    with Terminal(kept, "unlock") as terminal:
        answer(terminal, (UNLOCK, "wrong"))
        terminal.wait_for("does not open")
        terminal.wait_for(UNLOCK, times=2)
        terminal.write(PASSPHRASE + "\n")
        assert terminal.finish() == 0, terminal.text
    assert "one account is signed in" in terminal.text
    kept.token()


def test_locked_nobody_gets_anything_and_status_says_so(kept):
    kept.run("lock").done()
    for words in ["token", "work"], ["refresh", "work"], ["logout", "work"]:
        assert kept.run(*words).failed(6, "locked").hint == "sallyport unlock"
    status = kept.run("status").done()
    assert status.output.startswith("work: locked\n")
    assert "the vault is locked: run sallyport unlock\n" in status.errors
    assert kept.run("vault", "status", "--json").json["vault_state"] == "sealed"
    doctor = kept.run("doctor", "work").done().output
    assert "the vault is locked, its key from a passphrase" in doctor
    kept.run("unlock", "--passphrase-stdin", input=PASSPHRASE).done()
    kept.token()


def test_sessions_in_memory_are_locked_under_a_passphrase_of_the_moment(signed_in):
    token = signed_in.token()
    signed_in.run("lock", "--no-ask").failed(6, "passphrase")
    assert signed_in.token() == token
    with Terminal(signed_in, "lock") as terminal:
        answer(terminal, (LOCK, PASSPHRASE), (AGAIN, PASSPHRASE))
        assert terminal.finish() == 0, terminal.text
    assert signed_in.run("vault", "status", "--json").json["vault_state"] == "locked"
    signed_in.run("token", "work").failed(6, "locked")
    with Terminal(signed_in, "token", "work") as terminal:
        answer(terminal, (UNLOCK, PASSPHRASE))
        assert terminal.finish() == 0, terminal.text
    assert token in terminal.text
    assert not Vault(signed_in).path.exists()


def test_a_change_is_in_the_file_and_in_the_configuration(kept):
    token = kept.token()
    kept.run("vault", "change", "command = echo " + "k" * 40).done()
    assert kept.config.read_text().startswith("vault = command = echo kkk")
    assert Vault(kept).header["key_source"] == "command"
    assert kept.run("vault", "status").done().output.startswith("vault: open\n")
    end(kept)
    assert kept.token() == token
    result = kept.run("vault", "change", "memory").done()
    assert not Vault(kept).path.exists() and " now\n" in result.errors
    assert kept.config.read_text().startswith("vault = memory\n")
    assert kept.token() == token
    assert kept.run("doctor", "work").output.count("problem") == 0


def test_the_passphrase_of_a_vault_is_changed_by_itself(kept):
    kept.run("vault", "change", "passphrase", "--passphrase-stdin", input="another one").done()
    end(kept)
    kept.run("unlock", "--passphrase-stdin", input=PASSPHRASE).failed(6, "does not open")
    kept.run("unlock", "--passphrase-stdin", input="another one").done()
    kept.token()


def test_a_lock_in_memory_has_no_file_to_speak_of(signed_in):
    signed_in.run("lock", "--no-ask").failed(6, "a lock needs a passphrase")
    signed_in.run("lock", "--passphrase-stdin", input=PASSPHRASE).done()
    wrong = signed_in.run("unlock", "--passphrase-stdin", input="another one")
    wrong.failed(6, "the passphrase does not unlock the sessions in memory")
    signed_in.run("unlock", "--passphrase-stdin", input=PASSPHRASE).done()
    assert signed_in.token()


def test_sessions_are_taken_to_another_home_and_back(kept):
    token = kept.token()
    kept.run("vault", "export", "out.vault", "--passphrase-stdin", input="for the way").done()
    path = kept.folder / "out.vault"
    assert path.stat().st_mode & 0o777 == 0o600 and token.encode() not in path.read_bytes()
    kept.run("vault", "import", path, "--passphrase-stdin", input="wrong one").failed(
        4, "does not open")
    skipped = kept.run("vault", "import", path, "--passphrase-stdin", input="for the way").done()
    assert "work was left alone" in skipped.errors
    kept.run("logout", "work", "--local").done()
    taken = kept.run("vault", "import", path, "--passphrase-stdin", input="for the way").done()
    assert "work is signed in" in taken.errors
    assert kept.token() == token


def test_without_an_agent_status_starts_none_and_calls_nobody_signed_out(kept):
    end(kept)
    status = kept.run("status").done()
    assert status.output.startswith("work: not known, because the vault is closed\n")
    assert "no agent is running; sallyport unlock starts one and opens the vault" in status.errors
    assert kept.status()["state"] == "closed"
    assert "signed out" not in kept.run("doctor").output
    assert not kept.socket.exists()


def test_a_logout_reaches_a_session_that_only_the_vault_has(kept, server):
    kept.run("vault", "change", "command = echo " + "k" * 40).done()
    end(kept)
    assert "the server has revoked" in kept.run("logout", "work").done().errors
    end(kept)
    kept.run("token", "work").failed(3, "signed in")
