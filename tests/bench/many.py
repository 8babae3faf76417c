"""A thousand targets, each with a provider and a Kasm of its own: what scraping, waiting and restarting cost.

The two of a demo stand behind a proxy that answers at every loopback address and puts that address in place of theirs.
"""

import asyncio
import gzip
import http.client
import multiprocessing
import os
import pathlib
import re
import signal
import statistics
import subprocess
import tempfile
import time

# What the table says: name, bar (at most), unit.
BARS = [
    ("/metrics, MB", 9),
    ("/metrics, CPU ms a scrape", 20),
    ("/metrics with gzip, CPU ms a scrape", 60),
    ("series a target", 200),
    ("/api/v1/targets, ms a page of 1,000", 30),
    ("/-/healthy p99 while scraped, ms", 5),
    ("resident memory, scraped every 15 s, MiB", 100),
    ("start with a journal to healthy, ms", 100),
    ("journal writes, GB a day", 0.2),
]


def _proxy(real: dict[int, str], ready) -> None:
    """Serves each port of `real` at every loopback address, from the address that it maps to."""

    async def pump(reader, writer, port: int) -> None:
        mine, theirs = None, real[port]
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                lines = head.decode("latin-1").split("\r\n")
                headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
                mine = headers["host"].split(":")[0]
                body = await reader.readexactly(int(headers.get("content-length", 0)))

                def swapped(text: bytes, out: bool) -> bytes:
                    for p, address in real.items():
                        for colon in (":", "%3A"):
                            pair = f"{mine}{colon}{p}".encode(), address.replace(":", colon).encode()
                            text = text.replace(*(pair if out else reversed(pair)))
                    return text

                body = swapped(body, True)
                kept = [swapped(lines[0].encode(), True).decode()]
                for line in lines[1:]:
                    name = line.split(":")[0].lower()
                    if line and name not in ("content-length", "accept-encoding", "host", "connection"):
                        kept.append(swapped(line.encode(), True).decode())
                kept += [f"host: {theirs}", "connection: close", f"content-length: {len(body)}", "", ""]
                host, _, at = theirs.partition(":")
                r, w = await asyncio.open_connection(host, int(at))
                w.write("\r\n".join(kept).encode("latin-1") + body)
                answer = await r.read()
                w.close()
                top, _, rest = answer.partition(b"\r\n\r\n")
                if b"transfer-encoding: chunked" in top.lower():
                    whole, left = b"", rest
                    while left:
                        size, _, left = left.partition(b"\r\n")
                        count = int(size, 16)
                        whole, left = whole + left[:count], left[count + 2 :]
                    rest = whole
                rest = swapped(rest, False)
                drop = (b"content-length", b"transfer-encoding", b"connection")
                top = [line for line in swapped(top, False).split(b"\r\n") if line.split(b":")[0].lower() not in drop]
                writer.write(b"\r\n".join([*top, b"content-length: %d" % len(rest), b"", b""]) + rest)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, KeyError):
            pass
        finally:
            writer.close()

    async def serve() -> None:
        servers = [
            await asyncio.start_server(lambda r, w, p=port: pump(r, w, p), "0.0.0.0", port, backlog=4096) for port in real
        ]
        ready.set()
        await asyncio.gather(*(server.serve_forever() for server in servers))

    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    asyncio.run(serve())


def _get(port: int, path: str, headers: dict | None = None) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers=headers or {})
    return connection.getresponse().read()


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/-/ready")
    return connection.getresponse().status == 200


def _cpu(pid: int) -> float:
    """CPU seconds, in nanoseconds' resolution."""
    return sum(int((task / "schedstat").read_text().split()[0]) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()) / 1e9


def _status(pid: int, field: str) -> int:
    return int(re.search(rf"^{field}:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text(), re.M).group(1))


def _written(pid: int) -> int:
    return int(re.search(r"^write_bytes: (\d+)", pathlib.Path(f"/proc/{pid}/io").read_text(), re.M).group(1))


def _healthy(port: int, seconds: float, stop) -> list[float]:
    found, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end and not stop.is_set():
        began = time.perf_counter()
        _get(port, "/-/healthy")
        found.append(time.perf_counter() - began)
        time.sleep(0.005)
    return found


def measure(ssowatch: pathlib.Path, provider: str, kasm: str, free_port, wait_healthy, targets=1000, minutes=3) -> list[tuple]:
    """The rows of the table: name, value, bar."""
    ports = free_port(), free_port()
    context = multiprocessing.get_context("fork")
    ready = context.Event()
    proxy = context.Process(target=_proxy, args=({ports[0]: provider, ports[1]: kasm}, ready))
    proxy.start()
    ready.wait(10)
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        config = pathlib.Path(folder, "ssowatch.yml")
        address = lambda n: f"127.1.{n >> 8}.{n & 255}"
        row = lambda n: (
            f"  - {{name: t{n:04}, provider: {{url: 'http://{address(n)}:{ports[0]}'}}, "
            f"kasm: {{url: 'http://{address(n)}:{ports[1]}'}}}}\n"
        )
        config.write_text("targets:\n" + "".join(row(n) for n in range(1, targets + 1)))

        def start() -> tuple[subprocess.Popen, int, float]:
            port, began = free_port(), time.perf_counter()
            process = subprocess.Popen(
                [ssowatch, "serve", f"--config.file={config}", f"--storage.path={folder}/journal",
                 f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
            return process, port, wait_healthy(port, began)

        process, port, _ = start()
        try:
            while not _is_ready(port):
                if process.poll() is not None:
                    raise SystemExit("the daemon ended")
                time.sleep(1)
            written, began = _written(process.pid), time.perf_counter()
            text = _get(port, "/metrics").decode()
            found["/metrics, MB"] = len(text) / 1e6
            lines = [line for line in text.splitlines() if 'target="' in line]
            found["series a target"] = len(lines) / targets
            for name, headers in (
                ("/metrics, CPU ms a scrape", {}),
                ("/metrics with gzip, CPU ms a scrape", {"Accept-Encoding": "gzip", "Accept": "application/openmetrics-text"}),
            ):
                _get(port, "/metrics", headers)
                costs = []
                for _ in range(10):
                    # What rounds cost in the same time is measured beside it, and taken off.
                    idle = _cpu(process.pid)
                    time.sleep(0.25)
                    before, at = _cpu(process.pid), time.perf_counter()
                    _get(port, "/metrics", headers)
                    took = time.perf_counter() - at
                    costs.append((_cpu(process.pid) - before) - (before - idle) * took / 0.25)
                found[name] = statistics.median(costs) * 1e3
            pages = []
            for _ in range(10):
                at = time.perf_counter()
                _get(port, "/api/v1/targets?limit=1000")
                pages.append(time.perf_counter() - at)
            found["/api/v1/targets, ms a page of 1,000"] = statistics.median(pages) * 1e3

            with multiprocessing.get_context("fork").Pool(1) as pool, multiprocessing.Manager() as manager:
                stop = manager.Event()
                asked = pool.apply_async(_healthy, (port, minutes * 60 + 60, stop))
                end = time.perf_counter() + minutes * 60
                while time.perf_counter() < end:
                    gzip.decompress(_get(port, "/metrics", {"Accept-Encoding": "gzip"}))
                    time.sleep(max(0.0, min(15.0, end - time.perf_counter())))
                stop.set()
                found["/-/healthy p99 while scraped, ms"] = statistics.quantiles(asked.get(), n=100)[98] * 1e3
            found["resident memory, scraped every 15 s, MiB"] = _status(process.pid, "VmRSS") / 1024
            days = (time.perf_counter() - began) / 86400
            found["journal writes, GB a day"] = (_written(process.pid) - written) / days / 1e9
            process.terminate()
            process.wait()
            starts = []
            for _ in range(3):
                process, port, took = start()
                starts.append(took)
                process.terminate()
                process.wait()
            found["start with a journal to healthy, ms"] = statistics.median(starts) * 1e3
        finally:
            process.kill()
            process.wait()
            proxy.terminate()
            proxy.join()
    return [(name, found[name], bar) for name, bar in BARS]
