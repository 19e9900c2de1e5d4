"""The vault's key from a credential that systemd-creds has encrypted and decrypted."""

import os
import shutil
import subprocess

import pytest
from support.courier import Vault, value

NAME = "sallyport-vault"
SECRET = b"0123456789abcdef0123456789abcdef"


@pytest.fixture
def credentials(tmp_path):
    """Decrypts a secret as systemd does for a service, with a host key of the test's own."""
    if not shutil.which("systemd-creds"):
        pytest.skip("systemd-creds is not installed: apt-get install systemd")
    environment = {
        "PATH": os.environ["PATH"], "SYSTEMD_CREDENTIAL_SECRET": str(tmp_path / "host.secret")}
    folder = tmp_path / "credentials"
    folder.mkdir(mode=0o700)

    def creds(*words, content):
        done = subprocess.run(
            ["systemd-creds", *words, f"--name={NAME}", "-", "-"], input=content,
            capture_output=True, env=environment, timeout=30)
        if done.returncode != 0:
            pytest.skip(f"systemd-creds makes no host key here: {done.stderr.decode().strip()}")
        return done.stdout

    def decrypt(secret):
        sealed = creds("encrypt", "--with-key=host", content=secret)
        assert secret not in sealed
        place = folder / NAME
        place.unlink(missing_ok=True)
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
        os.write(descriptor, creds("decrypt", content=sealed))
        os.close(descriptor)
        return {"PATH": os.environ["PATH"], "CREDENTIALS_DIRECTORY": str(folder)}
    return decrypt


@pytest.mark.parametrize("secret", [SECRET, b"short", bytes(range(1, 41)), b"\xff\xfe" * 20])
def test_a_credential_opens_its_vault(credentials, secret):
    environment = credentials(secret)
    vault = Vault(environment, "credential")
    assert vault.opens(environment)
    # Made once more, by an editor that ends lines.
    assert vault.opens(credentials(secret + b"\n"))


def test_another_credential_does_not(credentials):
    vault = Vault(credentials(SECRET), "credential")
    status, answers = vault.open(credentials(SECRET[::-1]))
    assert status == 6
    assert value(answers[-1], "vault_fault") == "wrong_key"
    assert "credential sallyport-vault" in value(answers[-1], "error_description")


def test_without_a_credential_it_says_what_is_missing(credentials, tmp_path):
    environment = credentials(SECRET)
    vault = Vault(environment, "credential")
    (tmp_path / "credentials" / NAME).unlink()
    for variables in (environment, {"PATH": environment["PATH"]}):
        status, answers = vault.open(variables)
        assert status == 6
        assert value(answers[-1], "vault_fault") == "source"
        assert NAME in value(answers[-1], "error_description")
