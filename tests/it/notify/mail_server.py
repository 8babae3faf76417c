"""A mail server for the tests: says where it listens, then prints each mail that it takes as a line of JSON.

Arguments: how it is protected (none, starttls, tls), its chain and key in PEM, and whether it wants a login (me, right).
"""

import asyncio
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

protection, chain, key, login = sys.argv[1:5]


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.1.1 there is no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "content": envelope.content.decode("utf-8"),
            "tls": session.ssl is not None or protection == "tls",
            "login": session.auth_data.login.decode() if session.auth_data else None,
            "hello": session.host_name,
        }
        print(json.dumps(mail), flush=True)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    right = data.login == b"me" and data.password == b"right"
    return AuthResult(success=right, handled=False, auth_data=data)


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(chain, key)
    return made


def smtp():
    wants_login = login == "yes"
    return SMTP(
        Handler(),
        hostname="mail.example.test",
        enable_SMTPUTF8=True,
        tls_context=context() if protection == "starttls" else None,
        require_starttls=protection == "starttls",
        authenticator=authenticate,
        auth_required=wants_login,
        auth_require_tls=protection == "starttls",
    )


async def main():
    server = await asyncio.get_running_loop().create_server(
        smtp, "127.0.0.1", 0, ssl=context() if protection == "tls" else None
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
