"""A clock that is set: tokens live as long as the server has said, whatever the time of day is."""

import os
import shutil
import subprocess
import time

import pytest
from harness.vault import give_key_file
from harness.waiting import wait_until

DAY = 86_400

# The wall clock of one program, as many seconds wrong as a file says.
WRONG_CLOCK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  int result = real(clock, now);
  const char *path = getenv("WRONG_CLOCK");
  if (result != 0 || clock != CLOCK_REALTIME || !path) return result;
  FILE *file = fopen(path, "re");
  long seconds = 0;
  if (file && fscanf(file, "%ld", &seconds) == 1) now->tv_sec += seconds;
  if (file) fclose(file);
  return result;
}
"""


@pytest.fixture(scope="session")
def wrong_clock(tmp_path_factory):
    """A library that sets the clock of the program it is loaded into."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler is installed")
    folder = tmp_path_factory.mktemp("clock")
    (folder / "clock.c").write_text(WRONG_CLOCK)
    library = folder / "clock.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, folder / "clock.c"], check=True)
    return library


class Clock:
    """The wall clock of an agent and its couriers."""

    def __init__(self, home, library):
        self._home = home
        self._file = home.root / "clock"
        self._environment = {"LD_PRELOAD": str(library), "WRONG_CLOCK": str(self._file)}
        self.set(0)

    def set(self, seconds):
        other = self._file.with_name("clock.new")
        other.write_text(f"{seconds}\n")
        os.replace(other, self._file)

    def start_agent(self):
        self._home.start_agent(environment=self._environment)
        wait_until(self._home.socket.exists, "the socket")

    def kill_agent(self):
        process = self._home.agents[-1]
        process.kill()
        process.wait(60)

    def stop_agent(self):
        self._home.run("stop").done()
        for process in self._home.agents:
            process.wait(60)


@pytest.fixture
def clock(home, server, wrong_clock):
    """An agent whose clock can be set, signed in and in use."""
    give_key_file(home)
    # Without an ID token, whose times are those of the server's clock, and are judged by this one.
    home.configure_bare(server)
    clock = Clock(home, wrong_clock)
    clock.start_agent()
    home.sign_in(server)
    assert home.token() == "at-2"
    clock.set(DAY)
    if expires_at(home) < time.time() + DAY:
        pytest.skip("the agent is linked statically: its clock cannot be set")
    clock.set(0)
    return clock


def expires_at(home):
    return int(home.ask(action="status", account="work")["expires_at"])


def refreshes(server):
    return [request for request in server.token_requests
            if request.form["grant_type"] == "refresh_token"]


@pytest.mark.parametrize("seconds", [DAY, -DAY])
def test_a_clock_that_is_set_changes_nothing_but_what_is_told(home, server, clock, seconds):
    clock.set(seconds)
    told = home.ask(action="token", account="work")
    assert told["access_token"] == "at-2"
    assert 3500 < int(told["expires_in"]) <= 3600
    assert abs(expires_at(home) - (time.time() + 3600 + seconds)) < 100
    clock.set(0)
    assert abs(expires_at(home) - (time.time() + 3600)) < 100
    assert refreshes(server) == []


def test_a_clock_that_was_set_back_before_a_crash_costs_no_session(home, server, clock):
    """What is written then is older than what was written before."""
    clock.set(-DAY)
    home.run("refresh", "work").done()
    assert home.token() == "at-3"
    clock.kill_agent()
    clock.start_agent()
    assert home.token() == "at-3"
    status = home.ask(action="status", account="work")
    assert status["state"] == "signed-in" and "last_error" not in status
    clock.kill_agent()
    clock.set(0)
    clock.start_agent()
    # A day has passed, as far as anybody can tell.
    assert home.token() == "at-4"
    assert len(refreshes(server)) == 2


@pytest.mark.parametrize("seconds", [DAY, -DAY])
def test_a_clock_that_was_set_while_no_agent_ran_costs_one_refresh(home, server, clock, seconds):
    clock.stop_agent()
    clock.set(seconds)
    clock.start_agent()
    assert home.token() == "at-3"
    assert home.token() == "at-3"
    assert len(refreshes(server)) == 1
    told = home.ask(action="token", account="work")
    assert 3500 < int(told["expires_in"]) <= 3600
