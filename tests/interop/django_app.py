"""A Django site whose users sign in with django-allauth or mozilla-django-oidc, on a free port of the loopback interface.

    python django_app.py '{"library": "allauth", "provider_url": "...", "authorization_endpoint": "...", "client_id": "...",
                           "client_secret": "...", "scope": ["openid"], "pkce": true, "behind_proxy": true,
                           "trusted_origins": ["https://..."]}'

django-allauth reads the provider's discovery document, mozilla-django-oidc ("mozilla") is given its endpoints. With "behind_proxy" it believes the X-Forwarded-Proto of the proxy before it. Forms may come from "trusted_origins", as
Paperless-ngx sets them from PAPERLESS_URL; without them only from the address that Django believes to have. Prints one line of JSON ({"url": ...}) when
it listens. Ends when standard input closes.
"""

import json
import os
import secrets
import socketserver
import sys
import tempfile
import threading
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import include, path

WANTED = json.loads(sys.argv[1])
FOLDER = tempfile.TemporaryDirectory()
SCOPE = WANTED["scope"]
ALLAUTH = [
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
]
IS_ALLAUTH = WANTED["library"] == "allauth"
APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    *(ALLAUTH if IS_ALLAUTH else ["mozilla_django_oidc"]),
]

settings.configure(
    SECRET_KEY=secrets.token_hex(),
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=APPS,
    # Tables are made at once instead of migration by migration.
    MIGRATION_MODULES={app.rpartition(".")[2]: None for app in APPS},
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{FOLDER.name}/db.sqlite3"}},
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        *(["allauth.account.middleware.AccountMiddleware"] if IS_ALLAUTH else []),
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
    CSRF_TRUSTED_ORIGINS=WANTED["trusted_origins"],
    SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https") if WANTED["behind_proxy"] else None,
    SOCIALACCOUNT_PROVIDERS={
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": WANTED["pkce"],
            "SCOPE": SCOPE,
            "APPS": [
                {
                    "provider_id": "id",
                    "name": "Sign in",
                    "client_id": WANTED["client_id"],
                    "secret": WANTED["client_secret"],
                    "settings": {"server_url": WANTED["provider_url"]},
                }
            ],
        }
    },
    OIDC_RP_CLIENT_ID=WANTED["client_id"],
    OIDC_RP_CLIENT_SECRET=WANTED["client_secret"],
    OIDC_RP_SCOPES=" ".join(SCOPE),
    OIDC_RP_SIGN_ALGO="RS256",
    OIDC_USE_PKCE=WANTED["pkce"],
    OIDC_OP_AUTHORIZATION_ENDPOINT=WANTED["authorization_endpoint"],
    # Nothing here signs in.
    OIDC_OP_TOKEN_ENDPOINT=WANTED["provider_url"],
    OIDC_OP_USER_ENDPOINT=WANTED["provider_url"],
    OIDC_OP_JWKS_ENDPOINT=WANTED["provider_url"],
    LOGGING_CONFIG=None,
)
django.setup()

urlpatterns = [
    path("", lambda _request: HttpResponse("<!doctype html><title>An app</title><a href='/accounts/login/'>Sign in</a>")),
    path("accounts/", include("allauth.urls")) if IS_ALLAUTH else path("oidc/", include("mozilla_django_oidc.urls")),
]


class Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, format, *args):
        pass


def end_with_standard_input():
    sys.stdin.read()
    FOLDER.cleanup()
    os._exit(0)


call_command("migrate", run_syncdb=True, verbosity=0)
server = make_server("127.0.0.1", 0, get_wsgi_application(), Server, Quiet)
threading.Thread(target=end_with_standard_input, daemon=True).start()
print(json.dumps({"url": f"http://127.0.0.1:{server.server_port}"}), flush=True)
server.serve_forever()
