"""What others can see of agent and courier: they get no look at the memory, nor a copy of it."""

import os
import resource
import shutil
import signal
import subprocess
import sys

import pytest
from harness.home import children
from harness.processes import STRANGER, descriptors, needs_root
from harness.vault import give_key_file
from harness.waiting import PATIENCE, wait_for_end, wait_until

LOOK = """
import sys
for name in ["mem", "environ", "maps"]:
    try:
        open(f"/proc/{sys.argv[1]}/{name}", "rb").read(1)
        print(name, "is readable")
    except OSError:
        pass
library = ctypes.CDLL(None)
if library.ptrace(16, int(sys.argv[1]), 0, 0) == 0:
    print("can be traced")
"""


def test_no_other_process_of_the_user_can_look_into_agent_or_courier(plain_user):
    home, options = plain_user
    login = home.start_login("work", **options)
    agent = int(home.run("status", "--json", **options).done().json["agent"]["pid"])
    [courier] = children(agent)
    for pid in [agent, courier]:
        with open(f"/proc/{pid}/limits") as limits:
            [core] = [line.split() for line in limits if line.startswith("Max core file size")]
        assert core[4:6] == ["0", "0"]
        code = (f"import os; os.setgroups([]); os.setgid({STRANGER}); os.setuid({STRANGER})\n"
                if os.geteuid() == 0 else "")
        code = "import ctypes\n" + code + LOOK
        look = subprocess.run([sys.executable, "-c", code, str(pid)], capture_output=True,
                              text=True, timeout=PATIENCE)
        assert (look.stdout, look.stderr) == ("", "")
    login.process.terminate()
    login.finish()


def test_where_no_memory_can_be_locked_it_works_and_says_so(plain_user, server):
    home, options = plain_user
    become = options.get("preexec_fn", lambda: None)

    def start():
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))
        become()
    login = home.start_login(
        "work", "--redirect-uri", "com.example.app://callback", preexec_fn=start)
    home.run("callback", server.authorize(login.url).callback(), **options).done()
    login.finish().done()
    assert home.run("token", "work", **options).done().line == "at-2"
    status = home.run("status", "--json", **options).done().json
    assert status["agent"]["memory_guard"] == "plain"


# Core files

def ending_of(program, number, home, environment=None):
    """Starts a program with no limit on core files, sends a signal, and gives how it has ended."""
    child = subprocess.Popen(
        program, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        cwd=home.folder, env={**home.environment, **(environment or {})},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, 2 * [resource.RLIM_INFINITY]))
    if "sallyport" in str(program[0]):
        wait_until(home.socket.exists, "the agent")
        home.run("status").done()
    os.kill(child.pid, number)
    if not wait_for_end(child.pid):
        child.kill()
    _, ending = os.waitpid(child.pid, 0)
    said = child.stderr.read()
    child.stderr.close()
    child.returncode = ending
    return ending, said


@needs_root
@pytest.mark.parametrize("number", [signal.SIGABRT, signal.SIGSEGV, signal.SIGQUIT])
def test_no_core_file_is_made_whatever_the_limit(home, number):
    with open("/proc/sys/kernel/core_pattern") as pattern:
        if "/" in pattern.read():
            pytest.skip("core files of this machine go where this test does not look")
    # What a program without a guard leaves, so that it is known that the kernel would.
    ending, _ = ending_of(["sleep", "1000"], number, home)
    assert os.WTERMSIG(ending) == number and os.WCOREDUMP(ending)
    [core] = [path for path in home.folder.iterdir() if path.name.startswith("core")]
    core.unlink()
    ending, said = ending_of([home.programs / "sallyport-agent"], number, home)
    assert os.WTERMSIG(ending) == number and not os.WCOREDUMP(ending)
    # The runtime of the language could write one of its own kind, with what lies in the stack.
    assert said == b""
    assert not [path for folder in ["/", home.folder] for path in os.listdir(folder)
                if path.startswith("core")]


def test_a_debugger_of_the_same_user_gets_nothing(plain_user, tmp_path):
    if not shutil.which("gdb"):
        pytest.skip("this machine has no gdb")
    home, options = plain_user
    home.run("agent", **options).done()
    pid = home.run("status", "--json", **options).done().json["agent"]["pid"]
    core = home.root / "core-of-gdb"
    done = subprocess.run(
        ["gdb", "--batch", "--nx", "--pid", str(pid), "--eval-command", f"gcore {core}"],
        capture_output=True, text=True, timeout=PATIENCE, cwd=home.root, env=home.environment,
        stdin=subprocess.DEVNULL, **options)
    assert "Operation not permitted" in done.stderr or "not permitted" in done.stdout
    assert not core.exists()


# A file that may not grow

def test_a_limit_on_the_size_of_files_does_not_end_it(home, server):
    """Neither of the log nor of the vault; the couriers have the same limit."""
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    give_key_file(home)
    home.configure_for(server)
    home.run("agent", preexec_fn=limit).done()
    pid = home.agent_pid
    home.sign_in(server)
    home.run("refresh", "work").done()
    assert home.token() and home.agent_pid == pid
    assert "too large" in home.report()["agent"]["vault_error"]


@needs_root
def test_the_agent_has_no_internet_socket(work, server):
    login = work.start_login()
    inodes = {target for target in descriptors(work.agent_pid).values() if "socket:" in target}
    assert inodes
    for table in ["tcp", "tcp6", "udp", "udp6"]:
        if os.path.exists(f"/proc/net/{table}"):
            with open(f"/proc/net/{table}") as rows:
                numbers = {f"socket:[{row.split()[9]}]" for row in list(rows)[1:]}
            assert not inodes & numbers, table
    server.person(login.url)
    login.finish().done()
