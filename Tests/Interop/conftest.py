"""Fixtures: real servers, once a run, and the programs in a fresh home, once a test."""

import os

import pytest
from support.django_oauth import DjangoOAuth
from support.glewlwyd import Glewlwyd
from support.nanoidp import Nanoidp
from support.programs import Sallyport, programs_folder
from support.server import CannotRun

SKIP = "SALLYPORT_SKIP_INTEROP"


def pytest_configure(config):
    """Without the programs there is nothing to test."""
    try:
        programs_folder()
    except FileNotFoundError as error:
        raise pytest.UsageError(str(error))
    config.missing_servers = []


def pytest_terminal_summary(terminalreporter, config):
    """A server that was left out is said last, where it is read."""
    for reason in config.missing_servers:
        terminalreporter.write_line(f"NOT TESTED AGAINST A REAL SERVER: {reason}", red=True)


def _server(kind, request, tmp_path_factory):
    try:
        return kind(tmp_path_factory.mktemp(kind.name))
    except CannotRun as error:
        reason = str(error)
    request.config.missing_servers.append(reason)
    if os.environ.get(SKIP) == "1":
        pytest.skip(f"{reason} ({SKIP}=1)")
    pytest.fail(f"{reason} (or leave it out with {SKIP}=1)", pytrace=False)


@pytest.fixture(scope="session")
def glewlwyd(request, tmp_path_factory):
    server = _server(Glewlwyd, request, tmp_path_factory)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def nanoidp(request, tmp_path_factory):
    server = _server(Nanoidp, request, tmp_path_factory)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def django_oauth(request, tmp_path_factory):
    server = _server(DjangoOAuth, request, tmp_path_factory)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def mcp_servers(request, tmp_path_factory):
    """Makes servers of the Model Context Protocol, one of a kind."""
    made = {}

    def make(kind):
        if kind not in made:
            made[kind] = _server(kind, request, tmp_path_factory)
        return made[kind]
    yield make
    for server in made.values():
        server.stop()


@pytest.fixture(params=["glewlwyd", "nanoidp"])
def server(request):
    """Each real server in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def sallyport():
    program = Sallyport()
    yield program
    program.close()
