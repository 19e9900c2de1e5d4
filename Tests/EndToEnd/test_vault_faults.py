"""A vault that cannot be read or written: sessions in memory go on, it is said, nothing is lost."""

import contextlib
import os
import resource
import shlex
import shutil
import signal
import subprocess
import threading

import pytest
from harness.processes import STRANGER, needs_root
from harness.stages import Stages
from harness.vault import Vault, frame, give_key_file
from harness.waiting import wait_for_end, wait_until


@pytest.fixture
def kept(home, server):
    """Signed in and refreshed twice, with an agent whose standard error can be read."""
    give_key_file(home)
    home.configure_for(server)
    home.said = []
    start(home)
    home.sign_in(server)
    for _ in range(2):
        home.run("refresh", "work").done()
    assert home.token() == "at-4"
    return home


def start(home):
    """Starts an agent whose words are kept; through a pipe, which is no file that fills a disk."""
    agent = home.start_agent()
    threading.Thread(
        target=lambda: home.said.extend(agent.stderr), name="stderr", daemon=True).start()
    wait_until(lambda: agent.poll() is not None or served(home), "the agent")


def served(home):
    with contextlib.suppress(OSError), home.connect():
        return True
    return False


def end(home):
    pid = home.agent_pid
    os.kill(pid, signal.SIGKILL)
    assert wait_for_end(pid)


def vault_of(home):
    """What `status` says of the vault."""
    home.run("agent").done()
    agent = home.report()["agent"]
    return {name: value for name, value in agent.items() if name.startswith("vault")}


def complaints(home):
    """What the agent has said, without the advice."""
    return [line for line in home.said if line.startswith("sallyport: ")]


def goes_on_in_memory(home, server, words):
    """A sign-in works, the fault is said where it can be seen, and nobody is sent away."""
    wait_until(lambda: "vault_error" in vault_of(home), "the vault to be looked at")
    facts = vault_of(home)
    assert words in facts["vault_error"], facts
    home.sign_in(server)
    token = home.token()
    home.run("refresh", "work").done()
    assert home.token() != token
    assert [words in line for line in complaints(home)] == [True], home.said
    assert "vault_error" in vault_of(home)
    return facts.get("vault_hint")


# Files that are none, are another's, or are not as they were written

def put(text):
    return lambda vault: vault.put(text(vault.bytes) if callable(text) else text)


def edited(**changes):
    return lambda vault: vault.put(vault.with_header(**changes))


def flipped(place):
    """One bit of a byte, counted from the beginning, or of a record."""
    def change(vault):
        data = bytearray(vault.bytes)
        data[place(vault) if callable(place) else place] ^= 1
        vault.put(bytes(data))
    return change


def sealed(vault, record):
    return vault.bytes[record.start + 18 + len(record.name):record.end - 4]


def repeated(vault):
    """An older session in the place of the last one, with the number and the checksum of that."""
    first, *_, last = vault.records
    vault.put(vault.bytes[:last.start] + frame(last.sequence, 1, "work", sealed(vault, first)))


def renamed(vault):
    """The last record, given to another account."""
    last = vault.records[-1]
    vault.put(vault.bytes[:last.start] + frame(last.sequence, 1, "other", sealed(vault, last)))


def later_kind(vault):
    last = vault.records[-1]
    vault.put(vault.bytes + frame(last.sequence + 1, 200, "work", bytes(40)))


def gap(vault):
    """A record taken out of the middle."""
    data, record = vault.bytes, vault.records[2]
    vault.put(data[:record.start] + data[record.end:])


def replaced_by(make):
    def change(vault):
        vault.path.unlink()
        make(vault.path)
    return change


MOVE = "mv -n"
FAULTS = {
    "empty": (put(b""), "it is empty", MOVE),
    "noise": (put(bytes(range(256)) * 20), "does not begin like one", MOVE),
    "text": (put(b"[work]\nissuer = https://a.example\n"), "does not begin like one", MOVE),
    "newer": (put(lambda data: data.replace(b"vault=1", b"vault=2", 1)),
              "later version of sallyport (format 2; this one knows up to 1)", None),
    "version 0": (put(lambda data: data.replace(b"vault=1", b"vault=0", 1)), "no vault", MOVE),
    "header cut": (put(lambda data: data[:100]), "header", MOVE),
    "header flipped": (flipped(60), "header is not as it was written", MOVE),
    "other line ends": (put(lambda data: data.replace(b"\n", b"\r\n", 3)), "vault", MOVE),
    "another file": (edited(file="0" * 32), "its header is not the one it was sealed with", MOVE),
    "first record": (flipped(lambda vault: vault.records[0].start + 40), "record 1", MOVE),
    "middle record": (flipped(lambda vault: vault.records[2].end - 10), "record 3", MOVE),
    "length": (flipped(lambda vault: vault.records[1].start + 6), "record 2", MOVE),
    "gap": (gap, "record 3", MOVE),
    "repeated": (repeated, "was tampered with", MOVE),
    "renamed": (renamed, "was tampered with", MOVE),
    "later kind": (later_kind, "kind 200", None),
    "link": (lambda vault: (vault.path.rename(vault.folder / "real"),
                            vault.path.symlink_to(vault.folder / "real")),
             "not a regular file", MOVE),
    "pipe": (replaced_by(os.mkfifo), "not a regular file", MOVE),
    "folder": (replaced_by(os.mkdir), "not a regular file", MOVE),
    "open to the group": (lambda vault: vault.path.chmod(0o640), "mode 640 lets others in",
                          "chmod 600"),
    "open to others": (lambda vault: vault.path.chmod(0o604), "mode 604 lets others in",
                       "chmod 600"),
}


def content(path):
    """What lies there, without following or opening what is no file."""
    facts = os.lstat(path)
    data = path.read_bytes() if path.is_file() else None
    return facts.st_ino, facts.st_mode, facts.st_mtime_ns, data


@pytest.mark.parametrize("spoil, words, hint", FAULTS.values(), ids=FAULTS)
def test_a_vault_that_cannot_be_used_is_said_and_left_alone(kept, server, spoil, words, hint):
    vault = Vault(kept)
    end(kept)
    spoil(vault)
    before = content(vault.path)
    kept.said.clear()
    start(kept)
    advice = goes_on_in_memory(kept, server, words)
    assert (advice or "").startswith(hint or "") and bool(advice) == bool(hint), advice
    kept.run("logout", "work").done()
    kept.run("stop").done()
    assert content(vault.path) == before


@pytest.mark.parametrize("name", ["empty", "newer", "renamed", "pipe", "open to the group"])
def test_nobody_is_told_that_there_is_no_session_where_there_may_be_one(kept, name):
    spoil, words, hint = FAULTS[name]
    end(kept)
    spoil(Vault(kept))
    for command in ["token", "refresh"]:
        result = kept.run(command, "work").failed(6, words)
        assert (result.hint or "").startswith(hint or "") and bool(result.hint) == bool(hint)


@pytest.mark.parametrize("name", ["noise", "another file", "middle record", "link", "folder"])
def test_the_advice_mends_it(kept, server, name):
    spoil, words, _ = FAULTS[name]
    vault = Vault(kept)
    end(kept)
    spoil(vault)
    kept.run("token", "work")
    advice = vault_of(kept)["vault_hint"]
    subprocess.run(advice, shell=True, check=True)
    assert not os.path.lexists(vault.path)
    assert os.path.lexists(shlex.split(advice)[-1])
    kept.run("stop").done()
    kept.sign_in(server)
    token = kept.token()
    end(kept)
    assert kept.token() == token and "vault_error" not in vault_of(kept)


def test_the_advice_for_a_file_that_others_may_read_keeps_the_session(kept):
    vault = Vault(kept)
    end(kept)
    vault.path.chmod(0o660)
    subprocess.run(vault_of(kept)["vault_hint"], shell=True, check=True)
    kept.run("stop").done()
    assert kept.token() == "at-4"


@needs_root
def test_a_vault_of_another_user_is_refused(kept, server):
    vault = Vault(kept)
    end(kept)
    os.chown(vault.path, STRANGER, STRANGER)
    before = content(vault.path)
    kept.said.clear()
    start(kept)
    goes_on_in_memory(kept, server, f"belongs to user {STRANGER}")
    assert content(vault.path) == before


@pytest.mark.parametrize("bad_mode", [0o770, 0o750, 0o701])
def test_a_folder_that_lets_others_in_is_refused(kept, server, bad_mode):
    vault = Vault(kept)
    end(kept)
    vault.folder.chmod(bad_mode)
    before = content(vault.path)
    kept.said.clear()
    start(kept)
    advice = goes_on_in_memory(kept, server, f"mode {bad_mode:o} lets others in")
    assert advice == f"chmod 700 {vault.folder}"
    assert content(vault.path) == before
    kept.run("stop").done()
    subprocess.run(advice, shell=True, check=True)
    assert kept.token() == "at-4"


def test_a_folder_that_is_a_link_is_refused(kept, server):
    vault = Vault(kept)
    end(kept)
    elsewhere = kept.root / "elsewhere"
    vault.folder.rename(elsewhere)
    vault.folder.symlink_to(elsewhere)
    before = content(elsewhere / "vault")
    kept.said.clear()
    start(kept)
    goes_on_in_memory(kept, server, "symbolic link")
    assert content(elsewhere / "vault") == before


# A write that a crash has cut

def test_whatever_a_crash_has_left_of_the_last_record_the_earlier_hold(kept):
    """Each length that a cut append can leave, and the session that is in force then."""
    vault = Vault(kept)
    end(kept)
    whole, records = vault.bytes, vault.records
    assert [record.kind for record in records] == [
        "session", "refresh-started", "session", "refresh-started", "session"]
    tokens = iter(["at-2", "at-2", "at-3", "at-3", "at-4"])
    for record, token in zip(records, tokens):
        lengths = {record.end}
        if record is not records[-1]:
            following = records[record.sequence]
            size = following.end - following.start
            lengths |= {record.end + part for part in (1, 4, 17, 18, 30, size // 2, size - 1)}
        for length in sorted(lengths):
            vault.put(whole[:length])
            assert kept.token() == token, length
            is_interrupted = record.kind == "refresh-started"
            assert ("warning" in kept.status()) is is_interrupted, length
            cut = length - record.end
            told = f"the last {cut} bytes of " in vault_of(kept).get("vault_error", "")
            assert told == (cut > 0), length
            end(kept)
            assert vault.bytes.startswith(whole[:record.end])
            assert vault.records[:record.sequence] == records[:record.sequence]


@pytest.mark.parametrize("tail", [b"\0" * 4096, b"SPR1", b"SPR1" + b"\xff" * 200, b"x" * 100_000])
def test_what_is_no_record_behind_the_last_one_is_cut_off(kept, tail):
    vault = Vault(kept)
    end(kept)
    whole = vault.bytes
    vault.put(whole + tail)
    assert kept.token() == "at-4"
    kept.run("refresh", "work").done()
    assert vault.bytes.startswith(whole) and len(vault.records) == 7
    assert vault.records[-1].end == len(vault.bytes)
    end(kept)
    assert kept.token() == "at-5"


def test_a_last_record_that_has_rotted_leaves_the_one_before(kept):
    vault = Vault(kept)
    end(kept)
    last = vault.records[-1]
    flipped((last.start + last.end) // 2)(vault)
    assert kept.token() == "at-3"
    assert "was interrupted" in kept.status()["warning"]


# While the agent runs

def test_a_file_put_in_the_vaults_place_is_not_touched(kept, server):
    vault = Vault(kept)
    data = vault.bytes
    vault.put(data)
    before = content(vault.path)
    kept.said.clear()
    for _ in range(3):
        kept.run("refresh", "work").done()
    assert kept.token() == "at-7"
    assert "no longer the file that was opened" in vault_of(kept)["vault_error"]
    assert len(complaints(kept)) == 1, kept.said
    assert content(vault.path) == before


def test_what_cannot_be_written_is_not_tried_without_end(home, server):
    stages = Stages(home)
    give_key_file(home)
    home.configure_for(server)
    home.sign_in(server)
    vault = Vault(home)
    vault.put(vault.bytes)
    home.run("refresh", "work").done()
    assert vault_of(home)["vault_error"]
    begun = stages.begun
    for _ in range(50):
        home.token()
    assert stages.begun == begun


@pytest.mark.parametrize("how", ["file", "folder"])
def test_a_vault_that_is_removed_meanwhile_is_made_again(kept, how):
    vault = Vault(kept)
    if how == "file":
        vault.path.unlink()
    else:
        shutil.rmtree(vault.folder)
    kept.run("refresh", "work").done()
    assert kept.token() == "at-5"
    kept.run("refresh", "work").done()
    assert "vault_error" not in vault_of(kept)
    end(kept)
    assert kept.token() == "at-6"


class Disk:
    """A disk as full as a test wants: no file of the agent may be written beyond some length."""

    def __init__(self, home):
        self.pid = home.agent_pid
        self.before = resource.prlimit(self.pid, resource.RLIMIT_FSIZE)

    def fill(self, length=0):
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (length, self.before[1]))

    def empty(self):
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, self.before)


@pytest.mark.parametrize("length", [0, 1, 100, 700])
def test_on_a_full_disk_the_session_goes_on_and_is_written_later(kept, length):
    """Nothing fits behind the records, and a new file gets no further than its header."""
    disk, vault = Disk(kept), Vault(kept)
    whole = vault.bytes
    kept.said.clear()
    disk.fill(length)
    for token in ["at-5", "at-6", "at-7"]:
        kept.run("refresh", "work").done()
        assert kept.token() == token
    assert "cannot use" in vault_of(kept)["vault_error"]
    # Once of the file, once of the one that should have taken its place.
    assert 1 <= len(complaints(kept)) <= 2, kept.said
    assert kept.agent_pid == disk.pid
    assert vault.bytes == whole and vault.others() == ["vault", "vault.lock"]
    disk.empty()
    kept.run("refresh", "work").done()
    wait_until(lambda: "vault_error" not in vault_of(kept), "the disk to be of use")
    assert vault.others() == ["vault", "vault.lock"]
    end(kept)
    assert kept.token() == "at-8"
    kept.run("refresh", "work").done()


@pytest.mark.parametrize("room", [1, 60, 300, 2000])
def test_a_record_that_fits_in_part_is_taken_back(kept, room):
    """What is written then is the whole file, anew: without the records that are of no use."""
    disk, vault = Disk(kept), Vault(kept)
    former = vault.header["file"]
    disk.fill(len(vault.bytes) + room)
    saved = 0
    for number in range(5, 13):
        kept.run("refresh", "work").done()
        assert kept.token() == f"at-{number}"
        assert vault.records[-1].end == len(vault.bytes)
        if "vault_error" not in vault_of(kept):
            saved = number
    assert vault.header["file"] != former and kept.agent_pid == disk.pid
    while "vault_error" in vault_of(kept):
        kept.run("refresh", "work").done()
        number += 1
    assert saved > 5
    end(kept)
    assert kept.token() == f"at-{number}"
    kept.run("refresh", "work").done()


def test_a_full_disk_that_has_room_again_is_written_without_anybody_asking(kept):
    disk = Disk(kept)
    disk.fill()
    kept.run("refresh", "work").done()
    assert vault_of(kept)["vault_error"]
    disk.empty()
    wait_until(lambda: "vault_error" not in vault_of(kept), "the next attempt")
    end(kept)
    assert kept.token() == "at-5"


def test_a_stop_says_what_could_not_be_saved(kept):
    Disk(kept).fill()
    kept.run("refresh", "work").done()
    stop = kept.run("stop").done()
    lost, ended = stop.errors.splitlines()
    assert lost.startswith("warning: 1 session could not be saved, and is lost with the agent (work)")
    assert "sallyport vault status" in lost and lost.endswith("sallyport login work")
    assert ended == "the agent has stopped" and stop.output == ""
    for agent in kept.agents:
        assert wait_for_end(agent.pid)


def test_a_stop_of_what_is_saved_says_nothing_more(kept):
    assert kept.run("stop").done().errors == "the agent has stopped\n"


def test_a_full_disk_at_the_first_sign_in(home, server):
    give_key_file(home)
    home.configure_for(server)
    home.said = []
    start(home)
    disk = Disk(home)
    disk.fill()
    home.sign_in(server)
    assert home.token() == "at-2" and vault_of(home)["vault_error"]
    assert not Vault(home).path.exists() or Vault(home).bytes == b""
    disk.empty()
    wait_until(lambda: "vault_error" not in vault_of(home), "the next attempt")
    end(home)
    assert home.token() == "at-2"


@needs_root
def test_a_real_disk_that_is_full(home, server):
    """No limit of the process: a file system without room."""
    vault = Vault(home)
    vault.folder.mkdir(mode=0o700, parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k,mode=700", "sallyport-test", vault.folder]
    if subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("nothing can be mounted here")
    try:
        give_key_file(home)
        home.configure_for(server)
        home.sign_in(server)
        whole = vault.bytes
        with contextlib.suppress(OSError), open(vault.folder / "filler", "wb") as filler:
            while True:
                filler.write(bytes(1024))
                filler.flush()
        for _ in range(20):
            home.run("refresh", "work").done()
        token = home.token()
        assert "no space left" in vault_of(home)["vault_error"].lower()
        assert vault.bytes.startswith(whole)
        (vault.folder / "filler").unlink()
        home.run("refresh", "work").done()
        wait_until(lambda: "vault_error" not in vault_of(home), "the disk to be of use")
        assert home.token() != token
        token = home.token()
        end(home)
        assert home.token() == token
        home.run("stop").done()
    finally:
        subprocess.run(["umount", "-l", vault.folder], check=True)


# What this user may not write: root may write everything

@pytest.fixture
def plain(home, request):
    """A user who is not root and has a vault, and what the commands have to be run with."""
    give_key_file(home)
    return request.getfixturevalue("plain_user")


def sign_in(home, server, options):
    login = home.start_login("work", "--redirect-uri", "com.example.app://callback", **options)
    home.run("callback", server.authorize(login.url).callback(), **options).done()
    return login.finish().done()


def agent_facts(home, options):
    return home.run("status", "--json", **options).done().json["agent"]


def test_a_read_only_folder_costs_no_session(plain, server):
    home, options = plain
    vault = Vault(home)
    vault.folder.mkdir(parents=True)
    if os.geteuid() == 0:
        owner = f"{STRANGER}:{STRANGER}"
        subprocess.run(["chown", "-R", owner, home.folder / ".local"], check=True)
    vault.folder.chmod(0o500)
    sign_in(home, server, options)
    assert home.run("token", "work", **options).line == "at-2"
    assert "permission denied" in agent_facts(home, options)["vault_error"].lower()
    home.run("refresh", "work", **options).done()
    assert list(vault.folder.iterdir()) == []
    vault.folder.chmod(0o700)
    home.run("refresh", "work", **options).done()
    wait_until(lambda: "vault_error" not in agent_facts(home, options), "the folder to be of use")
    home.run("stop", **options).done()
    assert home.run("token", "work", **options).line == "at-4"


def test_a_read_only_vault_is_read_and_never_replaced(plain, server):
    home, options = plain
    vault = Vault(home)
    sign_in(home, server, options)
    home.run("stop", **options).done()
    vault.path.chmod(0o400)
    vault.folder.chmod(0o500)
    before = content(vault.path)
    assert home.run("token", "work", **options).line == "at-2"
    home.run("refresh", "work", **options).done()
    assert home.run("token", "work", **options).line == "at-3"
    assert agent_facts(home, options)["vault_error"]
    assert content(vault.path) == before
    vault.folder.chmod(0o700)
