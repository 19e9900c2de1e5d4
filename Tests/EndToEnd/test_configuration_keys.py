"""Every key of an account: an unfit value is told at its line, and at its option."""

import subprocess

import pytest
from harness.agent import SIGNED_IN, ScriptedAgent

UNFIT = {
    "issuer": ["nonsense", "http://a.example", "https://a.example/#x", "https://u@a.example"],
    "device_authorization_endpoint": ["http://a.example/device", "device"],
    "pushed_authorization_request_endpoint": ["http://a.example/par", "a.example/par"],
    "registration_endpoint": ["http://a.example/register", "https://u@a.example/register"],
    "end_session_endpoint": ["http://a.example/bye"],
    "userinfo_endpoint": ["ftp://a.example/me"],
    "resource": ["api", "http://a.example/", "https://a.example/#x"],
    "response_mode": ["fragment", "form-post", "JWT"],
    "token_endpoint_auth_method": ["private_key", "basic"],
    "token_endpoint_auth_signing_alg": ["none", "es256", "ES512"],
    "client_assertion_audience": ["https://a.example", "token"],
    "client_key_id": ["é"],
    "client_id_metadata_document": [
        "http://localhost/client.json", "https://a.example", "https://a.example/x/../c.json"],
    "post_logout_redirect_uri": ["bye", "http://a.example/bye"],
}

PATHS = ["client_secret_file", "client_key_file", "client_certificate_file", "redirect_certificate",
         "redirect_key", "initial_access_token_file", "ca_file"]

FLAGS = ["require_pushed_authorization_requests", "dpop_bound_access_tokens"]

CASES = [(key, value) for key, values in UNFIT.items() for value in values]


@pytest.mark.parametrize("key, value", [
    *CASES, *((key, "relative/file.pem") for key in PATHS), *((key, "maybe") for key in FLAGS)])
def test_an_unfit_value_is_told_at_its_line(home, key, value):
    home.write_config(f"[work]\n{key} = {value}\n")
    result = home.run("login", "work").failed(1, f"{home.config}, line 2: {key} ")
    assert "nonsense" not in result.errors
    assert not home.socket.exists()


@pytest.mark.parametrize("key, value", CASES)
def test_an_unfit_value_is_told_at_its_option(home, key, value):
    option = "--" + key.replace("_", "-")
    result = home.run("login", "work", option, value).failed(2)
    assert option in result.complaint or "issuer" in result.complaint
    assert result.hint.startswith("sallyport ")
    assert not home.socket.exists()


@pytest.mark.parametrize("key", FLAGS)
def test_a_flag_takes_no_value(home, key):
    option = "--" + key.replace("_", "-")
    home.run("login", "work", f"{option}=maybe").failed(2, f"{option} takes no value")


@pytest.mark.parametrize("key", [*UNFIT, *PATHS, *FLAGS])
def test_a_key_given_twice_is_told(home, key):
    value = {"resource": None, **dict.fromkeys(PATHS, "~/x"), **dict.fromkeys(FLAGS, "no"),
             "response_mode": "query", "token_endpoint_auth_method": "none",
             "token_endpoint_auth_signing_alg": "ES256", "client_key_id": "1",
             "client_assertion_audience": "issuer"}.get(key, "https://a.example/x")
    if value is None:
        # The one of them that may stand several times.
        home.write_config(f"[work]\n{key} = https://a.example/\n{key} = https://b.example/\n")
        assert home.run("status", "work").done().output.count("  resource  https://") == 2
        return
    home.write_config(f"[work]\n{key} = {value}\n{key} = {value}\n")
    home.run("login", "work").failed(1, f"line 3: {key} is given twice")


@pytest.mark.parametrize("name", ["dpop_jkt", "client_assertion", "response_mode", "request_uri"])
def test_a_parameter_of_the_sign_in_itself_is_refused(home, name):
    home.run("login", "work", "--authorize", f"{name}=x").failed(2, f"authorize.{name} is refused")


@pytest.mark.parametrize("key", PATHS)
def test_a_relative_path_on_the_command_line_is_from_the_current_folder(home, key):
    option = "--" + key.replace("_", "-")
    with ScriptedAgent(home, SIGNED_IN, SIGNED_IN) as agent:
        home.run("login", "work", option, "a.pem", "--no-save").done()
        home.run("login", "work", option, "~/a.pem", "--no-save").done()
    assert f"\n{key}={home.folder}/a.pem\n" in agent.requests[0]
    assert f"\n{key}=~/a.pem\n" in agent.requests[1]


# doctor

KEY = "-----BEGIN PRIVATE KEY-----\nMA==\n-----END PRIVATE KEY-----\n"


def problems(home):
    result = home.run("doctor", "work")
    lines = result.output.splitlines()
    found = [line.split(None, 1)[1] for line in lines if line.startswith("problem")]
    assert result.status == (1 if found else 0)
    return found, [line.strip() for line in lines if line.startswith("         try:")]


def configure(home, **settings):
    home.configure("work", issuer="https://a.example", client_id="x",
                   redirect_uri=home.redirect_uri, **settings)


def test_doctor_finds_a_key_that_others_can_read(home):
    path = home.folder / "key.pem"
    path.write_text(KEY)
    path.chmod(0o644)
    configure(home, client_key_file="~/key.pem")
    found, hints = problems(home)
    assert found == [f"work: the client_key_file {path} can be read by others"]
    assert hints[0] == f"try: chmod 600 {path}"
    subprocess.run(hints[0].removeprefix("try: "), shell=True, check=True)
    assert problems(home)[0] == []


@pytest.mark.parametrize("key, text, words", [
    ("client_key_file", None, "cannot be read: no such file or directory"),
    ("client_key_file", "nonsense\n", "has no private key in PEM"),
    ("redirect_key", KEY.replace("PRIVATE", "ENCRYPTED PRIVATE"), "is encrypted"),
    ("client_certificate_file", KEY, "has no certificate in PEM"),
    ("initial_access_token_file", "\n", "has nothing on its first line")])
def test_doctor_looks_into_files(home, key, text, words):
    path = home.folder / "file"
    if text is not None:
        path.write_text(text)
        path.chmod(0o600)
    configure(home, **{key: path})
    found, _ = problems(home)
    assert any(key in line and words in line for line in found), found
    assert "nonsense" not in "".join(found)


@pytest.mark.parametrize("settings, words", [
    ({"token_endpoint_auth_method": "private_key_jwt"}, "private_key_jwt but no client_key_file"),
    ({"token_endpoint_auth_method": "tls_client_auth"}, "no client_certificate_file"),
    ({"token_endpoint_auth_method": "client_secret_jwt"}, "client_secret_jwt but no client_secret"),
    ({"redirect_certificate": "/etc/hostname"}, "redirect_certificate and redirect_key")])
def test_doctor_finds_what_is_missing(home, settings, words):
    configure(home, **settings)
    found, _ = problems(home)
    assert any(words in line for line in found), found


def test_doctor_warns_of_what_will_surprise(home):
    configure(home, dpop_bound_access_tokens="yes", credential_url="https://git.example",
              client_id_metadata_document="https://localhost/client.json")
    output = home.run("doctor", "work").done().output
    assert "git cannot send such a token" in output
    assert "where a server elsewhere cannot fetch it" in output


def test_doctor_knows_of_pictures(home):
    home.environment["PATH"] = f"{home.root / 'bin'}:{home.programs}"
    assert "with qrencode installed, a QR code too" in home.run("doctor").output
    path = home.root / "bin" / "qrencode"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    assert "login --device shows a QR code" in home.run("doctor").output
