"""Processes, looked at from outside."""

import contextlib
import os
import pathlib

import pytest

from .waiting import has_ipv6

needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")

# A user that nothing on the machine belongs to.
STRANGER = 54321


def become_stranger():
    """For a child process: another user, with nothing of this one's."""
    os.setgroups([])
    os.setgid(STRANGER)
    os.setuid(STRANGER)


def agents_of(home):
    """Agents that run in this home; only root sees the environment of a process that hides it."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and b"sallyport-agent" in (entry / "cmdline").read_bytes():
                if f"HOME={home.folder}\0".encode() in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
    return found


def descriptors(pid):
    """What the process has open: number and target."""
    found = {}
    for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            found[int(entry.name)] = os.readlink(entry)
    return found
