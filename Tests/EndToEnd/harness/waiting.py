"""Waiting for what happens, never for time to pass; and ports that are free."""

import os
import random
import select
import socket
import time

# Seconds until something happens that has to; generous, for a busy machine.
PATIENCE = 60

# Below the ports the kernel hands out for outgoing connections, so that none of them takes one.
PORTS = range(12000, 32000)


def wait_until(condition, what, patience=PATIENCE):
    """Polls `condition` until it gives something true, and returns that."""
    deadline = time.monotonic() + patience
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {patience} s for {what}")
        # The processor is for the one that is waited for.
        select.select([], [], [], 0.01)


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


def has_ipv6():
    """Whether this machine has ::1."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


def listen(address, port=0):
    """A socket that listens on a loopback address."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    listener.bind((address, port))
    listener.listen(512)
    return listener


def is_free(port):
    """Whether nobody listens on the port, on either loopback address."""
    try:
        for address in ["127.0.0.1", "::1"] if has_ipv6() else ["127.0.0.1"]:
            listen(address, port).close()
        return True
    except OSError:
        return False


def free_port():
    """A port that is free on both addresses; workers that run beside one another share none."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    mine = [port for port in PORTS if port % 8 == worker % 8]
    for port in random.sample(mine, 200):
        if is_free(port):
            return port
    raise RuntimeError("no free port on the loopback addresses")


def accepts(port, address="127.0.0.1"):
    """Whether somebody listens there."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        return probe.connect_ex((address, port)) == 0
