"""A Django site whose users sign in with django-allauth, on a free port of the loopback interface.

    python allauth_app.py '{"provider_url": "...", "client_id": "...", "client_secret": "...", "scope": ["openid"],
                            "pkce": true, "behind_proxy": true, "hosts": ["*"]}'

With "behind_proxy" it believes the X-Forwarded-Proto of the proxy before it. Prints one line of JSON ({"url": ...}) when
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
APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
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
        "allauth.account.middleware.AccountMiddleware",
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
    SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https") if WANTED.get("behind_proxy") else None,
    SOCIALACCOUNT_PROVIDERS={
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": WANTED.get("pkce", True),
            "SCOPE": WANTED.get("scope", ["openid", "profile", "email"]),
            "APPS": [
                {
                    "provider_id": "id",
                    "name": "Sign in",
                    "client_id": WANTED["client_id"],
                    "secret": WANTED.get("client_secret", "unknown"),
                    "settings": {"server_url": WANTED["provider_url"]},
                }
            ],
        }
    },
    LOGGING_CONFIG=None,
)
django.setup()

urlpatterns = [
    path("", lambda _request: HttpResponse("<!doctype html><title>An app</title><a href='/accounts/login/'>Sign in</a>")),
    path("accounts/", include("allauth.urls")),
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
