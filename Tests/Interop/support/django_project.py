"""A small Django project around django-oauth-toolkit: `django_project.py SETTINGS`, a JSON file.

The authorization server stands at /o, so that its issuer has a path; two resources at /api want
tokens of it and say in their challenges where their metadata is (RFC 9728).
"""

import json
import pathlib
import socketserver
import sys
import wsgiref.simple_server

import django
from django.conf import settings

FACTS = json.loads(pathlib.Path(sys.argv[1]).read_text())
SCOPES = {"openid": "who you are", "read": "read notes", "write": "write notes"}

LOGIN_PAGE = """<form method=post>{% csrf_token %}{{ form }}
<input type=hidden name=next value="{{ next }}"></form>"""

settings.configure(
    ALLOWED_HOSTS=["localhost", "127.0.0.1"],
    DATABASES={"default": {
        "ENGINE": "django.db.backends.sqlite3", "NAME": FACTS["database"],
        "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"}}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=[
        "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
        "oauth2_provider"],
    LOGGING={
        "version": 1, "disable_existing_loggers": False,
        "handlers": {"console": {"class": "logging.StreamHandler"}},
        "root": {"handlers": ["console"], "level": "INFO"}},
    LOGIN_URL="/login/",
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware"],
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="for tests on loopback alone",
    TEMPLATES=[{
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {"loaders": [
            ("django.template.loaders.locmem.Loader", {"registration/login.html": LOGIN_PAGE}),
            "django.template.loaders.app_directories.Loader"]}}],
    USE_TZ=True,
    OAUTH2_PROVIDER={
        "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
        "CIMD_ENABLED": True,
        "CIMD_METADATA_FETCHER": f"{__name__}.StoredDocument",
        "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
        "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
        "DCR_ENABLED": True,
        "DCR_REGISTRATION_PERMISSION_CLASSES": ("oauth2_provider.dcr.AllowAllDCRPermission",),
        "DEVICE_FLOW_INTERVAL": 1,
        "OAUTH_DEVICE_VERIFICATION_URI": f"{FACTS['url']}/o/device/",
        "OAUTH_DEVICE_VERIFICATION_URI_COMPLETE":
            lambda code: f"{FACTS['url']}/o/device/?user_code={code}",
        "OIDC_ENABLED": True,
        "OIDC_ISS_ENDPOINT": f"{FACTS['url']}/o",
        "OIDC_RP_INITIATED_LOGOUT_ENABLED": True,
        "OIDC_RP_INITIATED_LOGOUT_ALWAYS_PROMPT": False,
        "OIDC_RSA_PRIVATE_KEY": FACTS["key"],
        "REFRESH_TOKEN_REUSE_PROTECTION": True,
        "SCOPES": SCOPES,
    },
)
sys.modules["django_project"] = sys.modules[__name__]
django.setup()

# Only now can be imported what reads the settings.
from django.contrib.auth import views as account_views  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import JsonResponse  # noqa: E402
from django.urls import include, path  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402
from oauth2_provider import urls as provider_urls  # noqa: E402
from oauth2_provider.decorators import protected_resource_metadata  # noqa: E402
from oauth2_provider.models import Application  # noqa: E402
from oauth2_provider.settings import oauth2_settings  # noqa: E402
from oauth2_provider.views import OAuthProtectedResourceMetadataView  # noqa: E402


class StoredDocument:
    """Has a client's metadata document at hand, which else comes over the network."""

    def fetch(self, url):
        return {**FACTS["client_metadata"], "client_id": url}, 300


def notes(scope):
    """A resource that wants a token with the given scope."""
    metadata = f"{FACTS['url']}/.well-known/oauth-protected-resource/api/{scope}"

    @protected_resource_metadata(scopes=[scope], resource_metadata_url=metadata)
    def view(request):
        return JsonResponse({"user": request.resource_owner.username})

    return view


class NotesMetadata(OAuthProtectedResourceMetadataView):
    """Names the one scope a resource wants, not all there are."""

    def get_scopes_supported(self):
        return [self.kwargs["scope"]]


@csrf_exempt
def replace_key(request):
    """Signs with the key in the request from now on; the former one stays to be seen."""
    oauth2_settings.OIDC_RSA_PRIVATE_KEYS_INACTIVE = [oauth2_settings.OIDC_RSA_PRIVATE_KEY]
    oauth2_settings.OIDC_RSA_PRIVATE_KEY = request.body.decode()
    return JsonResponse({})


urlpatterns = [
    path(".well-known/oauth-protected-resource/api/<str:scope>", NotesMetadata.as_view()),
    path("key", replace_key),
    path("", include((provider_urls.metadata_urlpatterns, "metadata"))),
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
    path("login/", account_views.LoginView.as_view()),
    path("api/read", notes("read")),
    path("api/write", notes("write")),
]


class Server(socketserver.ThreadingMixIn, wsgiref.simple_server.WSGIServer):
    daemon_threads = True
    request_queue_size = 128


class Handler(wsgiref.simple_server.WSGIRequestHandler):
    def address_string(self):
        return self.client_address[0]


def main():
    call_command("migrate", verbosity=0)
    user = User.objects.create_user(**FACTS["user"])
    for client in FACTS["clients"]:
        Application.objects.create(user=user, **client)
    with wsgiref.simple_server.make_server(
            "127.0.0.1", FACTS["port"], get_wsgi_application(), Server, Handler) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
