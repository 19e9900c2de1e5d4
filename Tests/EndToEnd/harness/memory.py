"""The memory of a process as root reads it, and agents that have less to guard theirs with."""

import contextlib
import ctypes
import os
import platform
import resource
import struct
import threading

import pytest

# How an agent can guard its secrets, the best first; the names are those of `status`.
GUARDS = ["memfd_secret", "mlock", "plain"]

# A remnant this long is found wherever it begins, if it is a piece of one of the words.
PIECE = 12
STEP = 4
# Bytes at both ends of a long word that others have too.
PUBLIC = 64
PAGE = resource.getpagesize()
CHUNK = 256 * PAGE


def _words(words):
    return [word if isinstance(word, bytes) else word.encode() for word in words]


def _areas(pid):
    """What the process has mapped and can write: nothing else can hold what it was told."""
    with open(f"/proc/{pid}/maps") as maps:
        for line in maps:
            place, rights = line.split()[:2]
            if "rw" in rights:
                start, end = (int(part, 16) for part in place.split("-"))
                yield start, end


def _pieces(memory, start, end, overlap):
    """The bytes of an area; what cannot be read is passed over page by page."""
    position, former = start, b""
    while position < end:
        count = min(CHUNK, end - position)
        try:
            data = os.pread(memory, count, position)
        except OSError:
            data = b""
        if not data:
            # The first page is not there; what follows may be.
            position += PAGE - position % PAGE
            former = b""
            continue
        yield former + data
        former = data[-overlap:]
        position += len(data)


def _scan(pid, length, look):
    """Calls `look` with all bytes the process can write, in pieces that overlap by `length`."""
    memory = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
    try:
        for start, end in _areas(pid):
            with contextlib.suppress(OverflowError):
                for data in _pieces(memory, start, end, length - 1):
                    look(data)
    finally:
        os.close(memory)


def memory_holds(pid, words):
    """Which of the words are in the memory of the process, whole."""
    found = set()

    def look(data):
        found.update(word for word, sought in zip(words, _words(words)) if sought in data)
    _scan(pid, max(map(len, _words(words))), look)
    return found


def remnants(pid, words):
    """Which of the words have left a piece of themselves, stack and heap included."""
    pieces = {}
    for word, sought in zip(words, _words(words)):
        # A JWT's header is no secret, nor are the first line of a key and the last.
        sought = sought[PUBLIC:-PUBLIC] if len(sought) > 4 * PUBLIC else sought
        for start in range(0, max(1, len(sought) - PIECE + 1), STEP):
            pieces[sought[start:start + PIECE]] = word
    found = set()

    def look(data):
        found.update(word for piece, word in pieces.items() if piece in data)
    _scan(pid, PIECE, look)
    return found


def copies(pid, word):
    """How often the word is there."""
    [sought] = _words([word])
    count = 0

    def look(data):
        nonlocal count
        # A copy in the overlap would need all of its bytes there.
        count += data.count(sought)
    _scan(pid, len(sought), look)
    return count


class Sentinel:
    """Looks again and again, at any moment, for what may never be there."""

    def __init__(self, pid, words):
        self.found = set()
        self.looks = 0
        self._pid, self._words = pid, words
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self):
        while not self._stopping.is_set():
            with contextlib.suppress(OSError):
                self.found |= remnants(self._pid, self._words())
                self.looks += 1

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopping.set()
        self._thread.join()


# Agents with less

ENOSYS = 38
SECCOMP_RET_ALLOW = 0x7FFF0000
SECCOMP_RET_ERRNO = 0x00050000
MEMFD_SECRET = 447
CAP_IPC_LOCK = 14


def has_memfd_secret():
    descriptor = ctypes.CDLL(None, use_errno=True).syscall(MEMFD_SECRET, os.O_CLOEXEC)
    if descriptor >= 0:
        os.close(descriptor)
    return descriptor >= 0


def can_filter():
    return platform.machine() in ("x86_64", "aarch64")


def _without_memfd_secret(library):
    """A filter of system calls: the kernel does not know this one."""
    def instruction(code, yes, no, value):
        return struct.pack("=HBBI", code, yes, no, value)
    program = b"".join([
        instruction(0x20, 0, 0, 0),  # load the number of the call
        instruction(0x15, 0, 1, MEMFD_SECRET),
        instruction(0x06, 0, 0, SECCOMP_RET_ERRNO | ENOSYS),
        instruction(0x06, 0, 0, SECCOMP_RET_ALLOW)])
    buffer = ctypes.create_string_buffer(program, len(program))
    header = ctypes.create_string_buffer(
        struct.pack("@HP", len(program) // 8, ctypes.addressof(buffer)))
    if library.prctl(38, 1, 0, 0, 0) or library.prctl(22, 2, header, 0, 0):
        raise OSError(ctypes.get_errno(), "no filter")


def limited_to(guard):
    """For a child process of root: no better guard than this one is to be had."""
    # Loaded before the child is made: it must not wait for a lock that another thread holds.
    library = ctypes.CDLL(None, use_errno=True)

    def limit():
        if guard != "memfd_secret":
            _without_memfd_secret(library)
        if guard == "plain":
            library.prctl(24, CAP_IPC_LOCK, 0, 0, 0)
            resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))
    return limit


def start_guarded(home, guard):
    """Starts the agent of a home under a guard; gives its process."""
    if guard == "memfd_secret" and not has_memfd_secret():
        pytest.skip("this kernel has no memfd_secret")
    home.run("agent", preexec_fn=limited_to(guard)).done()
    assert home.report()["agent"]["memory_guard"] == guard
    return home.agent_pid
