"""An agent that is killed while refresh tokens rotate: nothing that was durable is lost.

The server ends a family of tokens when a used one comes again, so that one lost or repeated token
is enough to be found out.
"""

import collections
import concurrent.futures
import contextlib
import itertools
import os
import random
import select
import shutil
import subprocess
import time

import pytest
from harness.crash import is_readable, kill, sign_in_durably
from harness.home import Home
from harness.processes import needs_root
from harness.vault import Vault
from harness.waiting import PATIENCE, wait_for_end, wait_until

# Kills in all, and tests they are shared out to: a runner can do these beside one another.
KILLS, TESTS = 200, 4
# Homes of each test: while one waits for its server, another works.
LANES = 2
# How a kill is aimed, and how often so: anywhere, or from what the server does.
WAYS = {"free": 5, "before rotation": 1, "before the answer": 1, "after the answer": 5}


# At random moments

class Lane:
    """One home, whose agent is killed again and again."""

    def __init__(self, server, seed):
        self.server, self.random = server, random.Random(seed)
        self.home = sign_in_durably(Home(), server)
        self.vault = Vault(self.home)
        self.family = self.home.family
        self.landed = collections.Counter()
        self.whole = self._measure()

    def _measure(self):
        """Seconds of a start with its first refresh, and of a refresh alone."""
        self.home.run("stop").done()
        begin = time.monotonic()
        self._start()
        with self.home.connect() as agent:
            assert agent.ask(action="refresh", account="work")["account"] == "work"
            middle = time.monotonic()
            assert agent.ask(action="refresh", account="work")["account"] == "work"
            end = time.monotonic()
        return {"start": middle - begin, "refresh": end - middle}

    def _start(self):
        """Starts an agent that is this test's child; gives its process once it listens."""
        agent = self.home.start_agent()
        wait_until(lambda: agent.poll() is not None or self._is_served(), "the agent's socket")
        return agent.pid

    def _is_served(self):
        with contextlib.suppress(OSError), self.home.connect():
            return True
        return False

    def run(self, kills):
        while kills > 0:
            # Now and then the next start is killed as well.
            row = min(kills, self.random.choice([1, 1, 1, 2, 3]))
            pid = self.home.agent_pid
            for number in range(row):
                if number > 0:
                    pid = self._start()
                self._strike(pid, self.whole["start" if number else "refresh"])
            kills -= row
            self._check()
        self.home.run("refresh", "work").done()
        assert self.home.token() == self.family.access_token
        return self.landed

    def _strike(self, pid, whole):
        """One refresh, and the kill somewhere in it."""
        end = len(self.vault.bytes)
        asked = len(self.family.events)
        [way] = self.random.choices(list(WAYS), WAYS.values())
        gate = None
        if way != "free":
            gate = self.server.hold(
                self.family, before="answer" if way == "before the answer" else "rotation")
        with self.home.connect() as agent:
            agent.send(action="refresh", account="work")
            if gate:
                wait_until(lambda: gate.waiting or is_readable(agent), "the server")
                # Those that come later are not held.
                self.server.let_pass(self.family)
            if way == "after the answer":
                gate.open()
            elif gate:
                whole = 0.005
            # This waits for nothing: the moment itself is the point.
            select.select([agent.socket], [], [], self.random.uniform(0, whole * 1.1))
            moment = time.monotonic()
            kill(pid)
            answer = self._answer(agent)
        place = self._place(end, asked, moment)
        self.landed[place] += 1
        if gate:
            gate.open()
        # Nobody is told of what a crash could take back.
        assert place == "saved" or answer is None, (way, place, answer)

    @staticmethod
    def _answer(agent):
        with contextlib.suppress(ConnectionResetError):
            answer = agent.block()
            assert answer is None or "error" not in answer, answer
            return answer

    def _place(self, end, asked, moment):
        """Where the kill has met the refresh: what was on the disk, what the server had seen."""
        new = [record.kind for record in self.vault.records if record.start >= end]
        if "refresh-started" not in new:
            return "not begun"
        if "session" in new[new.index("refresh-started"):]:
            return "saved"
        events = [event for when, event in self.family.events[asked:] if when <= moment]
        return events[-1] if events else "begun"

    def _check(self):
        """The next start has the pair that is good at the server, and says where it may not."""
        token = self.home.token()
        assert not self.family.is_revoked, "a used refresh token was sent again"
        assert token == self.family.access_token

    def close(self):
        self.home.close()


@pytest.mark.parametrize("number", range(TESTS))
def test_no_durable_session_is_lost_whenever_the_agent_is_killed(
        families, number, record_property):
    seed = int(os.environ.get("SALLYPORT_CRASH_SEED") or random.SystemRandom().getrandbits(32))
    print(f"SALLYPORT_CRASH_SEED={seed}")
    lanes = []
    try:
        for lane in range(LANES):
            lanes.append(Lane(families, f"{seed}/{number}/{lane}"))
        with concurrent.futures.ThreadPoolExecutor(LANES) as pool:
            share = KILLS // TESTS // LANES
            landed = sum(pool.map(lambda lane: lane.run(share), lanes), collections.Counter())
    finally:
        for lane in lanes:
            lane.close()
    print(dict(landed))
    record_property("landed", dict(landed))
    assert landed.total() == KILLS // TESTS


# At every system call

needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not there")


# Calls that change nothing but the agent itself: killed before one it is as before the next.
INWARD = {
    "access", "arch_prctl", "brk", "capget", "clock_gettime", "close", "dup", "dup2", "dup3",
    "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_wait", "execve", "exit_group",
    "faccessat2", "fcntl", "fstat", "futex", "getcwd", "getegid", "geteuid", "getgid",
    "getpeername", "getpid", "getppid", "getrandom", "getsockname", "getsockopt", "getuid",
    "lseek", "madvise", "memfd_secret", "mlock", "mmap", "mprotect", "munmap", "newfstatat",
    "open", "openat", "poll", "prctl", "pread64", "prlimit64", "read", "readlink",
    "restart_syscall", "rseq", "rt_sigaction", "rt_sigprocmask", "sched_getaffinity",
    "sched_yield", "set_robust_list", "set_tid_address", "signalfd4", "statx", "timerfd_create",
    "timerfd_settime", "umask", "uname"}


class Tracer:
    """Follows the system calls of a process, and kills it as it is about to make one of them."""

    def __init__(self, *words, trace, kill_at=None, **options):
        self._trace = trace
        inject = ["-e", "inject={}:signal=KILL:when={}".format(*kill_at)] if kill_at else []
        self._strace = subprocess.Popen(
            ["strace", "-o", trace, *inject, *map(str, words)], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **options)
        if "-p" in words:
            assert "attached" in self._strace.stderr.readline()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._strace.terminate()
        self._strace.wait(PATIENCE)
        self._strace.stderr.close()

    @property
    def has_ended(self):
        return self._strace.poll() is not None

    @property
    def calls(self):
        """What was called: the name, and the how many-th of that name it is."""
        seen, calls = collections.Counter(), []
        for line in self._trace.read_text().splitlines():
            name, parenthesis, _ = line.partition("(")
            if parenthesis and name.isidentifier():
                seen[name] += 1
                calls.append((name, seen[name]))
        assert {"pwrite64", "fdatasync"} <= {name for name, _ in calls}
        return calls

    @property
    def outward(self):
        """Those that others could notice."""
        return [call for call in self.calls if call[0] not in INWARD]


def ask(home, **request):
    """What the agent answers, if it lives to."""
    with contextlib.suppress(OSError), home.connect() as agent:
        answer = agent.ask(**request)
        assert answer is None or "error" not in answer, answer
        return answer


@needs_root
@needs_strace
def test_killed_at_any_system_call_of_a_rotation_nothing_is_lost(durable, record_property):
    """Between two of them nothing changes outside of the agent: these are all moments there are."""
    family, trace, met = durable.family, durable.root / "trace", []
    with Tracer("-p", durable.agent_pid, trace=trace) as tracer:
        assert ask(durable, action="refresh", account="work")
    for call in tracer.outward:
        pid = durable.agent_pid
        with Tracer("-p", pid, trace=trace, kill_at=call):
            # With other timing a call may come once less.
            if ask(durable, action="refresh", account="work") is None:
                assert wait_for_end(pid)
                met.append(call)
        # The pair the server has given last, or the one before where it was not asked.
        assert durable.token() == family.access_token, call
        assert not family.is_revoked, call
    record_property("calls", met)
    assert len(met) > 10, met
    durable.run("refresh", "work").done()
    assert durable.token() == family.access_token


@needs_root
@needs_strace
@pytest.mark.parametrize("share", range(2))
def test_killed_at_any_system_call_of_a_start_the_answer_that_was_left_is_kept(
        durable, families, share, record_property):
    family, trace, vault, met = durable.family, durable.root / "trace", Vault(durable), []
    gate = families.hold(family, before="answer")
    durable.start("refresh", "work")
    wait_until(lambda: gate.waiting, "the server")
    kill(durable.agent_pid)
    gate.open()
    families.let_pass(family)
    wait_until(lambda: vault.kinds()[-1] == "answer", "the answer to be written down")
    left = vault.bytes

    def start(kill_at=None):
        return Tracer(
            durable.programs / "sallyport-agent", trace=trace, kill_at=kill_at,
            env=durable.environment)
    with start() as tracer:
        wait_until(lambda: ask(durable, action="token", account="work"), "the agent")
        wait_until(lambda: vault.kinds()[-1] == "session", "the answer to be taken over")
        durable.run("stop").done()
    for call in tracer.outward[share::2]:
        vault.put(left)
        with start(call) as tracer:
            wait_until(
                lambda: tracer.has_ended or ask(durable, action="token", account="work"),
                "the agent")
            if durable.socket.exists():
                durable.run("stop")
            met.append(call)
        assert durable.token() == family.access_token, call
        kill(durable.agent_pid)
    record_property("calls", met)
    durable.run("refresh", "work").done()
    assert durable.token() == family.access_token and not family.is_revoked


@needs_root
@needs_strace
def test_killed_while_the_vault_is_written_anew_nothing_is_lost(home, families, record_property):
    families.claims = {"picture": "x" * 45_000}
    durable = sign_in_durably(home, families)
    family, vault, trace = durable.family, Vault(durable), durable.root / "trace"
    # Only what is done with the new file, and with names of the folder.
    only = ["-P", vault.folder / "vault.new", "-P", vault.folder]

    def refresh_until_it_is_rewritten():
        former = vault.header["file"]
        while vault.header["file"] == former:
            if ask(durable, action="refresh", account="work") is None:
                return False
        return True
    with Tracer(*only, "-p", durable.agent_pid, trace=trace) as tracer:
        assert refresh_until_it_is_rewritten()
    calls = [call for call in tracer.calls if call[0] not in ("poll", "close", "newfstatat")]
    assert {("openat", 1), ("renameat", 1), ("fsync", 1)} <= set(calls), calls
    met = set()
    for call in calls:
        pid = durable.agent_pid
        with Tracer(*only, "-p", pid, trace=trace, kill_at=call):
            if refresh_until_it_is_rewritten():
                # This time it was written in fewer pieces.
                continue
            assert wait_for_end(pid)
            met.add(call[0])
        assert durable.token() == family.access_token, call
        assert not family.is_revoked, call
    record_property("calls", calls)
    assert met >= {"openat", "pwrite64", "fdatasync", "renameat", "fsync"}
    assert refresh_until_it_is_rewritten()
    assert vault.others() == ["vault", "vault.lock"]
    kill(durable.agent_pid)
    assert durable.token() == family.access_token
