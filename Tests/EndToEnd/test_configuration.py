"""The configuration file: a fault names file and line, a secret stays private, a change counts."""

import subprocess

import pytest

FAULTS = {
    "unknown key": ("[work]\nissuer = https://a.example\nclinet_id = 1\n", 3, "client_id"),
    "key of an account above": ("client_id = 1\n[work]\n", 1, "account"),
    "key of the agent below": ("[work]\nvault = memory\n", 2, "agent"),
    "twice": ("[work]\nclient_id = 1\nclient_id = 2\n", 3, "client_id is given twice"),
    "section twice": ("[work]\n[other]\n[work]\n", 3, "another section [work]"),
    "no value": ("[work]\nclient_id =\n", 2, "no value"),
    "no equals": ("[work]\nclient_id\n", 2, ""),
    "open section": ("[work\nclient_id = 1\n", 1, ""),
    "strange name": ("[a b]\nclient_id = 1\n", 1, ""),
    "control character": ("[work]\nclient_id = a\x1b[31mb\n", 2, ""),
    "nul": ("[work]\nclient_id = a\0b\n", 2, ""),
    "bad scope": ('[work]\nscope = a"b\\c\n', 2, "scope"),
    "bad issuer": ("[work]\nissuer = nonsense\n", 2, "issuer"),
    "http issuer": ("[work]\nissuer = http://a.example\n", 2, "issuer"),
    "bad method": ("[work]\ntoken_endpoint_auth_method = x\n", 2, "token_endpoint_auth_method"),
    "bad flag": ("[work]\ndpop_bound_access_tokens = maybe\n", 2, "dpop_bound_access_tokens"),
    "bad redirect": ("[work]\nredirect_uri = nonsense\n", 2, "redirect_uri"),
    "reserved parameter": ("[work]\nauthorize.state = x\n", 2, "state"),
    "http git server": ("[work]\ncredential_url = http://git.example\n", 2, "credential_url"),
}


@pytest.mark.parametrize("text, line, words", FAULTS.values(), ids=FAULTS)
def test_a_fault_in_the_configuration_names_file_and_line(home, text, line, words):
    home.write_config(text)
    for command in [["login", "work", "--no-browser"], ["token", "work"], ["refresh", "work"]]:
        home.run(*command).failed(1, f"{home.config}, line {line}: ", words)


def test_a_fault_never_repeats_the_line(home):
    home.write_config("[work]\nclient_id = 1\nclient_secert = hunter2-hunter2\nhunter3-hunter3\n")
    for command in [["login", "work"], ["token", "work"], ["status"], ["doctor"]]:
        result = home.run(*command)
        assert "hunter" not in result.errors + result.output


@pytest.mark.parametrize("mode", [0o660, 0o602])
def test_a_configuration_that_others_can_change_is_refused(work, mode):
    work.config.chmod(mode)
    result = work.run("login", "work", "--no-browser").failed(1, "can be changed by others")
    assert result.hint == f"chmod go-w {work.config}"
    subprocess.run(result.hint, shell=True, check=True)
    work.start_login()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_secret_that_others_can_read_is_refused(home, server, mode):
    home.configure_for(server, client_secret="very-secret")
    home.config.chmod(mode)
    result = home.run("login", "work", "--no-browser").failed(1, "client_secret")
    assert result.hint == f"chmod 600 {home.config}" and "very-secret" not in result.errors
    subprocess.run(result.hint, shell=True, check=True)
    home.sign_in(server)
    # A file without a secret may be read by others.
    home.write_config(home.config.read_text().replace("client_secret = very-secret\n", ""), mode)
    login = home.start_login()
    server.person(login.url)
    login.finish().done()


@pytest.mark.parametrize("mode", [0o644, 0o640])
def test_a_secret_file_that_others_can_read_is_refused(home, server, mode):
    path = home.folder / "secret"
    path.write_text("very-secret\n")
    path.chmod(mode)
    home.configure_for(server, client_secret_file=path)
    result = home.run("login", "work", "--no-browser").failed(1, str(path))
    assert "very-secret" not in result.errors
    assert result.hint is None or "chmod" in result.hint


def test_a_secret_file_that_is_missing_is_named(home, server):
    home.configure_for(server, client_secret_file=home.folder / "nothing")
    home.run("login", "work", "--no-browser").failed(1, "nothing")


@pytest.mark.parametrize("command, words", [
    ("exit 3", "client_secret_command"), ("true", "client_secret_command"),
    ("missing-program", "client_secret_command"), ("printf 'a\\001b'", "")])
def test_a_secret_command_that_fails_is_one_clear_line(home, server, command, words):
    home.configure_for(server, client_secret_command=command)
    home.run("login", "work", "--no-browser").failed(1, words)


def test_a_configuration_that_is_no_file(home):
    home.config.mkdir(parents=True)
    result = home.run("token", "work")
    assert result.status == 1 and str(home.config) in result.complaint


def test_a_configuration_of_5_mib_is_refused(home):
    home.write_config("; " + "x" * (5 << 20))
    home.run("token", "work").failed(1, "longer than")


def test_a_changed_configuration_counts_without_a_restart(work, server):
    work.run("token", "work").failed(3)
    pid = work.agent_pid
    work.configure_for(server, "second")
    work.run("token", "second").failed(3, "nobody is signed in to second")
    work.write_config("nonsense\n")
    work.run("token", "second").failed(1, "line 1")
    assert work.agent_pid == pid


def test_a_broken_configuration_costs_no_session(signed_in):
    text = signed_in.config.read_text()
    signed_in.write_config(text + "nonsense\n")
    assert signed_in.token() == "at-2"
    signed_in.config.unlink()
    assert signed_in.token() == "at-2"
    signed_in.write_config(text)
    assert signed_in.token() == "at-2"


def test_an_account_without_a_server_or_a_client_is_explained(home, server):
    home.configure("work", client_id="1")
    home.run("login", "work", "--no-browser").failed(1, "neither")
    home.write_config(f"[work]\nissuer = {server.issuer}\n")
    result = home.run("login", "work", "--no-browser").failed(1, "client_id", "registers no clients")
    # The options of the command line come along, so that the advice can be pasted.
    assert result.hint == "sallyport login work --client-id ID --no-browser"


@pytest.mark.parametrize("vault", ["plaintext", "nonsense", "command =", "memory, passphrase"])
def test_a_vault_that_is_not_there_is_never_replaced_silently(home, server, vault):
    home.write_config(f"vault = {vault}\n")
    home.configure_for(server)
    home.run("login", "work", "--no-browser").failed(1, "vault")


def test_a_secret_is_not_sent_to_another_server(home, servers):
    own, other = servers(), servers()
    path = home.folder / "secret"
    path.write_text("very-secret\n")
    path.chmod(0o600)
    home.configure_for(own, client_secret_file=path)
    result = home.run("login", "work", "--no-browser", "--issuer", other.issuer).failed(
        2, "client_secret_file of work", "issuer names another")
    assert f"try: sallyport login NEWNAME --issuer {other.issuer} --client-id ID" in result.errors
    assert own.requests == [] and other.requests == []
