"""Fixtures: the list of faults."""

import pytest
from harness.home import programs_folder
from support.case import faults


def pytest_configure(config):
    """Without the programs there is nothing to test."""
    try:
        programs_folder()
    except FileNotFoundError as error:
        raise pytest.UsageError(str(error))


@pytest.fixture(scope="session")
def known_faults():
    return faults()
