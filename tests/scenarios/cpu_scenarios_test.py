#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Small real situations of the CPU, each with its truth: which finding, of what, harming whom.

Needs root and BPF. The server and what disturbs it share CPU 0, so that what else this host
does matters less; a situation without a disturber says nothing of its own server.
"""
import contextlib
import os
import pathlib
import subprocess
import sys
import threading
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from harness import WORKLOADS, case, expect, main, run  # noqa: E402

SERVER = """
import http.server, os, sys
os.sched_setaffinity(0, {0})
class Page(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = str(sum(range(20000))).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *words):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
print(server.server_port, flush=True)
server.serve_forever()
"""


@contextlib.contextmanager
def web_server():
    """A server on CPU 0 that is asked 50 times a second; gives its pid."""
    server = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True)
    stop = threading.Event()
    port = int(server.stdout.readline())

    def ask():
        while not stop.wait(0.02):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/page", timeout=5).read()

    client = threading.Thread(target=ask)
    client.start()
    try:
        yield server.pid
    finally:
        stop.set()
        client.join()
        server.kill()
        server.wait()


@contextlib.contextmanager
def hog():
    """A process that uses all of CPU 0; gives its pid."""
    words = [WORKLOADS / "burn", "--seconds", "60", "--cpu", "0"]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


def findings():
    return run("analyze", "-d", "6", "-f", "json").expect().json()["findings"]


@case("a hog beside a server that answers: the hog is named, the server is its victim")
def contention():
    os.sched_setaffinity(0, set(range(1, os.cpu_count())) or {0})
    with web_server() as server, hog() as suspect:
        time.sleep(1)
        found = findings()
    mine = [f for f in found if f["id"] == "cpu.background_contention"
            and f["target"]["pid"] == suspect]
    expect(mine, f"expected the hog {suspect} as a suspect, found {found}")
    victims = [victim["pid"] for victim in mine[0]["victims"]]
    expect(server in victims, f"expected the server {server} among the victims {victims}")
    expect(mine[0]["severity"] in ("warning", "critical"), "expected a warning or worse")


@case("a hog with nobody beside it is no contention")
def alone():
    with hog() as suspect:
        time.sleep(1)
        found = findings()
    bad = [f for f in found if f["target"]["pid"] == suspect and f["severity"] != "info"
           and not f["victims"]]
    expect(not bad, f"expected no warning of a hog without victims, found {bad}")


@case("a server that is asked and answers: no finding of it")
def healthy():
    with web_server() as server:
        time.sleep(1)
        found = findings()
    bad = [f for f in found if f["target"]["pid"] == server and f["category"] in ("http", "limits")]
    expect(not bad, f"expected no finding of the server {server}, found {bad}")


main()
