"""`vault` as a command: what it sends, what it says, and what becomes of the configuration."""

import pytest
from harness.agent import ScriptedAgent, block
from harness.terminal import Terminal

OPEN = block(vault="secret-service", vault_state="open", vault_path="/s/vault", accounts=3,
             bytes=20480, event="done")
DONE = block(event="done", vault="passphrase", vault_path="/s/vault")


# status


def test_status_says_where_sessions_are_kept(home):
    with ScriptedAgent(home, OPEN) as agent:
        result = home.run("vault", "status").done()
    assert agent.request == ["action=vault"]
    assert result.errors == ""
    assert result.output == ("vault: open\n  source    secret-service\n"
                             "  file      /s/vault, 20 KiB\n  accounts  3\n")


@pytest.mark.parametrize("state, words", [
    ("memory", "in memory alone"), ("absent", "not made yet"), ("sealed", "closed"),
    ("opening", "being opened"), ("locking", "being locked"), ("locked", "locked"),
    ("faulty", "cannot be used")])
def test_every_state_has_its_words(home, state, words):
    with ScriptedAgent(home, block(vault_state=state, event="done")):
        output = home.run("vault", "status").done().output
    assert output.startswith(f"vault: {words}")
    assert ("sallyport unlock" in output) == (state in ("sealed", "locked"))


def test_what_is_wrong_is_told_with_what_mends_it(home):
    answer = block(vault="passphrase", vault_state="open", vault_error="the disk is full",
                   vault_hint="df -h", event="done")
    with ScriptedAgent(home, answer):
        output = home.run("vault", "status").done().output
    assert "  error     the disk is full\n  try       df -h\n" in output


def test_another_setting_than_the_file_s_is_told(home):
    answer = block(vault="passphrase", configured="command = pass show x", vault_state="open",
                   event="done")
    with ScriptedAgent(home, answer):
        output = home.run("vault", "status").done().output
    assert "  setting   command = pass show x, which is not what is in use\n" in output
    assert "  try       sallyport vault change 'command = pass show x'\n" in output


def test_json_has_the_names_of_the_protocol(home):
    with ScriptedAgent(home, OPEN):
        assert home.run("vault", "status", "--json").done().json == {
            "vault": "secret-service", "vault_state": "open", "vault_path": "/s/vault",
            "accounts": 3, "bytes": 20480}


def test_text_of_the_agent_is_cleaned(home):
    with ScriptedAgent(home, block(vault_state="\x1b[2Jx", vault_error="\x1b]0;y\x07", event="done")):
        assert "\x1b" not in home.run("vault", "status").done().output


def test_without_an_agent_the_file_tells(home):
    assert home.run("vault", "status").done().output.startswith("vault: not made yet")
    folder = home.folder / ".local" / "state" / "sallyport"
    folder.mkdir(parents=True, mode=0o700)
    header = "sallyport-vault=1\nvault=00\nfile=11\nkey_source=passphrase\n\n"
    (folder / "vault").write_bytes(header.encode() + b"\xff" * 100)
    report = home.run("vault", "status", "--json").done().json
    assert report == {"vault": "passphrase", "vault_state": "closed",
                      "vault_path": str(folder / "vault"), "bytes": len(header) + 100}
    assert not home.socket.exists()


@pytest.mark.parametrize("content", [b"", b"\0" * 9000, b"x\n" * 5000, b"key_source=passphrase\n\n"])
def test_without_an_agent_a_file_that_is_no_vault_is_no_trouble(home, content):
    folder = home.folder / ".local" / "state" / "sallyport"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "vault").write_bytes(content)
    report = home.run("vault", "status", "--json").done().json
    assert report["vault_state"] == "closed" and "vault" not in report
    (folder / "vault").chmod(0o600)
    result = home.run("doctor")
    assert result.status == 1 and "cannot be read as a vault" in result.output


# Mistakes


@pytest.mark.parametrize("words, sentence", [
    ([], "vault needs one of status, change, export, import"),
    (["statsu"], "did you mean status?"),
    (["open"], "vault has no open: it has status, change, export, import"),
    (["status", "x"], "vault status takes no argument"),
    (["change"], "vault change needs an argument: SOURCE"),
    (["change", "command", "=", "x"], "one with spaces is put in quotes"),
    (["change", "disk"], "disk is none of memory, secret-service"),
    (["change", "command ="], "is none of memory"),
    (["change", "command = a\nb"], "is none of memory"),
    (["export"], "vault export needs an argument: FILE"),
    (["export", "a", "b"], "takes one argument"),
    (["export", ""], "a path is not empty"),
    (["import", "a", "--json"], "--json goes with vault status"),
    (["status", "--replace"], "--replace goes with vault import")])
def test_mistakes_are_named(home, words, sentence):
    assert home.run("vault", *words).failed(2, sentence).hint == "sallyport help vault"
    assert not home.socket.exists()


# change

CHANGES = {
    "no configuration": (None, "vault = secret-service\n"),
    "a line that is there": (
        "; mine\nvault = memory ; for now\n\n[work]\nclient_id = x\n",
        "; mine\nvault = secret-service ; for now\n\n[work]\nclient_id = x\n"),
    "no line": ("; about work\n[work]\nclient_id = x\n",
                "vault = secret-service\n\n; about work\n[work]\nclient_id = x\n"),
    "the same already": ("vault = secret-service\n", "vault = secret-service\n")}


@pytest.mark.parametrize("before, after", CHANGES.values(), ids=CHANGES)
def test_the_agent_changes_first_and_the_configuration_follows(home, before, after):
    if before is not None:
        home.write_config(before)
    with ScriptedAgent(home, OPEN, block(event="done", vault="secret-service")) as agent:
        result = home.run("vault", "change", "secret-service").done()
    assert agent.requests == ["action=vault\n\n", "action=vault-change\nsource=secret-service\n\n"]
    assert home.config.read_text() == after
    assert "which the keyring keeps" in result.errors and result.output == ""


def test_a_change_that_fails_leaves_the_configuration(home):
    home.write_config("vault = memory\n")
    with ScriptedAgent(home, OPEN, block(error="failed", error_description="no keyring answers")):
        home.run("vault", "change", "secret-service").failed(1, "no keyring answers")
    assert home.config.read_text() == "vault = memory\n"


def test_a_configuration_that_cannot_be_changed_is_told_with_its_line(home):
    home.write_config("[work]\n", mode=0o666)
    with ScriptedAgent(home, OPEN, DONE):
        result = home.run("vault", "change", "command = pass show a")
    assert result.status == 1
    assert "the vault has changed, but the configuration has not" in result.errors
    assert "    vault = " in result.errors.splitlines()[-1]
    assert home.config.read_text() == "[work]\n"


def test_what_no_line_can_hold_changes_nothing(home):
    """A vault under a command that nobody can configure would stay shut."""
    home.write_config("[work]\n")
    with ScriptedAgent(home, OPEN, DONE) as agent:
        result = home.run("vault", "change", "command = pass show \"a ; b\" x")
    assert result.status == 2
    assert "no line can hold" in result.errors
    assert agent.requests == []
    assert home.config.read_text() == "[work]\n"


def test_a_passphrase_is_typed_twice(home):
    with ScriptedAgent(home, OPEN, DONE) as agent:
        with Terminal(home, "vault", "change", "passphrase") as terminal:
            for question in "sallyport: new passphrase for the vault: ", "the same passphrase again: ":
                terminal.wait_for(question)
                terminal.write("correct horse\n")
            assert terminal.finish() == 0
    assert agent.requests[1] == (
        "action=vault-change\nsource=passphrase\npassphrase=correct horse\n\n")
    assert home.config.read_text() == "vault = passphrase\n"


def test_a_locked_vault_is_opened_before_the_new_passphrase_is_asked_for(home):
    sealed = block(vault="passphrase", vault_state="sealed", event="done")
    locked = block(error="locked", error_description="the vault is locked", needs="passphrase")
    with ScriptedAgent(home, sealed, locked, block(event="done", accounts=1), DONE) as agent:
        with Terminal(home, "vault", "change", "passphrase") as terminal:
            terminal.wait_for("sallyport: passphrase to unlock: ")
            terminal.write("the old one\n")
            for question in "sallyport: new passphrase for the vault: ", "the same passphrase again: ":
                terminal.wait_for(question)
                terminal.write("the new one\n")
            assert terminal.finish() == 0
    assert [request.split("\n")[0] for request in agent.requests] == [
        "action=vault", "action=unlock", "action=unlock", "action=vault-change"]
    assert "passphrase=the old one\n" in agent.requests[2]
    assert "passphrase=the new one\n" in agent.requests[3]


def test_memory_tells_where_the_file_has_gone(home):
    with ScriptedAgent(home, OPEN, block(event="done", vault="memory", former="/s/vault.1")):
        result = home.run("vault", "change", "memory").done()
    assert "end with the agent" in result.errors
    assert "the file that was used so far is /s/vault.1 now" in result.errors
    assert home.config.read_text() == "vault = memory\n"


def test_without_anybody_to_ask_nothing_is_changed(home):
    with ScriptedAgent(home, OPEN) as agent:
        home.run("vault", "change", "passphrase", "--no-ask").failed(1, "cannot ask for a new passphrase")
    assert len(agent.requests) == 1 and not home.config.exists()


# export and import


def test_an_export_is_sealed_under_a_passphrase_of_its_own(home):
    path = home.folder / "sessions"
    with ScriptedAgent(home, OPEN, block(event="done", accounts=3)) as agent:
        result = home.run("vault", "export", "sessions", "--passphrase-stdin", input="long enough").done()
    assert agent.requests[1] == f"action=vault-export\npath={path}\npassphrase=long enough\n\n"
    assert result.errors == f"3 sessions are written to {path}, sealed under the passphrase\n"


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_nothing_is_written_over(home, kind):
    path = home.folder / "there"
    {"file": path.touch, "folder": path.mkdir, "link": lambda: path.symlink_to("nowhere")}[kind]()
    home.run("vault", "export", path, "--passphrase-stdin", input="x").failed(
        1, "refusing to write over", "not there yet")
    assert not home.socket.exists()


def test_an_import_tells_what_it_has_taken_and_what_not(home):
    path = home.folder / "sessions"
    path.touch()
    answer = "event=done\naccounts=1\naccount[]=work\nskipped[]=home\n\n"
    with ScriptedAgent(home, OPEN, answer) as agent:
        result = home.run("vault", "import", path, "--replace", "--passphrase-stdin", input="x").done()
    assert agent.requests[1] == f"action=vault-import\npath={path}\npassphrase=x\nreplace=yes\n\n"
    assert result.errors.splitlines() == [
        "work is signed in", "home was left alone: it is signed in here already (see --replace)"]


def test_an_import_of_what_is_not_there_asks_for_nothing(home):
    home.run("vault", "import", "nowhere").failed(1, "cannot read", "nowhere")
    assert not home.socket.exists()


def test_a_wrong_passphrase_of_a_file_is_not_that_of_the_vault(home):
    path = home.folder / "sessions"
    path.touch()
    wrong = block(error="locked", error_description="the passphrase does not open it")
    with ScriptedAgent(home, OPEN, wrong, wrong, wrong) as agent:
        with Terminal(home, "vault", "import", path) as terminal:
            for times in 1, 2, 3:
                terminal.wait_for(f"sallyport: passphrase of {path}: ", times=times)
                terminal.write(f"try {times}\n")
            assert terminal.finish() == 4
    assert len(agent.requests) == 4 and "sallyport unlock" not in terminal.text
    with ScriptedAgent(home, OPEN, wrong) as agent:
        result = home.run("vault", "import", path, "--passphrase-stdin", input="x")
        assert result.failed(4, "does not open it").hint is None
