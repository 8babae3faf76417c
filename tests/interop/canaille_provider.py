"""Starts Canaille, an OpenID provider from PyPI that we did not write, on a free port of the loopback interface.

    python canaille_provider.py '{"client_id": "...", "redirect_uris": ["..."], "scopes": ["openid", "profile"]}'

Everything is kept in memory. Prints one line of JSON ({"url": ...}) when it listens. A line `rotate` on standard input
replaces the signing key, which one more such line tells. Ends when standard input closes.
"""

import json
import logging
import os
import secrets
import sys
import threading
from urllib.parse import urlsplit

from joserfc import jwk
from werkzeug.serving import make_server

from canaille import create_app
from canaille.app import models
from canaille.backends import Backend


class Served:
    """The application that is served: another one after a rotation, and none before the port is known."""

    app = None

    def __call__(self, environ, start_response):
        return self.app(environ, start_response)


def new_app(wanted: dict, url: str):
    key = jwk.RSAKey.generate_key(2048, parameters={"use": "sig", "alg": "RS256"}, auto_kid=True)
    app = create_app(
        config={
            "SECRET_KEY": secrets.token_hex(16),
            # What the issuer is made of.
            "SERVER_NAME": urlsplit(wanted.get("issuer", url)).netloc,
            "PREFERRED_URL_SCHEME": "http",
            "CANAILLE": {"DATABASE": "memory", "JAVASCRIPT": False},
            "CANAILLE_OIDC": {
                "ACTIVE_JWKS": [key.as_dict(private=True)],
                "REQUIRE_NONCE": wanted.get("nonce_required", False),
            },
        }
    )
    with app.app_context():
        client = models.Client(
            client_id=wanted.get("client_id", "kasm"),
            client_secret=secrets.token_hex(16),
            client_name="Kasm",
            redirect_uris=wanted.get("redirect_uris", ["http://127.0.0.1/api/oidc_callback"]),
            grant_types=["authorization_code"],
            response_types=["code"],
            scope=wanted.get("scopes", ["openid", "profile", "email", "groups"]),
            token_endpoint_auth_method="client_secret_basic",
        )
        Backend.instance.save(client)
    return app


def main() -> None:
    wanted = json.loads(sys.argv[1] if len(sys.argv) > 1 else "{}")
    logging.disable(logging.CRITICAL)
    served = Served()
    server = make_server("127.0.0.1", 0, served, threaded=True)
    url = f"http://127.0.0.1:{server.server_port}"

    def serve() -> None:
        served.app = new_app(wanted, url)
        print(json.dumps({"url": url}), flush=True)

    threading.Thread(target=server.serve_forever, daemon=True).start()
    serve()
    for line in sys.stdin:
        if line.strip() == "rotate":
            serve()
    os._exit(0)


main()
