"""Where the vault's key comes from, what happens when it does not come; nothing is lost by it."""

import os
import secrets
import signal

import pytest
from harness.asking import write_program
from harness.keyring import Keyring, needs_keyring
from harness.vault import Vault, give_key_file
from harness.waiting import wait_for_end


def end(home):
    pid = home.agent_pid
    os.kill(pid, signal.SIGKILL)
    assert wait_for_end(pid)


def signed_in(home, server, vault):
    home.vault = vault
    home.configure_for(server)
    return home.sign_in(server)


def is_not_kept(home, server):
    """The sign-in works, and says that its session is in memory only, as `status` does."""
    login = home.start_login()
    server.person(login.url)
    result = login.finish().done()
    assert result.errors.count("in memory only") == 1, str(result)
    assert home.token() == "at-2"
    agent = home.report()["agent"]
    assert agent["vault_error"] in result.errors
    assert not Vault(home).path.exists()
    return agent["vault_error"]


def is_locked(home, *words):
    """The session cannot be had now, is not lost, and nobody is told to sign in anew."""
    before = Vault(home).bytes
    complaint = home.run("token", "work").failed(6, *words)
    assert complaint.hint and "login" not in complaint.hint
    assert Vault(home).bytes == before
    return complaint


# The default

MEMORY_SENTENCE = "kept in memory only"


def test_where_nobody_has_chosen_and_no_keyring_answers_it_is_said_once(home, server):
    result = signed_in(home, server, None)
    assert result.errors.count(MEMORY_SENTENCE) == 1, str(result)
    assert "sallyport vault change passphrase" in result.errors
    assert home.report()["agent"]["vault"] == "memory"
    for words in [["token", "work"], ["refresh", "work"], ["status"]]:
        assert MEMORY_SENTENCE not in home.run(*words).done().errors
    assert not Vault(home).path.exists()


def test_who_has_chosen_memory_is_told_nothing(home, server):
    assert MEMORY_SENTENCE not in signed_in(home, server, "memory").errors


def test_a_vault_that_is_chosen_later_is_taken_up_by_the_agent_that_runs(home, server):
    signed_in(home, server, None)
    give_key_file(home)
    home.write_config(f"vault = {home.vault}\n\n{home.config.read_text()}")
    assert MEMORY_SENTENCE not in home.sign_in(server).errors
    end(home)
    assert home.token() == "at-4"


def test_memory_that_was_chosen_leaves_a_vault_alone_and_says_so(home, server):
    give_key_file(home)
    home.configure_for(server)
    home.sign_in(server)
    end(home)
    before = Vault(home).bytes
    text = home.config.read_text()
    home.write_config(text.replace(home.vault, "memory"))
    home.sign_in(server)
    end(home)
    home.run("token", "work").failed(3)
    assert Vault(home).bytes == before
    assert str(Vault(home).path) in home.run("status").done().output + str(home.report())
    end(home)
    home.write_config(text)
    assert home.token() == "at-2"


def test_a_vault_is_opened_by_its_own_source_and_the_difference_is_said(
        home, server, credential):
    signed_in(home, server, "credential")
    end(home)
    home.write_config(home.config.read_text().replace("vault = credential", "vault = passphrase"))
    assert home.token() == "at-2"
    status = home.run("status").done()
    assert "sallyport vault change passphrase" in status.output + status.errors, str(status)
    assert Vault(home).header["key_source"] == "credential"


# A keyring

@pytest.fixture
def keyring(home):
    keyring = Keyring(home)
    keyring.start()
    yield keyring
    keyring.close()


@needs_keyring
@pytest.mark.parametrize("vault", [None, "secret-service"])
def test_a_keyring_keeps_the_key(home, server, keyring, vault):
    result = signed_in(home, server, vault)
    assert MEMORY_SENTENCE not in result.errors
    assert Vault(home).header["key_source"] == "secret-service"
    end(home)
    assert home.token() == "at-2"
    home.run("refresh", "work").done()
    end(home)
    assert home.token() == "at-3"
    # Under the vault's identifier, and of no use without the file.
    found = keyring.tool(
        "lookup", "application", "sallyport", "vault", Vault(home).header["vault"])
    assert len(bytes.fromhex(found.stdout.decode().strip())) == 32
    for path in Vault(home).folder.iterdir():
        assert found.stdout.strip() not in path.read_bytes()


@needs_keyring
def test_without_its_keyring_a_vault_is_locked_and_with_it_it_is_not(home, server, keyring):
    signed_in(home, server, None)
    end(home)
    keyring.stop()
    is_locked(home)
    assert home.report()["agent"]["vault_state"] == "sealed"
    assert home.status()["state"] == "locked"
    home.run("unlock").failed(6)
    keyring.start()
    home.run("unlock").done()
    assert home.token() == "at-2"


@needs_keyring
def test_a_keyring_that_has_lost_the_key_costs_the_file_nothing(home, server, keyring):
    signed_in(home, server, None)
    end(home)
    keyring.tool("clear", "application", "sallyport")
    is_locked(home)


@needs_keyring
def test_a_keyring_that_was_chosen_and_is_away_is_never_replaced(home, server, keyring):
    keyring.stop()
    home.vault = "secret-service"
    home.configure_for(server)
    assert "keyring" in is_not_kept(home, server)
    # Once it is there the session is kept.
    keyring.start()
    home.run("refresh", "work").done()
    end(home)
    assert home.token() == "at-3"


def test_a_chosen_keyring_without_a_bus_is_never_replaced(home, server):
    home.vault = "secret-service"
    home.configure_for(server)
    assert "secret service" in is_not_kept(home, server)


# A command

@pytest.fixture
def command(home):
    """A script that prints the key; what it is asked is written down."""
    key = home.root / "key"
    key.write_text(secrets.token_hex(32) + "\n")
    script = write_program(home.root / "give-key", f"#!/bin/sh\necho run >> {home.root}/runs\n"
                                                   f"cat {key}\n")
    home.vault = f"command = {script}"
    return script, key


def test_a_command_gives_the_key_once_an_agent(home, server, command):
    signed_in(home, server, home.vault)
    runs = home.root / "runs"
    first = len(runs.read_text().splitlines())
    for _ in range(3):
        home.run("refresh", "work").done()
    assert len(runs.read_text().splitlines()) == first
    end(home)
    assert home.token() == "at-5"
    assert len(runs.read_text().splitlines()) == first + 1


COMMANDS = {
    "fails": "#!/bin/sh\necho no-such-secret-7f3a; exit 3\n",
    "is silent": "#!/bin/sh\nexit 0\n",
    "says an empty line": "#!/bin/sh\necho\n",
    "is killed": "#!/bin/sh\nkill -9 $$\n",
    "never ends its line": "#!/bin/sh\nexec cat /dev/zero\n",
    "says another key": "#!/bin/sh\necho no-such-secret-7f3a-but-long-enough-for-a-key\n",
}


@pytest.mark.parametrize("text", COMMANDS.values(), ids=COMMANDS)
def test_a_command_without_the_right_key_locks_and_loses_nothing(home, server, command, text):
    script, _ = command
    signed_in(home, server, home.vault)
    end(home)
    honest = script.read_text()
    write_program(script, text)
    complaint = is_locked(home)
    assert "no-such-secret" not in str(complaint) + str(home.report())
    home.run("login", "work", "--no-browser").failed(6)
    write_program(script, honest)
    home.run("unlock").done()
    assert home.token() == "at-2"


def test_a_command_that_is_not_there_at_the_first_sign_in_keeps_nobody_in_the_dark(home, server):
    home.vault = f"command = {home.root}/not-there"
    home.configure_for(server)
    assert "command" in is_not_kept(home, server)


# A credential of systemd

def write_secret(path, data):
    path.write_bytes(data)
    path.chmod(0o400)


@pytest.fixture
def credential(home):
    folder = home.root / "credentials"
    folder.mkdir(mode=0o700)
    path = folder / "sallyport-vault"
    write_secret(path, secrets.token_bytes(48))
    home.environment["CREDENTIALS_DIRECTORY"] = str(folder)
    home.vault = "credential"
    return path


def test_a_credential_gives_the_key(home, server, credential):
    signed_in(home, server, "credential")
    assert Vault(home).header["key_source"] == "credential"
    end(home)
    assert home.token() == "at-2"


@pytest.mark.parametrize("how", ["no folder", "no file", "empty", "another"])
def test_without_the_right_credential_the_vault_is_locked(home, server, credential, how):
    signed_in(home, server, "credential")
    end(home)
    data = credential.read_bytes()
    environment = dict(home.environment)
    if how == "no folder":
        del home.environment["CREDENTIALS_DIRECTORY"]
    else:
        credential.unlink()
    if how in ("empty", "another"):
        write_secret(credential, b"" if how == "empty" else secrets.token_bytes(48))
    is_locked(home)
    end(home)
    home.environment.update(environment)
    credential.unlink(missing_ok=True)
    write_secret(credential, data)
    assert home.token() == "at-2"


def test_a_credential_that_is_not_there_makes_no_vault(home, server):
    home.vault = "credential"
    home.configure_for(server)
    assert "credential" in is_not_kept(home, server)


# A passphrase

PASSPHRASE = "correct horse battery staple"


@pytest.fixture
def asked(home):
    """An askpass that gives what its file holds, and writes down each question."""
    answer = home.root / "answer"
    answer.write_text(PASSPHRASE + "\n")
    script = write_program(
        home.root / "askpass",
        f"#!/bin/sh\nprintf '%s\\n' \"$1\" >> {home.root}/questions\ncat {answer}\n")
    home.environment["SALLYPORT_ASKPASS"] = str(script)
    home.vault = "passphrase"
    return answer


def questions(home):
    path = home.root / "questions"
    return path.read_text().splitlines() if path.exists() else []


def test_a_passphrase_is_asked_once_an_agent(home, server, asked):
    signed_in(home, server, "passphrase")
    header = Vault(home).header
    assert header["key_source"] == "passphrase" and int(header["scrypt_n"]) >= 1 << 17
    first = len(questions(home))
    assert first > 0
    for _ in range(3):
        home.run("refresh", "work").done()
        home.token()
    assert len(questions(home)) == first
    end(home)
    assert home.token() == "at-5"
    assert home.token() == "at-5"
    assert len(questions(home)) == first + 1
    assert PASSPHRASE not in "".join(questions(home))


def test_a_wrong_passphrase_is_refused_held_longer_each_time_and_costs_nothing(
        home, server, asked):
    signed_in(home, server, "passphrase")
    end(home)
    before = Vault(home).bytes
    home.run("agent").done()
    for _ in range(2):
        answer = home.ask(action="unlock", passphrase="wrong")
        assert (answer["error"], answer["needs"]) == ("locked", "passphrase"), answer
        assert "wrong" not in answer["error_description"]
    assert home.ask(action="token", account="work")["error"] == "locked"
    # One attempt at a time, so that nobody guesses beside the delay.
    with home.connect() as first, home.connect() as second:
        first.send(action="unlock", passphrase="wrong again")
        refused = second.ask(action="unlock", passphrase=PASSPHRASE)
        assert refused["error"] == "temporarily_unavailable", refused
        assert first.block()["error"] == "locked"
    assert Vault(home).bytes == before
    assert home.ask(action="unlock", passphrase=PASSPHRASE)["event"] == "done"
    assert home.token() == "at-2"


def test_nobody_waits_for_a_passphrase_where_nobody_can_be_asked(home, server, asked):
    signed_in(home, server, "passphrase")
    end(home)
    del home.environment["SALLYPORT_ASKPASS"]
    is_locked(home)
    assert home.status()["state"] == "locked"
