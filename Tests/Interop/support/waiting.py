"""Waiting for what happens, never for time to pass."""

import os
import random
import select
import socket
import time

# Seconds until a server has started or a program has ended; generous, for a busy machine.
PATIENCE = 60

# Below the ports the kernel hands out for outgoing connections, so that none of them takes it.
PORTS = range(20000, 32000)


def wait_until(condition, what, patience=PATIENCE):
    """Polls `condition` until it gives something true, and returns that."""
    deadline = time.monotonic() + patience
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {patience} s for {what}")
        # poll(2) without descriptors: the processor is for the one that is waited for.
        select.select([], [], [], 0.01)


def free_port():
    """A port that is free on both loopback addresses."""
    for port in random.sample(PORTS, 200):
        try:
            for family, address in loopback_addresses():
                with socket.socket(family, socket.SOCK_STREAM) as probe:
                    probe.bind((address, port))
            return port
        except OSError:
            continue
    raise RuntimeError("no free port on the loopback addresses")


def loopback_addresses():
    """127.0.0.1, and ::1 where the machine has it."""
    addresses = [(socket.AF_INET, "127.0.0.1")]
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
        addresses.append((socket.AF_INET6, "::1"))
    except OSError:
        pass
    return addresses


def accepts(port):
    """Whether somebody listens on the port of 127.0.0.1."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for_end(pid, patience=PATIENCE):
    """Waits until the process is gone; False when it is still there."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], patience)[0])
    finally:
        os.close(descriptor)
