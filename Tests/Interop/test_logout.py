"""Signing out: the server is told, and what it refuses is said."""

import pytest
from test_refresh import refresh_at_the_server


@pytest.mark.parametrize("kind", ["posting", "basic"])
def test_a_confidential_client_revokes_its_tokens(sallyport, server, kind):
    client = getattr(server, kind)
    sallyport.configure_for(server, client)
    sallyport.sign_in(server)
    mark = server.proxy.mark()
    result = sallyport.run("logout", "work").done()
    assert result.output == "" and "warning" not in result.errors, str(result)
    assert "revoked" in result.errors
    revocations = server.proxy.since(mark, server.revocation_path)
    assert revocations and all(e.status == 200 for e in revocations)
    assert revocations[0].fields["token_type_hint"] == "refresh_token"
    result = sallyport.run("token")
    assert result.status == 3 and "sallyport login work" in result.errors, str(result)


def test_a_public_client_hears_what_became_of_its_tokens(sallyport, server):
    sallyport.configure_for(server, server.public)
    mark = server.proxy.mark()
    sallyport.sign_in(server)
    kept = server.proxy.since(mark, server.token_path)[-1].json["refresh_token"]
    mark = server.proxy.mark()
    result = sallyport.run("logout", "work").done()
    assert result.output == ""
    assert server.proxy.since(mark, server.revocation_path)
    if server.revokes_for_public_clients:
        assert "revoked" in result.errors and "warning" not in result.errors, str(result)
        assert refresh_at_the_server(server, server.public, kept) == 400
    else:
        assert "warning: work: the server has not revoked the tokens" in result.errors, str(result)
        assert "401" in result.errors
    assert sallyport.run("token").status == 3


def test_a_local_logout_tells_the_server_nothing(sallyport, server):
    sallyport.configure_for(server, server.public)
    sallyport.sign_in(server)
    mark = server.proxy.mark()
    sallyport.run("logout", "work", "--local").done()
    assert server.proxy.since(mark) == []
    assert sallyport.run("token").status == 3


def test_a_revoked_refresh_token_is_dead_at_the_server(sallyport, server):
    sallyport.configure_for(server, server.posting)
    mark = server.proxy.mark()
    sallyport.sign_in(server)
    kept = server.proxy.since(mark, server.token_path)[-1].json["refresh_token"]
    sallyport.run("logout", "work").done()
    assert refresh_at_the_server(server, server.posting, kept) >= 400
