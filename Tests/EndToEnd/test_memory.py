"""What others can see of agent and courier: no token in their memory, and no look at it."""

import os
import resource
import secrets
import shutil
import subprocess
import sys

import pytest
from harness.home import children
from harness.processes import STRANGER, become_stranger, descriptors, memory_holds, needs_root
from harness.waiting import PATIENCE

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


@pytest.fixture
def plain_user(home, server):
    """A home of a user who is not root: its own one where the tests are not run by root."""
    home.configure_for(server)
    if os.geteuid() != 0:
        yield home, {}
        return
    programs = home.root / "programs"
    programs.mkdir()
    for name in ["sallyport", "sallyport-agent", "sallyport-courier"]:
        shutil.copy(home.programs / name, programs)
    home.programs = programs
    home.environment["PATH"] = f"{programs}:{home.environment['PATH']}"
    subprocess.run(["chown", "-R", f"{STRANGER}:{STRANGER}", home.root], check=True)
    yield home, {"preexec_fn": become_stranger}
    # Root is a stranger to that user's agent.
    home.run("stop", preexec_fn=become_stranger).done()


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


@needs_root
def test_the_agents_memory_holds_no_token(home, server):
    """None at all where memfd_secret works, and none after a logout anywhere."""
    home.configure_for(server, credential_url="https://git.example.com")
    tokens = {name: secrets.token_hex(32) for name in ("access", "refresh")}
    server.changes = {"access_token": tokens["access"], "refresh_token": tokens["refresh"]}
    server.claims = {"at_hash": None}
    login = home.start_login()
    authorization = server.authorize(login.url)
    server.person(login.url)
    login.finish().done()
    home.token()
    home.run("get", input="protocol=https\nhost=git.example.com\n\n").done()
    server.sessions[tokens["refresh"]] = ("client-1", "openid")
    home.run("refresh", "work").done()
    words = [tokens["access"], tokens["refresh"], authorization.code,
             server.token_requests[0].form["code_verifier"]]
    pid = home.agent_pid
    guard = home.report()["agent"]["memory_guard"]
    if guard == "memfd_secret":
        assert memory_holds(pid, words) == set()
    else:
        assert tokens["refresh"] in memory_holds(pid, words), "the scan finds nothing"
    # The scan does find what is there.
    assert memory_holds(pid, [str(home.socket)])
    home.run("logout", "work").done()
    assert memory_holds(pid, words) == set()


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
