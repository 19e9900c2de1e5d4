"""Homes whose sessions are on the disk, and agents that end without a word."""

import os
import select
import signal

from .home import children
from .vault import give_key_file
from .waiting import wait_for_end


def sign_in_durably(home, server):
    """Signs in to `work`; the home has the family of its tokens."""
    give_key_file(home)
    home.configure_for(server)
    home.sign_in(server)
    home.family = server.begun[-1]
    return home


def kill(pid):
    """Kills an agent; its couriers go on."""
    os.kill(pid, signal.SIGKILL)
    assert wait_for_end(pid)


def kill_with_couriers(pid):
    """What a power cut does."""
    everybody = [*children(pid), pid]
    for one in everybody:
        os.kill(one, signal.SIGSTOP)
    for one in everybody:
        os.kill(one, signal.SIGKILL)
    for one in everybody:
        assert wait_for_end(one)


def is_readable(connection):
    """Whether there is an answer, or an end."""
    return bool(select.select([connection.socket], [], [], 0)[0])
