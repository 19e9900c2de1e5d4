"""Servers that change the key they sign with."""

from support import jwt
from test_refresh import refreshes


def test_a_new_key_is_fetched_when_a_refresh_brings_it(sallyport, django_oauth):
    sallyport.configure_for(django_oauth, django_oauth.public)
    sallyport.sign_in(django_oauth)
    former = jwt.parts(sallyport.run("token", "--format", "id-token").done().line)[0]["kid"]
    mark = django_oauth.proxy.mark()
    sallyport.run("refresh", "work").done()
    assert django_oauth.proxy.since(mark, "/jwks.json") == [], "the keys are known"

    django_oauth.replace_key()
    sallyport.run("refresh", "work").done()
    [refresh] = refreshes(django_oauth, mark)[1:]
    assert jwt.parts(refresh.json["id_token"])[0]["kid"] != former
    assert len(django_oauth.proxy.since(mark, "/jwks.json")) == 1

    sallyport.run("refresh", "work").done()
    assert len(django_oauth.proxy.since(mark, "/jwks.json")) == 1, "the new keys are kept"


def test_a_sign_in_after_a_change_of_keys_works(sallyport, django_oauth):
    sallyport.configure_for(django_oauth, django_oauth.public)
    sallyport.sign_in(django_oauth)
    django_oauth.replace_key()
    sallyport.sign_in(django_oauth)
    assert sallyport.status()["state"] == "signed-in"
