"""The vault's key in a real keyring: libsecret's secret-tool and gnome-keyring."""

import pytest
from support.courier import Vault, courier, value
from support.keyring import Keyring
from support.server import CannotRun


@pytest.fixture
def keyring(tmp_path):
    try:
        keyring = Keyring(tmp_path)
    except CannotRun as error:
        pytest.skip(str(error))
    yield keyring
    keyring.stop()


def test_the_keyring_keeps_the_key(keyring):
    vault = Vault(keyring.environment, "secret-service")
    assert vault.opens(keyring.environment)
    # It is found as the documentation says, and holds what opens the vault.
    found = keyring.tool("lookup", "application", "sallyport", "vault", vault.identifier)
    assert found.stdout.strip() == vault.key
    shown = keyring.tool("search", "application", "sallyport", "vault", vault.identifier)
    assert "label = sallyport vault" in shown.stdout


def test_each_vault_has_a_key_of_its_own(keyring):
    first = Vault(keyring.environment, "secret-service")
    second = Vault(keyring.environment, "secret-service")
    assert first.key != second.key
    assert first.opens(keyring.environment) and second.opens(keyring.environment)


def test_a_key_that_was_removed_is_told(keyring):
    vault = Vault(keyring.environment, "secret-service")
    cleared = keyring.tool("clear", "application", "sallyport", "vault", vault.identifier)
    assert cleared.returncode == 0
    status, answers = vault.open(keyring.environment)
    assert status == 6
    assert value(answers[-1], "vault_fault") == "source"
    assert "no key for this vault" in value(answers[-1], "error_description")


def test_a_locked_keyring_is_told(keyring):
    vault = Vault(keyring.environment, "secret-service")
    keyring.lock()
    status, answers = vault.open(keyring.environment)
    assert status == 6
    assert value(answers[-1], "vault_fault") == "source"
    assert "the keyring is locked" in value(answers[-1], "error_description")
    # Nothing can be kept there now, so that no vault is made.
    status, answers = courier(
        keyring.environment, ["job=seal", "vault.create=secret-service"], ["end=yes"])
    assert status != 0
    assert value(answers[-1], "vault_fault") == "source"
    assert len(answers) == 1


def test_a_keyring_that_has_ended_is_told(keyring):
    vault = Vault(keyring.environment, "secret-service")
    keyring.stop()
    status, answers = vault.open(keyring.environment)
    assert status == 6
    assert value(answers[-1], "vault_fault") == "source"


def test_a_vault_that_did_not_become_whole_leaves_no_key(keyring):
    status, _ = courier(keyring.environment, ["job=seal", "vault.create=secret-service"])
    assert status == 2
    assert keyring.tool("search", "--all", "application", "sallyport").stdout == ""
