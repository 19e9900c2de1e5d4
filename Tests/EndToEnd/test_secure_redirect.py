"""A redirect URI with https on this machine: TLS at the first door, and what comes there broken."""

import contextlib
import socket
import ssl

import pytest
from harness import browser
from harness.courier import CourierJob, settings_at
from harness.courier import browse as open_in_browser
from harness.keys import certificate, openssl
from harness.processes import needs_ipv6
from harness.waiting import accepts


def trusting(path):
    return ssl.create_default_context(cafile=str(path))


def fetch(url, certificate_path, address="127.0.0.1", method="GET", body=b"", fields=()):
    """One request over TLS, with the certificate checked."""
    parts = browser.urllib.parse.urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    with browser.connect(parts.port, address) as plain:
        with trusting(certificate_path).wrap_socket(
                plain, server_hostname=parts.hostname) as secured:
            secured.sendall(browser.request(target, parts.netloc, method, fields) + body)
            return browser.Reply(browser.read_all(secured))


class SecureDoor:
    """A sign-in whose listener speaks TLS."""

    def __init__(self, home, server, files, redirect_uri="https://127.0.0.1/callback", **changes):
        self.server, (self.certificate, key) = server, files
        self.job = CourierJob(home, job="login", **{
            "account": "work", "issuer": server.issuer, "client_id": "client-1", "timeout": 60,
            "redirect_uri": redirect_uri, "redirect_certificate": self.certificate,
            "redirect_key": key, **changes})
        self.announced = self.job.event("authorize")
        self.authorization = server.authorize(self.announced["url"])
        self.port = self.authorization.port

    def completes(self, address="127.0.0.1"):
        reply = fetch(self.authorization.callback(), self.certificate, address)
        assert reply.status == 303, reply.raw
        place = browser.urllib.parse.urljoin(
            self.authorization.redirect_uri, reply.fields["location"])
        assert "is signed in" in fetch(place, self.certificate, address).text
        assert self.job.done()["access_token"].startswith("at-")
        assert len(self.server.token_requests) == 1


@pytest.fixture
def files(key_folder, tmp_path):
    return certificate(tmp_path, "IP:127.0.0.1,IP:::1,DNS:localhost", "redirect")


@pytest.fixture
def secure_door(home, server, files):
    return SecureDoor(home, server, files)


def test_a_sign_in_over_tls(secure_door):
    assert secure_door.announced["redirect_uri"].startswith("https://127.0.0.1:")
    assert "paste" not in secure_door.announced
    secure_door.completes()


@needs_ipv6
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_localhost_is_answered_on_both_addresses(home, server, files, port, address):
    door = SecureDoor(home, server, files, f"https://localhost:{port}/callback")
    assert accepts(port, "127.0.0.1") and accepts(port, "::1")
    door.completes(address)


def test_a_form_comes_over_tls(home, server, files):
    door = SecureDoor(home, server, files, response_mode="form_post")
    query = browser.urllib.parse.urlsplit(door.authorization.callback()).query.encode()
    reply = fetch(
        door.authorization.redirect_uri, door.certificate, method="POST", body=query,
        fields=["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(query)}"])
    assert reply.status == 303
    door.job.done()


def test_every_version_from_1_2_is_spoken_and_none_before(secure_door):
    for version, works in [(ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True),
                           (ssl.TLSVersion.TLSv1_3, True)]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(str(secure_door.certificate))
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = version
        with browser.connect(secure_door.port) as plain:
            if not works:
                with pytest.raises((ssl.SSLError, OSError)):
                    context.wrap_socket(plain, server_hostname="127.0.0.1")
                continue
            with context.wrap_socket(plain, server_hostname="127.0.0.1") as secured:
                secured.sendall(browser.request("/other", f"127.0.0.1:{secure_door.port}"))
                assert browser.Reply(browser.read_all(secured)).status == 404
    secure_door.completes()


def test_plain_http_gets_nothing_and_changes_nothing(secure_door):
    host = f"127.0.0.1:{secure_door.port}"
    request = browser.request(secure_door.authorization.target(), host)
    assert b"HTTP" not in browser.send(secure_door.port, request).raw
    secure_door.completes()


@pytest.mark.parametrize("data", [
    b"", b"\x16", b"\x16\x03\x01", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", b"\0" * 70000,
    bytes(range(256)) * 16, b"\x15\x03\x03\x00\x02\x02\x28", b"SSH-2.0-x\r\n",
], ids=["nothing", "a byte", "a record's head", "half a hello", "zeros", "noise", "an alert", "ssh"])
def test_what_is_no_tls_changes_nothing(secure_door, data):
    with contextlib.ExitStack() as stack:
        for ending in ["stay", "close", "reset"]:
            connection = browser.connect(secure_door.port)
            with contextlib.suppress(OSError):
                connection.sendall(data)
            if ending == "stay":
                stack.enter_context(connection)
            else:
                if ending == "reset":
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                connection.close()
        secure_door.completes()


def test_slow_and_broken_handshakes_keep_nobody_out(secure_door):
    with contextlib.ExitStack() as stack:
        for number in range(300):
            slow = stack.enter_context(browser.connect(secure_door.port))
            slow.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[:number % 12])
        secure_door.completes()


def test_a_peer_that_is_secured_and_says_nothing_keeps_nobody_out(secure_door):
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            plain = stack.enter_context(browser.connect(secure_door.port))
            stack.enter_context(trusting(secure_door.certificate).wrap_socket(
                plain, server_hostname="127.0.0.1"))
        secure_door.completes()


def test_the_answer_may_come_byte_by_byte(secure_door):
    with browser.connect(secure_door.port) as plain:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with trusting(secure_door.certificate).wrap_socket(
                plain, server_hostname="127.0.0.1") as secured:
            host = f"127.0.0.1:{secure_door.port}"
            for byte in browser.request(secure_door.authorization.target(), host):
                secured.send(bytes([byte]))
            assert browser.Reply(browser.read_all(secured)).status == 303
    secure_door.job.done()


def test_a_kept_connection_brings_the_answer_and_takes_the_page(secure_door):
    with browser.connect(secure_door.port) as plain:
        with trusting(secure_door.certificate).wrap_socket(
                plain, server_hostname="127.0.0.1") as secured:
            def ask(target):
                secured.sendall(
                    f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{secure_door.port}\r\n\r\n".encode())
                reply = browser.Reply(b"")
                while not reply.is_whole:
                    reply.raw += secured.recv(65536)
                return reply
            first = ask(secure_door.authorization.target())
            assert first.status == 303
            assert "is signed in" in ask(first.fields["location"]).text
    secure_door.job.done()


def test_the_rules_of_the_door_are_the_same_over_tls(secure_door):
    def ask(target, **options):
        return fetch(f"https://127.0.0.1:{secure_door.port}{target}",
                     secure_door.certificate, **options).status
    assert ask("/callback?code=x&state=other") == 400
    assert ask("/other") == 404
    assert ask(secure_door.authorization.target(), method="POST") == 405
    secure_door.completes()


@pytest.mark.parametrize("mode", ["query", "form_post", "form_post.jwt"])
def test_the_practice_server_leads_there(home, practices, files, port, mode):
    redirect_uri = f"https://localhost:{port}/callback"
    practice = practices("--auto-approve", "alice", "--client", f"native,redirect={redirect_uri}")
    job = CourierJob(home, job="login", **settings_at(practice, 
        client_id="native", redirect_uri=redirect_uri, redirect_certificate=files[0],
        redirect_key=files[1], response_mode=mode))
    page = open_in_browser(home, job.event("authorize")["url"], "--ca-file", files[0])
    assert page["title"].startswith("Signed in")
    assert job.done()["sub"] == "alice"


@pytest.mark.parametrize("redirect_uri", [
    "https://127.0.0.1/callback", "http://127.0.0.1/callback", "https://app.example/callback"])
def test_who_has_to_trust_the_certificate_is_said(home, server, files, redirect_uri):
    door = CourierJob(home, job="login", **{
        "account": "work", "issuer": server.issuer, "client_id": "client-1", "timeout": 3,
        "redirect_uri": redirect_uri, "redirect_certificate": files[0], "redirect_key": files[1]})
    trust = f"the browser has to trust the redirect_certificate {files[0]}"
    is_trust_needed = redirect_uri.startswith("https://127.0.0.1")
    last = door.failed(5, "nobody signed in before the time was over")
    said = [block["message"] for block in door.blocks if block.get("event") == "waiting"]
    assert any(trust in message for message in said) == is_trust_needed
    assert (f"if the browser warns of this machine, {trust}; if the server"
            in last["error_description"]) == is_trust_needed


# Files that cannot be used

def refused(home, server, **changes):
    job = CourierJob(home, job="login", **{
        "account": "work", "issuer": server.issuer, "client_id": "client-1",
        "redirect_uri": "https://127.0.0.1/callback", **changes})
    return lambda *words: job.failed(1, *words)


def test_a_key_others_can_read_is_refused(home, server, files):
    files[1].chmod(0o644)
    last = refused(home, server, redirect_certificate=files[0], redirect_key=files[1])(
        "redirect_key", "others can read it")
    assert last["hint"] == f"chmod 600 {files[1]}"
    assert server.requests == []


@pytest.mark.parametrize("changes, words", [
    ({"redirect_key": None}, "needs its key in redirect_key"),
    ({"redirect_certificate": None}, "needs its certificate in redirect_certificate"),
    ({"redirect_certificate": "/nonexistent"}, "redirect_certificate"),
    ({"redirect_key": "/nonexistent"}, "redirect_key"),
    ({"redirect_certificate": "/etc/hostname"}, "no certificate"),
])
def test_files_that_are_missing_or_wrong_are_named(home, server, files, changes, words):
    settings = {"redirect_certificate": files[0], "redirect_key": files[1], **changes}
    refused(home, server, **settings)(words)


def test_a_key_of_another_certificate_is_refused(home, server, files, tmp_path):
    other = certificate(tmp_path, name="other")
    refused(home, server, redirect_certificate=files[0], redirect_key=other[1])(
        f"redirect_certificate {files[0]} and redirect_key {other[1]} cannot be used")


def test_a_certificate_for_another_host_is_refused(home, server, tmp_path):
    other = certificate(tmp_path, "DNS:localhost,DNS:127.0.0.1.example", "other")
    refused(home, server, redirect_certificate=other[0], redirect_key=other[1])("not for 127.0.0.1")


def test_a_name_in_the_subject_is_no_name(home, server, tmp_path):
    paths = tmp_path / "cn.crt", tmp_path / "cn.key"
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-days", 2, "-subj", "/CN=localhost", "-out", paths[0], "-keyout", paths[1])
    refused(home, server, redirect_uri="https://localhost:31999/callback",
            redirect_certificate=paths[0], redirect_key=paths[1])("not for localhost")


def test_without_a_certificate_nothing_is_listened_on(home, server):
    job = CourierJob(
        home, job="login", account="work", issuer=server.issuer, client_id="client-1",
        redirect_uri="https://127.0.0.1:31998/callback")
    announced = job.event("authorize")
    assert announced["paste"] == "yes" and not accepts(31998)


def test_a_port_that_is_taken_is_named(home, server, files, port):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        refused(home, server, redirect_uri=f"https://localhost:{port}/callback",
                redirect_certificate=files[0], redirect_key=files[1])(f"port {port}")


# Several redirect URIs

def test_the_first_that_is_free_is_taken_whatever_its_scheme(home, server, files, port):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        uris = [f"http://localhost:{port}/callback", "https://127.0.0.1/callback",
                "http://127.0.0.1/callback"]
        SecureDoor(home, server, files, uris).completes()


def test_the_failure_names_every_one_that_was_tried(home, server):
    with contextlib.ExitStack() as stack:
        ports = []
        for _ in range(3):
            taken = stack.enter_context(socket.socket())
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            ports.append(taken.getsockname()[1])
        job = CourierJob(
            home, job="login", account="work", issuer=server.issuer, client_id="client-1",
            redirect_uri=[f"http://localhost:{one}/callback" for one in ports])
        last = job.failed(1, "no redirect_uri can be listened for")
        for one in ports:
            assert f"http://localhost:{one}/callback port {one} is held by" \
                in last["error_description"]
        assert f"localhost:{ports[0] + 1}" in last["hint"]
