"""Runs a real Keycloak on a free port of the loopback interface, with an empty database in memory.

    python3 keycloak_provider.py HOME

HOME is where tests/run unpacked and built it. Prints one line of JSON, {"url": ...}, when it answers. Each further line on
standard input, {"method": ..., "path": ..., "body": ...}, is a request to its admin API below /admin/realms, answered by one
line: {"status": ..., "body": ...}. Ends when standard input closes, and Keycloak with it.
"""

import json
import os
import re
import secrets
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

# Longer than it takes to start on a busy machine.
PATIENCE = 300
PASSWORD = secrets.token_urlsafe(24)


def start(home):
    environment = os.environ | {
        "KC_BOOTSTRAP_ADMIN_USERNAME": "admin",
        "KC_BOOTSTRAP_ADMIN_PASSWORD": PASSWORD,
        # It runs for a minute: what starts soonest is best.
        "JAVA_OPTS_KC_HEAP": "-Xms64m -Xmx512m",
        "JAVA_OPTS_APPEND": "-XX:TieredStopAtLevel=1",
    }
    options = ["--optimized", "--http-enabled=true", "--http-host=127.0.0.1", "--http-port=0", "--hostname-strict=false"]
    return subprocess.Popen(
        ["sh", os.path.join(home, "bin", "kc.sh"), "start", *options],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def end(server):
    """Ends kc.sh and the Java that it started, which are a group of their own."""
    try:
        os.killpg(server.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    server.wait()


def address(server):
    """The address that its log names once it listens."""
    lines = []
    for line in server.stdout:
        lines.append(line)
        if found := re.search(r"Listening on: (http://127\.0\.0\.1:\d+)", line):
            return found[1]
    sys.exit("Keycloak does not start:\n" + "".join(lines[-40:]))


def ask(method, url, token=None, body=None, form=None):
    headers, data = {}, None
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if form is not None:
        data = urllib.parse.urlencode(form).encode()
    elif body is not None:
        data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            status, text = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read()
    return status, json.loads(text) if text else None


def main():
    server = start(sys.argv[1])
    late = threading.Timer(PATIENCE, end, [server])
    late.start()
    try:
        url = address(server)
        late.cancel()
        # Nobody reads its log any more; a full pipe would stop it.
        threading.Thread(target=server.stdout.read, daemon=True).start()
        login = {"grant_type": "password", "client_id": "admin-cli", "username": "admin", "password": PASSWORD}
        token, got_at = None, 0.0
        print(json.dumps({"url": url}), flush=True)
        for line in sys.stdin:
            wanted = json.loads(line)
            # It lasts for a minute.
            if token is None or time.monotonic() - got_at > 30:
                status, answer = ask("POST", f"{url}/realms/master/protocol/openid-connect/token", form=login)
                if status != 200:
                    sys.exit(f"Keycloak does not let its admin in: HTTP {status}")
                token, got_at = answer["access_token"], time.monotonic()
            status, body = ask(wanted["method"], f"{url}/admin/realms{wanted['path']}", token, wanted.get("body"))
            print(json.dumps({"status": status, "body": body}), flush=True)
    finally:
        late.cancel()
        end(server)


if __name__ == "__main__":
    main()
