"""Refreshing at servers that rotate refresh tokens and end the session when one is used twice."""

import http.client
import subprocess
import urllib.parse

from support.waiting import wait_until

# Programs that ask at the same moment.
CROWD = 50


def refreshes(server, mark):
    """The refresh requests since `mark`."""
    return [
        e for e in server.proxy.since(mark, server.token_path)
        if e.fields["grant_type"] == "refresh_token"]


def current_refresh_token(server, mark):
    return server.proxy.since(mark, server.token_path)[-1].json["refresh_token"]


def refresh_at_the_server(server, client, token, issuer=None):
    """Uses a refresh token behind the program's back; gives the status."""
    form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": client.client_id}
    if client.secret is not None:
        form["client_secret"] = client.secret
    connection = http.client.HTTPConnection("localhost", server.proxy.port, timeout=60)
    try:
        connection.request(
            "POST", urllib.parse.urlsplit(issuer or server.issuer).path + server.token_path,
            urllib.parse.urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"})
        return connection.getresponse().status
    finally:
        connection.close()


def test_every_refresh_uses_the_newest_refresh_token(sallyport, server):
    sallyport.configure_for(server, server.public)
    mark = server.proxy.mark()
    sallyport.sign_in(server)
    tokens = [sallyport.run("token").done().line]
    for _ in range(5):
        assert sallyport.run("refresh", "work").done().output == ""
        tokens.append(sallyport.run("token").done().line)
    assert len(set(tokens)) == 6
    exchanges = server.proxy.since(mark, server.token_path)
    assert len(exchanges) == 6 and all(e.status == 200 for e in exchanges)
    for former, later in zip(exchanges, exchanges[1:]):
        assert later.fields["refresh_token"] == former.json["refresh_token"]
    sent = [e.fields["refresh_token"] for e in exchanges[1:]]
    assert len(set(sent)) == 5, "no refresh token is used twice"


def test_a_refresh_of_a_public_client_needs_no_discovery_and_no_secret(sallyport, server):
    sallyport.configure_for(server, server.public)
    sallyport.sign_in(server)
    mark = server.proxy.mark()
    sallyport.run("refresh", "work").done()
    [exchange] = server.proxy.since(mark)
    assert exchange.fields.keys() >= {"grant_type", "refresh_token", "client_id"}
    assert exchange.fields.keys() <= {"grant_type", "refresh_token", "client_id", "scope"}
    assert "Authorization" not in exchange.headers


def crowd_around(sallyport, server, command, question=""):
    """Starts many programs; lets a refresh reach the server when all of them are waiting."""
    with server.proxy.holding(server.token_path) as gate:
        programs = [
            subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                text=True, env=sallyport.environment, cwd=sallyport.home)
            for _ in range(CROWD)]
        for program in programs:
            program.stdin.write(question)
            program.stdin.close()
            program.stdin = None
        gate.wait_until_reached()
        wait_until(lambda: sallyport.connections() >= CROWD, "all programs to be connected")
        gate.release()
        answers = [program.communicate(timeout=60) for program in programs]
    assert [program.returncode for program in programs] == [0] * CROWD, answers
    return [output for output, _ in answers]


def test_a_crowd_at_the_instant_of_expiry_causes_one_refresh(sallyport, glewlwyd):
    sallyport.configure_for(glewlwyd, glewlwyd.public, issuer=glewlwyd.instance("short"))
    sallyport.sign_in(glewlwyd)
    wait_until(lambda: sallyport.status()["expires_in"] == 0, "the token to expire")
    mark = glewlwyd.proxy.mark()
    outputs = crowd_around(sallyport, glewlwyd, [sallyport.programs / "sallyport", "token"])
    [refresh] = refreshes(glewlwyd, mark)
    assert set(outputs) == {refresh.json["access_token"] + "\n"}


def test_a_crowd_that_forces_a_refresh_causes_one(sallyport, server):
    sallyport.configure_for(server, server.public)
    sallyport.sign_in(server)
    mark = server.proxy.mark()
    crowd_around(sallyport, server, [sallyport.programs / "sallyport", "refresh", "work"])
    assert len(refreshes(server, mark)) == 1


def test_a_wish_the_server_cannot_meet_costs_no_refresh(sallyport, server):
    sallyport.configure_for(server, server.public)
    sallyport.sign_in(server)
    token = sallyport.run("token").done().line
    mark = server.proxy.mark()
    result = sallyport.run("token", "--min-valid", 86400).done()
    assert result.line == token and "warning" in result.errors, str(result)
    assert refreshes(server, mark) == []


def test_a_crowd_after_an_erase_causes_one_refresh(sallyport, server):
    url = "https://git.example.com"
    sallyport.configure_for(server, server.public, credential_url=url)
    sallyport.sign_in(server)
    token = sallyport.run("token").done().line
    question = "protocol=https\nhost=git.example.com\n"
    sallyport.run("erase", input=f"{question}username=oauth2\npassword={token}\n\n").done()
    mark = server.proxy.mark()
    outputs = crowd_around(
        sallyport, server, ["git-credential-sallyport", "get"], question=question + "\n")
    [refresh] = refreshes(server, mark)
    assert all(f"password={refresh.json['access_token']}\n" in output for output in outputs)


def test_a_dead_refresh_token_asks_for_a_sign_in(sallyport, server):
    sallyport.configure_for(server, server.public, credential_url="https://git.example.com")
    mark = server.proxy.mark()
    sallyport.sign_in(server)
    first = current_refresh_token(server, mark)
    sallyport.run("refresh", "work").done()
    token = sallyport.run("token").done().line
    # The first one again: the server ends the whole family.
    assert refresh_at_the_server(server, server.public, first) in (400, 401, 403)

    result = sallyport.run("refresh", "work")
    assert result.status == 3, str(result)
    assert result.output == ""
    assert "sallyport login work" in result.errors
    assert len(result.errors.splitlines()) == 2
    answer = server.proxy.since(mark, server.token_path)[-1]
    assert answer.status == 400
    if server.explains_dead_refresh_tokens:
        assert answer.json["error"] == "invalid_grant"
    else:
        assert answer.answer == "", "glewlwyd says nothing at all"

    question = "protocol=https\nhost=git.example.com\n"
    sallyport.run("erase", input=f"{question}password={token}\n\n").done()
    result = sallyport.run("token")
    assert result.status == 3 and "sallyport login work" in result.errors, str(result)
    if server.explains_dead_refresh_tokens:
        assert sallyport.status()["state"] == "signed-out"


def test_signing_in_again_mends_a_dead_session(sallyport, server):
    sallyport.configure_for(server, server.public)
    mark = server.proxy.mark()
    sallyport.sign_in(server)
    first = current_refresh_token(server, mark)
    sallyport.run("refresh", "work").done()
    refresh_at_the_server(server, server.public, first)
    assert sallyport.run("refresh", "work").status == 3
    sallyport.sign_in(server)
    sallyport.run("refresh", "work").done()
    assert sallyport.status()["state"] == "signed-in"


def test_a_cut_connection_ends_no_session(sallyport, server):
    sallyport.configure_for(server, server.public)
    sallyport.sign_in(server)
    token = sallyport.run("token").done().line
    with server.proxy.cut():
        result = sallyport.run("refresh", "work")
        assert result.status == 5, str(result)
        assert sallyport.run("token").done().line == token
    sallyport.run("refresh", "work").done()
    assert sallyport.run("token").done().line != token
