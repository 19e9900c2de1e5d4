"""Surroundings that would trip a program: descriptors, folders, environments, arguments."""

import os
import shutil
import subprocess
import sys

import pytest
from harness.processes import become_stranger, needs_root
from harness.waiting import PATIENCE, wait_until


def shell(home, text, **options):
    """Runs a line of shell; gives the finished process."""
    return subprocess.run(["sh", "-c", text], env=home.environment, capture_output=True,
                          timeout=PATIENCE, cwd=home.folder, **options)


# Standard descriptors

# What a command does that prints nothing does not depend on where it would have printed it.
QUIET = [("get", 0), ("agent", 0), ("stop", 0), ("nonsense", 2), ("", 2), ("token nobody", 1)]


@pytest.mark.parametrize("command", ["version", "help", "status", "status --json", "token work"])
@pytest.mark.parametrize("closed", [">&-", ">&- <&-"])
def test_a_closed_standard_output_is_one_clear_line(signed_in, command, closed):
    done = shell(signed_in, f"sallyport {command} {closed}")
    assert done.returncode == 1
    assert done.stderr == b"sallyport: standard output is closed\n"


@pytest.mark.parametrize("command, status", QUIET)
def test_a_closed_standard_output_stops_nobody_who_prints_nothing(signed_in, command, status):
    done = shell(signed_in, f"sallyport {command} >&- <&-")
    assert done.returncode == status
    assert done.stderr.count(b"sallyport: ") == (1 if status else 0)


@pytest.mark.parametrize("command, status", [
    *QUIET, ("version", 1), ("login work --no-browser", 1), ("token work", 3), ("logout work", 0)])
def test_with_all_three_closed_it_only_ends(work, command, status):
    done = shell(work, f"sallyport {command} >&- 2>&- <&-")
    assert (done.returncode, done.stdout, done.stderr) == (status, b"", b"")


def test_a_closed_standard_error_changes_nothing_but_the_words(signed_in):
    done = shell(signed_in, "sallyport token work 2>&- <&-")
    assert (done.returncode, done.stdout) == (0, b"at-2\n")
    done = shell(signed_in, "sallyport token nobody 2>&-")
    assert (done.returncode, done.stdout) == (1, b"")


def test_a_sign_in_works_without_standard_input_and_error(work, server):
    login = work.start("login", "work", "--no-browser", preexec_fn=lambda: (
        os.close(0), os.close(2)))
    server.person(login.stdout.readline().strip())
    assert login.wait(PATIENCE) == 0


def test_an_agent_started_without_standard_descriptors_keeps_its_files_apart(work, server):
    """Whatever lands on 0, 1 or 2 would get words that are meant for people."""
    shell(work, "sallyport-agent >&- 2>&- <&- &")
    wait_until(work.socket.exists, "the socket")
    work.sign_in(server)
    assert work.token() == "at-2"


@pytest.mark.parametrize("command", ["token work", "version", "help", "status", "status --json"])
def test_a_reader_that_has_gone_is_one_clear_line(signed_in, command):
    reader, writer = os.pipe()
    os.close(reader)
    process = signed_in.start(*command.split(), stdout=writer)
    os.close(writer)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert errors == "sallyport: cannot write to standard output: broken pipe\n"


def test_a_pipe_to_a_program_that_ends_at_once(signed_in):
    done = shell(signed_in, "sallyport token work | true; sallyport token work 2>&1 | head -c 0")
    assert b"Fatal" not in done.stderr and b"rash" not in done.stderr


def test_a_full_disk_is_one_clear_line(signed_in):
    done = shell(signed_in, "sallyport token work > /dev/full")
    assert done.returncode == 1
    assert done.stderr.startswith(b"sallyport: cannot write to standard output: no space left")


def test_words_that_nobody_reads_change_no_status(work):
    done = shell(work, "{ sallyport token work; echo $? >&3; } 3>&1 2>&1 >/dev/null | cat >&2")
    assert b"nobody is signed in" in done.stderr
    reader, writer = os.pipe()
    os.close(reader)
    process = work.start("token", "work", stderr=writer)
    os.close(writer)
    assert process.wait(PATIENCE) == 3


# Surroundings

def test_a_folder_that_is_gone_is_no_trap(signed_in):
    folder = signed_in.root / "gone"
    folder.mkdir()
    done = shell(signed_in, f"cd '{folder}' && rmdir '{folder}' && sallyport token work")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"at-2\n", b"")


@needs_root
def test_a_folder_that_cannot_be_read_is_no_trap(home):
    folder = home.root / "closed"
    folder.mkdir(mode=0o000)
    programs = home.root / "programs"
    programs.mkdir()
    for name in ["sallyport", "sallyport-agent", "sallyport-courier"]:
        shutil.copy(home.programs / name, programs)
    home.root.chmod(0o755)
    for path in [home.folder, home.runtime]:
        os.chown(path, 54321, 54321)
    home.programs = programs

    def enter():
        os.chdir(folder)
        become_stranger()
    assert home.run("version", preexec_fn=enter).done().line.startswith("sallyport ")
    home.run("agent", preexec_fn=enter).done()
    home.run("token", "work", preexec_fn=enter).failed(1, "no account work is configured")
    home.run("login", "x", "--client-secret-file", "a", preexec_fn=enter)
    home.run("stop", preexec_fn=enter).done()


def bare(home, *words, **environment):
    """Runs it with nothing in the environment."""
    done = subprocess.run([home.programs / "sallyport", *words], env=environment,
                          capture_output=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_an_empty_environment_is_no_trap(home):
    assert bare(home, "version")[0] == 0
    assert bare(home, "help")[0] == 0
    if os.path.exists(f"/run/user/{os.getuid()}"):
        pytest.skip("the session's own folder stands in")
    for command in ["token", "status", "agent", "stop", "login", "get", "doctor"]:
        status, output, errors = bare(home, command)
        assert status in (0, 1, 2) and "at-" not in output, (command, status, output, errors)
        if command in ("token", "agent", "status"):
            assert errors.startswith("sallyport: ") and status == 1, (command, errors)


@pytest.mark.parametrize("arguments", ["None, None", "b'', None"], ids=["none", "empty"])
def test_an_empty_argument_vector_is_no_trap(home, arguments):
    # Python's own exec refuses what the kernel allows.
    code = f"""
import ctypes, sys
vector = (ctypes.c_char_p * 2)({arguments})
ctypes.CDLL(None).execve(sys.argv[1].encode(), vector, (ctypes.c_char_p * 1)(None))
"""
    done = subprocess.run([sys.executable, "-c", code, home.programs / "sallyport"],
                          capture_output=True, timeout=PATIENCE)
    assert done.returncode == 2 and done.stderr.startswith(b"sallyport: ")


@pytest.mark.parametrize("program", ["sallyport-agent", "sallyport-courier", "sallyport-practice"])
def test_the_other_programs_bear_a_bad_start_too(home, program):
    for words, redirection in [("--nonsense", ""), ("--help", ">&-"), ("--help", ">&- 2>&- <&-"),
                               ("--help", "< /dev/null > /dev/full")]:
        done = shell(home, f"{program} {words} {redirection} < /dev/null")
        assert 0 <= done.returncode <= 6, (program, words, redirection, done)


# Arguments

HOSTILE = [b"\xff\xfe", b"a\xffb", b"", b"\n", b"a\nb", b"\x1b[31m", b"--\xff", b"-", b"--", b"---",
           b"=", b"--=", b"a" * 100_000, "\u202ework".encode(), b"../../etc/passwd", b"work\0"[:4]]


@pytest.mark.parametrize("word", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("before", [[], ["token"], ["login"], ["token", "--format"],
                                    ["login", "--issuer"], ["callback"], ["completion"]])
def test_a_hostile_argument_is_one_clear_line(home, before, word):
    done = subprocess.run([home.programs / "sallyport", *before, word], env=home.environment,
                          capture_output=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)
    assert done.returncode in (1, 2), done
    assert done.stderr.startswith(b"sallyport: ") and len(done.stderr) < 10_000
    assert done.stderr.count(b"\n") <= 2 and b"\x1b" not in done.stderr
    assert done.stderr.decode().replace("\n", "").isprintable()
