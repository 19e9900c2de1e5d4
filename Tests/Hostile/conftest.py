"""Fixtures: the list of faults, and the cases that take a while, all of them at the same time."""

import concurrent.futures

import pytest
from harness.home import programs_folder
from support.case import cases, faults
from support.occasion import meet


def pytest_configure(config):
    """Without the programs there is nothing to test."""
    try:
        programs_folder()
    except FileNotFoundError as error:
        raise pytest.UsageError(str(error))


@pytest.fixture(scope="session")
def known_faults():
    return faults()


@pytest.fixture(scope="session")
def slow_meetings(known_faults, tmp_path_factory):
    """What takes a while mostly waits: it is all begun at once, and asked for one by one."""
    slow = [name for name, case in cases().items() if case.waits and name in known_faults]
    with concurrent.futures.ThreadPoolExecutor(max(1, len(slow))) as pool:
        yield {name: pool.submit(meet, known_faults[name], tmp_path_factory.mktemp(name))
               for name in slow}
