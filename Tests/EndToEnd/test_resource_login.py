"""A sign-in by the address of a protected resource: `sallyport login https://api.example/…`."""

import http.client
import json
import urllib.parse

import pytest
from harness.waiting import PATIENCE


@pytest.fixture
def practice(practices):
    return practices("--resource")


def ask(address, *headers):
    """The status of a resource's answer to a request with these header lines, and its members."""
    parts = urllib.parse.urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE)
    try:
        connection.request("GET", parts.path, headers=dict(
            line.split(": ", 1) for line in headers))
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def sign_in(home, practice, *words):
    """A sign-in that works, the redirect to a free port; gives what the person was asked."""
    words = [*words, "--redirect-uri", home.redirect_uri]
    login = home.start_login(*words)
    practice.person(home, login.url).done()
    login.finish().done()
    pairs = urllib.parse.parse_qsl(urllib.parse.urlsplit(login.url).query)
    return {name: [value for key, value in pairs if key == name] for name, _ in pairs}


def at(practice, path):
    return [one for one in practice.requests if one["path"] == path]


def setting(config, key):
    [line] = [line for line in config.splitlines() if line.split(" ")[0] == key]
    return line.partition("=")[2].strip()


def test_an_address_leads_to_a_token_that_is_good_there(home, practice):
    resource = practice["resource"]
    asked = sign_in(home, practice, resource)
    assert asked["resource"] == [resource] and asked["scope"] == ["read offline_access"]
    [form] = practice.forms("/token")
    assert form["resource"] == resource and form["client_id"] == asked["client_id"][0]
    token = home.token("localhost")
    status, members = ask(resource, f"Authorization: Bearer {token}")
    assert status == 200 and members["aud"] == [resource] and members["sub"] == "alice"
    first = at(practice, "/resource")[0]
    assert "authorization" not in {name.lower() for name, _ in first["headers"]}
    config = home.config.read_text()
    assert "[localhost]" in config and setting(config, "resource") == resource
    assert "client_id" not in config and "issuer" not in config
    home.run("refresh", "localhost").done()
    assert practice.forms("/token")[-1]["grant_type"] == "refresh_token"


def test_the_saved_account_signs_in_again_by_its_name_and_by_its_address(home, practice):
    resource = practice["resource"]
    clients = [sign_in(home, practice, *words)["client_id"]
               for words in [[resource], ["localhost"], [resource]]]
    assert clients[0] == clients[1] == clients[2]
    assert len(at(practice, "/register")) == 1
    assert home.config.read_text().count("[") == 1


def test_an_account_with_a_resource_alone_finds_its_server(home, practice):
    home.configure("api", resource=practice["resource"], redirect_uri=home.redirect_uri)
    practice.sign_in(home, "api")
    assert home.status("api")["issuer"] == practice.issuer
    assert ask(practice["resource"], f"Authorization: Bearer {home.token('api')}")[0] == 200


def test_a_client_of_ones_own_is_used(home, practice):
    asked = sign_in(home, practice, practice["resource"], "--client-id", "practice")
    assert asked["client_id"] == ["practice"]
    assert at(practice, "/register") == []
    assert setting(home.config.read_text(), "client_id") == "practice"


def test_the_account_s_own_scope_is_asked_for(home, practice):
    asked = sign_in(home, practice, practice["resource"], "--scope", "read write")
    assert asked["scope"] == ["read write"]


def test_more_scope_is_asked_for_together_with_what_was_granted(home, practice):
    sign_in(home, practice, practice["resource"])
    admin = practice["admin_resource"]
    token = home.token("localhost")
    assert ask(admin, f"Authorization: Bearer {token}")[0] == 403
    asked = sign_in(home, practice, admin)
    assert sorted(asked["scope"][0].split()) == ["admin", "offline_access", "read"]
    token = home.token("localhost")
    assert ask(admin, f"Authorization: Bearer {token}")[0] == 200
    assert ask(practice["resource"], f"Authorization: Bearer {token}")[0] == 200


def test_a_stronger_sign_in_is_asked_for(home, practice):
    sign_in(home, practice, practice["resource"])
    strong = practice["strong_resource"]
    assert ask(strong, f"Authorization: Bearer {home.token('localhost')}")[0] == 401
    asked = sign_in(home, practice, strong)
    assert asked["acr_values"] == ["urn:practice:strong"]
    assert "read" in asked["scope"][0].split()
    status, members = ask(strong, f"Authorization: Bearer {home.token('localhost')}")
    assert status == 200 and members["acr"] == "urn:practice:strong"


def test_a_step_up_keeps_the_resources_of_the_step_before(home, practice):
    steps = [practice[name] for name in ["resource", "admin_resource", "strong_resource"]]
    for step in steps:
        asked = sign_in(home, practice, step)
    assert sorted(asked["resource"]) == sorted(steps)


def test_a_token_is_not_shown_to_another_resource(home, practice, practices):
    sign_in(home, practice, practice["resource"])
    token = home.token("localhost")
    other = practices("--resource")
    sign_in(home, other, other["resource"])
    assert token not in json.dumps(other.requests)


def test_a_bound_token_is_good_with_its_proof(home, practice):
    resource = practice["resource"]
    asked = sign_in(home, practice, resource, "--dpop-bound-access-tokens")
    assert len(asked["dpop_jkt"][0]) == 43
    lines = home.run("token", "localhost", "--format", "header", "--method", "GET",
                     "--url", resource).done().output.splitlines()
    status, members = ask(resource, *lines)
    assert status == 200, (lines, members)
    bare = lines[0].replace("DPoP", "Bearer", 1)
    assert ask(resource, bare)[0] == 401


def test_a_bound_token_is_shown_with_a_proof_to_step_up(home, practice):
    sign_in(home, practice, practice["resource"], "--dpop-bound-access-tokens")
    asked = sign_in(home, practice, practice["admin_resource"])
    assert "admin" in asked["scope"][0].split()
    [shown] = [one for one in at(practice, "/resource/admin")]
    headers = {name.lower(): value for name, value in shown["headers"]}
    assert headers["authorization"].startswith("DPoP ") and headers["dpop"].count(".") == 2


def test_a_client_that_is_a_document_is_used_where_the_server_reads_such(home, practices):
    practice = practices("--resource", "--tls")
    document = f"{practice.issuer}/client.json"
    asked = sign_in(home, practice, practice["resource"], "--ca-file", practice.ca_file,
                    "--client-id-metadata-document", document)
    assert asked["client_id"] == [document]
    assert at(practice, "/register") == []


@pytest.mark.parametrize("fault, status, words, hint", [
    ("resource-200", 1, "answers without a token", "--issuer URL"),
    ("resource-302", 1, "redirect", None),
    ("resource-metadata-of-another", 1, "https://other.example/resource", "--issuer URL"),
    ("resource-server-other-issuer", 1, "calls its issuer", "--issuer http://localhost"),
    ("resource-metadata-503", 5, "status 503", None),
    ("registration-endpoint-missing", 1, "registers no clients by itself", "--client-id ID"),
])
def test_what_leads_nowhere_is_said_with_a_way_out(home, practices, fault, status, words, hint):
    practice = practices("--resource", "--fault", fault)
    result = home.run("login", practice["resource"], "--no-browser", "--timeout", PATIENCE)
    result.failed(status, words)
    if hint:
        assert result.hint.startswith("sallyport login ") and hint in result.hint
    assert not home.config.exists()


@pytest.mark.parametrize("address, words", [
    ("http://api.example/x", "http"), ("https://api.example/#part", "fragment"),
    ("https://me@api.example/", "user name"),
])
def test_an_address_that_must_not_be_asked_is_refused_at_once(home, address, words):
    result = home.run("login", address, "--no-browser")
    assert result.status in (1, 2) and words in result.errors, str(result)
