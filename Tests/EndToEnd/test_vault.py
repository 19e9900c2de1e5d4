"""Sessions that are kept: what the next agent has of them, and what the file shows to others."""

import base64
import fcntl
import os
import signal
import stat

import pytest
from harness.vault import Vault, give_key_file
from harness.waiting import wait_for_end, wait_until


@pytest.fixture
def keeping(home):
    """A home that keeps its sessions under a key from a command."""
    give_key_file(home)
    return home


@pytest.fixture
def kept(keeping, server):
    keeping.configure_for(server)
    keeping.sign_in(server)
    return keeping


def end(home, how="kill"):
    """Ends the agent; the next command starts another."""
    pid = home.agent_pid
    if how == "stop":
        home.run("stop").done()
    else:
        os.kill(pid, signal.SIGKILL)
    assert wait_for_end(pid)


def refreshes(server):
    return [request for request in server.token_requests
            if request.form["grant_type"] == "refresh_token"]


def mode(path):
    return stat.S_IMODE(os.lstat(path).st_mode)


# What outlives the agent

@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_session_is_as_it_was_after_a_restart(kept, server, how):
    before = kept.status()
    asked = len(server.requests)
    end(kept, how)
    assert kept.token() == "at-2"
    after = kept.status()
    for name in ["state", "scope", "username", "issuer", "client_id", "token_type", "sub"]:
        assert after.get(name) == before.get(name), name
    assert 3500 < after["expires_in"] <= before["expires_in"]
    assert len(server.requests) == asked
    kept.run("refresh", "work").done()
    assert refreshes(server)[-1].form["refresh_token"] == "rt-2"
    end(kept, how)
    assert kept.token() == "at-3"


def test_the_id_token_is_kept(kept, server):
    token = kept.token("work", "--format", "id-token")
    end(kept)
    assert kept.token("work", "--format", "id-token") == token


def test_a_refreshed_id_token_is_still_held_against_the_first(kept, server):
    """OpenID Connect Core 1.0 section 12.2: the person is the same."""
    end(kept)
    server.claims = {"sub": "user-2"}
    assert kept.run("refresh", "work").status == 1
    server.claims = {}
    kept.run("refresh", "work").done()


def test_an_expired_token_is_expired_afterwards(keeping, server):
    keeping.configure_for(server)
    server.expires_in = 0
    keeping.sign_in(server)
    server.expires_in = 3600
    end(keeping)
    assert keeping.token() == "at-3" and len(refreshes(server)) == 1


def test_each_account_is_kept_for_itself(keeping, server):
    names = [f"account-{number}" for number in range(12)]
    for name in names:
        keeping.configure_bare(server, name)
        keeping.sign_in(server, name)
    tokens = {name: keeping.token(name) for name in names}
    keeping.run("logout", names[3]).done()
    keeping.run("refresh", names[4]).done()
    tokens[names[4]] = keeping.token(names[4])
    end(keeping)
    for name in names:
        if name == names[3]:
            keeping.run("token", name).failed(3)
        else:
            assert keeping.token(name) == tokens[name]


def test_a_new_sign_in_takes_the_old_ones_place(kept, server):
    kept.sign_in(server)
    token = kept.token()
    end(kept)
    assert kept.token() == token == "at-4"


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_logout_is_kept_too(kept, server, how):
    kept.run("logout", "work").done()
    end(kept, how)
    kept.run("token", "work").failed(3)
    assert kept.status()["state"] == "signed-out"
    assert Vault(kept).kinds()[-1] == "removal"


def test_a_session_that_the_server_has_ended_is_gone(kept, server):
    server.sessions.clear()
    kept.run("refresh", "work").failed(3)
    end(kept)
    kept.run("token", "work").failed(3)
    assert Vault(kept).kinds()[-1] == "removal"


def test_a_session_without_a_refresh_token_is_kept(keeping, server):
    keeping.configure_for(server)
    server.gives_refresh_token = False
    keeping.sign_in(server)
    end(keeping)
    assert keeping.token() == "at-2"
    keeping.run("refresh", "work").failed(3, "no refresh token")


def test_a_sign_in_with_options_alone_is_refreshed_where_it_was_made(keeping, server, servers):
    """The session has the settings of its sign-in, whatever the configuration says by now."""
    keeping.write_config(f"vault = {keeping.vault}\n")
    login = keeping.start_login(
        "new", "--issuer", server.issuer, "--client-id", "client-7", "--scope", "openid",
        "--redirect-uri", keeping.redirect_uri)
    server.person(login.url)
    login.finish().done()
    end(keeping)
    keeping.run("refresh", "new").done()
    assert refreshes(server)[-1].form["client_id"] == "client-7"


def test_another_server_in_the_configuration_is_noticed_afterwards(kept, servers, server):
    other = servers()
    text = kept.config.read_text()
    end(kept)
    kept.write_config(text.replace(server.issuer, other.issuer))
    kept.run("token", "work").failed(3, "issuer")
    kept.write_config(text)
    assert kept.token() == "at-2"


def test_a_key_the_tokens_are_bound_to_is_kept(keeping, practices):
    practice = practices("--resource")
    practice.configure(keeping, dpop_bound_access_tokens="yes")
    practice.sign_in(keeping)
    words = ["token", "work", "--format", "header", "--method", "GET",
             "--url", practice["resource"]]
    former = keeping.run(*words).done().output.splitlines()[0]
    end(keeping)
    lines = keeping.run(*words).done().output.splitlines()
    assert lines[0] == former and lines[1].startswith("DPoP: ")
    # The server takes the refresh token with a proof of the same key only.
    keeping.run("refresh", "work").done()


def test_a_registration_outlives_the_session_and_the_agent(keeping, practice):
    keeping.configure("work", issuer=practice.issuer, scope="openid offline_access",
                      redirect_uri=keeping.redirect_uri)
    practice.sign_in(keeping)
    client = keeping.status()["client_id"]
    end(keeping)
    keeping.run("refresh", "work").done()
    keeping.run("logout", "work").done()
    end(keeping)
    practice.sign_in(keeping)
    assert keeping.status()["client_id"] == client
    assert len(practice.forms("/register") or [
        one for one in practice.requests if one["path"] == "/register"]) == 1
    keeping.run("logout", "work", "--all").done()
    end(keeping)
    deletions = [one for one in practice.requests if one["method"] == "DELETE"]
    assert len(deletions) == 1
    practice.sign_in(keeping)
    assert keeping.status()["client_id"] != client


def test_narrower_tokens_are_not_kept(keeping, practices):
    practice = practices("--resource")
    practice.configure(keeping)
    practice.sign_in(keeping)
    narrow = keeping.token("work", "--scope", "read")
    whole = keeping.token()
    assert keeping.status()["narrowed"] == 1
    end(keeping)
    assert keeping.token() == whole
    assert keeping.status().get("narrowed", 0) == 0
    assert keeping.token("work", "--scope", "read") != narrow


def test_sigusr1_forgets_what_is_in_memory_and_nothing_else(kept):
    before = Vault(kept).bytes
    os.kill(kept.agent_pid, signal.SIGUSR1)
    wait_until(lambda: kept.run("token", "work").status == 6, "everything to be forgotten")
    assert kept.run("token", "work").failed(6).hint == "sallyport unlock"
    assert Vault(kept).bytes == before
    kept.run("unlock").done()
    assert kept.token() == "at-2"


def test_with_memory_nothing_is_on_the_disk(signed_in):
    end(signed_in, "stop")
    assert not Vault(signed_in).path.exists() and not Vault(signed_in).lock.exists()
    signed_in.run("token", "work").failed(3)
    agent = signed_in.report()["agent"]
    assert agent["vault"] == "memory" and "vault_error" not in agent


# The file

@pytest.mark.parametrize("umask", [0o000, 0o077, 0o777])
def test_folder_and_files_are_private_whatever_the_umask(keeping, server, umask):
    keeping.configure_for(server)
    keeping.run("agent", umask=umask).done()
    keeping.sign_in(server)
    vault = Vault(keeping)
    assert mode(vault.folder) == 0o700
    assert mode(vault.path) == 0o600 and mode(vault.lock) == 0o600
    assert vault.others() == ["vault", "vault.lock"]


def test_the_state_folder_is_where_the_environment_says(keeping, server):
    folder = keeping.root / "state"
    folder.mkdir(mode=0o700)
    keeping.environment["XDG_STATE_HOME"] = str(folder)
    keeping.configure_for(server)
    keeping.sign_in(server)
    assert (folder / "sallyport" / "vault").exists() and not Vault(keeping).path.exists()
    assert keeping.report()["agent"]["vault_path"] == str(folder / "sallyport" / "vault")


def test_a_refresh_adds_little_and_changes_nothing_before_it(kept):
    vault = Vault(kept)
    for _ in range(5):
        before = vault.bytes
        kept.run("refresh", "work").done()
        after = vault.bytes
        assert after.startswith(before) and len(after) - len(before) < 8192
    assert vault.kinds() == ["session", *["refresh-started", "session"] * 5]
    assert [record.sequence for record in vault.records] == list(range(1, 12))


def test_a_token_that_is_there_already_writes_nothing(kept):
    before = Vault(kept).bytes
    for _ in range(5):
        kept.token()
        kept.report()
    assert Vault(kept).bytes == before


def test_a_file_that_has_grown_is_written_anew_and_stays_small(keeping, server):
    keeping.configure_bare(server, scope="read")
    server.changes = {"access_token": "a" * 60_000}
    keeping.sign_in(server)
    vault = Vault(keeping)
    former, lengths = vault.header, []
    for _ in range(40):
        keeping.run("refresh", "work").done()
        lengths.append(len(vault.bytes))
    assert (1 << 20) / 2 < max(lengths) < (1 << 20) + 200_000, lengths
    assert any(later < former for former, later in zip(lengths, lengths[1:]))
    header = vault.header
    assert header["vault"] == former["vault"] and header["file"] != former["file"]
    assert vault.others() == ["vault", "vault.lock"] and mode(vault.path) == 0o600
    last = refreshes(server)[-1].form["refresh_token"]
    end(keeping)
    assert keeping.token() == "a" * 60_000
    keeping.run("refresh", "work").done()
    assert refreshes(server)[-1].form["refresh_token"] not in [
        last, *[one.form["refresh_token"] for one in refreshes(server)[:-1]]]


SECRETS = {"access": "access-5a7b9c1d3e5f7a9b", "refresh": "refresh-1f3d5b7a9c8e6d4f"}


def shapes(secret):
    """A secret as it is, and as it could be written."""
    text = secret.encode()
    return [text, text.hex().encode(), *[
        base64.b64encode(b"x" * skip + text)[4:-4] for skip in range(3)]]


def test_no_file_ever_holds_a_token_or_the_key(keeping, server):
    key = (keeping.root / "vault-key").read_text().strip()
    keeping.configure_for(server, client_secret_file=(keeping.root / "secret"))
    (keeping.root / "secret").write_text("client-secret-8c6a4e2f\n")
    (keeping.root / "secret").chmod(0o600)
    server.changes = {"access_token": SECRETS["access"], "refresh_token": SECRETS["refresh"]}
    server.claims = {"at_hash": None}
    keeping.sign_in(server)
    server.sessions[SECRETS["refresh"]] = ("client-1", "openid")
    server.rotates = False
    vault = Vault(keeping)
    former = vault.header["file"]
    seen = b""
    for _ in range(3):
        keeping.run("refresh", "work").done()
        seen += vault.bytes
    end(keeping)
    keeping.token()
    keeping.run("logout", "work").done()
    end(keeping, "stop")
    for path in vault.folder.iterdir():
        seen += path.read_bytes()
    assert b"work" in seen and former.encode() in seen
    for secret in [*SECRETS.values(), key, "client-secret-8c6a4e2f"]:
        for shape in shapes(secret):
            assert shape not in seen, secret


def test_the_lock_file_stays_and_the_draft_does_not(kept):
    vault = Vault(kept)
    inode = vault.lock.stat().st_ino
    end(kept)
    (vault.folder / "vault.new").write_bytes(b"what a crash has left")
    kept.token()
    kept.run("refresh", "work").done()
    end(kept, "stop")
    assert vault.lock.stat().st_ino == inode and vault.lock.read_bytes() == b""


# Two agents

def test_a_second_agent_says_that_the_vault_is_in_use(kept):
    other = {"SALLYPORT_SOCK": str(kept.root / "other" / "s")}
    before = Vault(kept).bytes
    kept.run("agent", environment=other).done()
    try:
        said = kept.run("token", "work", environment=other).failed(5, "in use")
        assert "at-" not in str(said) and said.hint == "sallyport doctor"
        # The holder is named where it is not the agent that is asked.
        holder = f"the vault is held by process {kept.agent_pid}, sallyport-agent"
        seen = kept.run("doctor", environment=other)
        assert seen.status == 1 and holder in seen.output
        assert f"try: kill {kept.agent_pid}\n" in seen.output
        assert "try: sallyport doctor" not in seen.output
        assert "is held by" not in kept.run("doctor").output
        assert kept.token() == "at-2" and Vault(kept).bytes == before
        # Once the first has gone the other has it.
        kept.run("stop").done()
        wait_until(lambda: kept.run("token", "work", environment=other).status == 0, "its turn")
        assert kept.run("token", "work", environment=other).line == "at-2"
    finally:
        kept.run("stop", environment=other).done()


def test_whoever_else_holds_the_vault_is_named(kept):
    end(kept)
    with open(Vault(kept).lock, "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        seen = kept.run("doctor")
        assert seen.status == 1 and "kill" not in seen.output
        assert f"the vault is held by process {os.getpid()}, " in seen.output
    assert "is held by" not in kept.run("doctor").output
