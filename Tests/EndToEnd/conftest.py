"""Fixtures: the programs in a fresh home and a scripted server, once a test; keys, once a run."""

import os
import shutil
import subprocess

import pytest
from harness.crash import sign_in_durably
from harness.door import Door
from harness.home import Home, programs_folder
from harness.keys import ECKey, RSAKey, certificate
from harness.practice import Practice
from harness.processes import STRANGER, become_stranger
from harness.rotation import RotatingServer
from harness.server import Server
from harness.waiting import free_port


def pytest_configure(config):
    """Without the programs there is nothing to test."""
    try:
        programs_folder()
    except FileNotFoundError as error:
        raise pytest.UsageError(str(error))


@pytest.fixture(scope="session")
def key_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="session")
def ec_key(key_folder):
    """What the server signs with where the algorithm does not matter: the fastest."""
    return ECKey(key_folder)


@pytest.fixture(scope="session")
def rsa_key(key_folder):
    return RSAKey(key_folder)


@pytest.fixture(scope="session")
def certificate_files(key_folder):
    """A certificate for 127.0.0.1 and localhost, and its key."""
    return certificate(key_folder)


@pytest.fixture
def servers(ec_key):
    """Makes servers, and stops them."""
    made = []

    def make(keys=(ec_key,), **options):
        made.append(Server(keys=keys, **options))
        return made[-1]
    yield make
    for server in made:
        server.stop()


@pytest.fixture
def server(servers):
    return servers()


@pytest.fixture
def practices(tmp_path):
    """Makes practice servers, and stops them."""
    made = []

    def make(*options):
        folder = tmp_path / f"practice-{len(made)}"
        folder.mkdir()
        made.append(Practice(folder, *options))
        return made[-1]
    yield make
    for practice in made:
        practice.stop()


@pytest.fixture
def practice(practices):
    return practices()


@pytest.fixture
def home():
    home = Home()
    yield home
    home.close()


@pytest.fixture
def work(home, server):
    """A home with an account `work` of `server`."""
    home.configure_for(server)
    return home


@pytest.fixture
def signed_in(work, server):
    """A home that is signed in to `work`."""
    work.sign_in(server)
    return work


@pytest.fixture
def plain_user(home, server):
    """A home of a user who is not root, and what its commands have to be run with."""
    home.configure_for(server)
    if os.geteuid() != 0:
        yield home, {}
        return
    programs = home.root / "programs"
    programs.mkdir()
    for name in ["sallyport", "sallyport-agent", "sallyport-courier"]:
        shutil.copy(home.programs / name, programs)
    home.programs = programs
    home.environment["PATH"] = f"{programs}:{home.environment['PATH']}"
    subprocess.run(["chown", "-R", f"{STRANGER}:{STRANGER}", home.root], check=True)
    yield home, {"preexec_fn": become_stranger}
    # Root is a stranger to that user's agent.
    home.run("stop", preexec_fn=become_stranger).done()


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def door(home, server):
    """A sign-in that waits for its answer."""
    return Door(home, server)


@pytest.fixture
def families(ec_key):
    """A server that ends a family of tokens when a used refresh token comes again."""
    server = RotatingServer(keys=[ec_key])
    yield server
    server.stop()


@pytest.fixture
def durable(home, families):
    """A home that is signed in there, and keeps its session on the disk."""
    return sign_in_durably(home, families)
