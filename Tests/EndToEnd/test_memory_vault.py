"""The vault's secrets in the agent's memory: its key, passphrases, and all that a lock seals."""

import os
import secrets
import signal

import pytest
from harness.home import children
from harness.memory import Sentinel, can_filter, memory_holds, remnants, start_guarded
from harness.processes import needs_root
from harness.tap import Tap
from harness.vault import give_key_file
from harness.waiting import wait_until

pytestmark = [needs_root, pytest.mark.skipif(
    not can_filter(), reason="no system call can be taken from a program of this machine")]

GUARDS = ["memfd_secret", "mlock"]


@pytest.fixture
def phrase():
    """Makes passphrases that nobody can guess, and keeps them."""
    made = []

    def make():
        made.append(secrets.token_hex(24))
        return made[-1]
    make.made = made
    return make


@pytest.fixture
def tap(home):
    return Tap(home)


class Bound:
    """A home whose tokens are bound to a key, with an agent under a guard."""

    def __init__(self, home, practice, tap):
        self.home, self.practice, self.tap = home, practice, tap
        self.pid = None

    def start(self, guard, vault="memory", **settings):
        self.home.vault = vault
        self.practice.configure(self.home, dpop_bound_access_tokens="yes", **settings)
        self.pid = start_guarded(self.home, guard)
        return self.pid

    def sign_in(self):
        self.practice.sign_in(self.home)
        self.use()

    def use(self):
        """Has everything done with a session that hands its secrets around."""
        self.home.run("token", "work", "--format", "header", "--method", "GET", "--url",
                      self.practice["resource"]).done()
        self.home.run("token", "work", "--scope", "read").done()
        self.home.run("refresh", "work").done()


@pytest.fixture
def bound(home, practices, tap):
    return Bound(home, practices("--resource"), tap)


def settle(pid):
    wait_until(lambda: not children(pid), "the couriers to end")


def nothing_is_left(pid, tap, *more):
    settle(pid)
    words = [*tap.secrets, *more]
    assert len(words) >= 4
    assert remnants(pid, words) == set()


def unlock(home, phrase):
    return home.run("unlock", "--passphrase-stdin", input=phrase)


@pytest.mark.parametrize("guard", GUARDS)
def test_a_locked_vault_leaves_nothing(home, tap, bound, guard):
    give_key_file(home)
    pid = bound.start(guard, home.vault)
    bound.sign_in()
    held = memory_holds(pid, tap.secrets)
    [key] = set(tap.of("vault.key"))
    assert (key in held and len(held) > 3) if guard == "mlock" else held == set()
    home.run("lock").done()
    nothing_is_left(pid, tap)
    home.run("token", "work", "--format", "json").failed(6)
    # What has opened it again, and is locked again, is gone as well.
    home.run("unlock").done()
    home.run("refresh", "work").done()
    home.run("lock").done()
    nothing_is_left(pid, tap)
    assert memory_holds(pid, [str(home.socket)]), "the scan finds nothing at all"


@pytest.mark.parametrize("guard", GUARDS)
def test_a_lock_of_what_is_in_memory_alone_leaves_nothing(home, tap, bound, phrase, guard):
    pid = bound.start(guard)
    bound.sign_in()
    word = phrase()
    home.run("lock", "--passphrase-stdin", input=word).done()
    nothing_is_left(pid, tap, word)
    wrong = phrase()
    assert unlock(home, wrong).status == 6
    nothing_is_left(pid, tap, wrong, word)
    unlock(home, word).done()
    settle(pid)
    assert remnants(pid, phrase.made) == set()
    home.run("refresh", "work").done()


@pytest.mark.parametrize("guard", GUARDS)
def test_no_passphrase_stays(home, tap, bound, phrase, guard):
    """A vault that is open needs its passphrase no more."""
    pid = bound.start(guard, "passphrase")
    first, second, third = phrase(), phrase(), phrase()
    unlock(home, first).done()
    bound.sign_in()
    home.run("lock").done()
    unlock(home, first).done()
    file = home.root / "exported"
    home.run("vault", "export", file, "--passphrase-stdin", input=second).done()
    home.run("vault", "import", file, "--replace", "--passphrase-stdin", input=second).done()
    home.run("vault", "change", "passphrase", "--passphrase-stdin", input=third).done()
    settle(pid)
    assert remnants(pid, phrase.made) == set()
    # The key of before is of no use; the one that is in force is where keys are.
    keys = list(dict.fromkeys(tap.of("vault.key")))
    assert len(keys) == 2
    assert memory_holds(pid, keys) == (set() if guard == "memfd_secret" else {keys[-1]})
    home.run("lock").done()
    nothing_is_left(pid, tap, *phrase.made)


@pytest.mark.parametrize("guard", GUARDS)
def test_what_is_forgotten_at_once_leaves_nothing(home, tap, bound, guard):
    give_key_file(home)
    pid = bound.start(guard, home.vault)
    bound.sign_in()
    os.kill(pid, signal.SIGUSR1)
    wait_until(lambda: home.status()["state"] == "locked", "everything to be forgotten")
    nothing_is_left(pid, tap)


def test_a_client_that_was_registered_goes_when_it_is_deleted(home, tap, practice):
    home.configure("work", issuer=practice.issuer, scope="openid offline_access",
                   redirect_uri=home.redirect_uri)
    pid = start_guarded(home, "mlock")
    practice.sign_in(home)
    [token] = set(tap.of("registration.access_token"))
    assert memory_holds(pid, [token])
    home.run("logout", "work", "--all").done()
    nothing_is_left(pid, tap, token)


@pytest.mark.parametrize("limit", ["lifetime", "idle"])
@pytest.mark.parametrize("guard", GUARDS)
def test_a_session_that_has_outlived_its_time_leaves_nothing(home, tap, bound, guard, limit):
    pid = bound.start(guard, **{limit: "4"})
    bound.sign_in()
    wait_until(lambda: home.status()["state"] == "signed-out", "the session to end")
    nothing_is_left(pid, tap)


def test_where_the_kernel_hides_secrets_no_key_is_ever_seen(home, tap, bound, phrase):
    pid = bound.start("memfd_secret", "passphrase")
    subject = secrets.token_hex(16)

    def words():
        return [subject, *phrase.made, *tap.secrets]
    with Sentinel(pid, words) as sentinel:
        # It looks where secrets would be: an account that is asked for comes by the same ways.
        home.ask(action="token", account=subject)
        word = phrase()
        unlock(home, word).done()
        bound.sign_in()
        for _ in range(3):
            home.run("lock").done()
            unlock(home, phrase()).failed(6)
            unlock(home, word).done()
            bound.use()
            word = phrase()
            home.run("vault", "change", "passphrase", "--passphrase-stdin", input=word).done()
        home.run("logout", "work").done()
    assert sentinel.looks > 10 and len(words()) > 20
    assert sentinel.found <= {subject}
    assert memory_holds(pid, [str(home.socket)])
