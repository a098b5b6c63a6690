# SPDX-License-Identifier: Apache-2.0
"""A web server, a thread a connection. Its words are JSON: routes, of which each says what an
answer takes; workers, processes that share the port; backlog; accept = false: it accepts nobody.

A route: cpu_ms, sleep_ms, bytes, status, fail_every (each so many requests answers `status`),
upstream (a port that is asked first), upstream_path, tries (how often if it fails), statements,
which are asked of the PostgreSQL at the port `database`, with one of `pool` connections, so many
`times`; {} in one becomes a number; read, so many blocks of a file of file_megabytes, read_uncached, past the
cache; touch, so
many pages of the memory that it holds (holds_megabytes)."""
import http.client
import http.server
import itertools
import json
import mmap
import os
import queue
import random
import socket
import socketserver
import sys
import threading
import time

WORDS = json.loads(sys.argv[1])
BLOCK, BLOCKS = 65536, WORDS.get("file_megabytes", 32) << 4
OWN = threading.local()
ROUTES = WORDS.get("routes", {"/": {}})
COUNTS = {path: itertools.count(1) for path in ROUTES}


def work(seconds):
    begin = time.thread_time()
    while time.thread_time() - begin < seconds:
        sum(range(200))


def connections():
    import psycopg2
    found = queue.Queue()
    for _ in range(WORDS["pool"]):
        one = psycopg2.connect(host="127.0.0.1", port=WORDS["database"], user="postgres",
                               dbname="postgres")
        one.autocommit = True
        found.put(one)
    return found


def ask_database(route, number):
    connection = POOL.get()
    try:
        with connection.cursor() as cursor:
            for turn in range(route.get("times", 1)):
                for statement in route["statements"]:
                    cursor.execute(statement.format(number + turn))
                    cursor.fetchall()
    finally:
        POOL.put(connection)


def read_blocks(blocks, flags):
    """Of a file that is larger than what is read."""
    if not blocks:
        return
    buffer = mmap.mmap(-1, BLOCK)
    file = os.open("blocks", os.O_RDONLY | flags)
    for _ in range(blocks):
        os.preadv(file, [buffer], random.randrange(BLOCKS) * BLOCK)
    os.close(file)


def ask_upstream(port, path):
    """Over a connection of this thread's own."""
    if not hasattr(OWN, "upstream"):
        OWN.upstream = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        OWN.upstream.request("GET", path)
        response = OWN.upstream.getresponse()
        response.read()
        return response.status < 500
    except OSError:
        OWN.upstream.close()
        return False


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_GET(self):
        place = "/" + self.path.split("/")[1]
        route = ROUTES.get(place)
        if route is None:
            return self.answer(404, b"")
        number = int(self.path.split("/")[-1]) if "/" in self.path[1:] else 1
        fails = next(COUNTS[place]) % route.get("fail_every", 1) == 0
        status = route.get("status", 200) if fails else 200
        if "upstream" in route and not any(
                ask_upstream(route["upstream"], route.get("upstream_path", "/").format(number))
                for _ in range(route.get("tries", 1))):
            status = 502
        if "statements" in route:
            ask_database(route, number)
        work(route.get("cpu_ms", 0) / 1000)
        time.sleep(route.get("sleep_ms", 0) / 1000)
        read_blocks(route.get("read", 0), 0)
        read_blocks(route.get("read_uncached", 0), os.O_DIRECT)
        for _ in range(route.get("touch", 0)):
            HELD[random.randrange(len(HELD) // 4096) * 4096] ^= 1
        return self.answer(status, b"x" * route.get("bytes", 200))

    def answer(self, status, body):
        self.wfile.write(b"HTTP/1.1 %d Said\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
                         + body)

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = WORDS.get("backlog", 128)

    def handle_error(self, *_):
        pass


if any(key.startswith("read") for route in ROUTES.values() for key in route):
    with open("blocks", "wb") as blocks:
        blocks.write(os.urandom(BLOCK) * BLOCKS)
        os.fsync(blocks.fileno())
HELD = bytearray(os.urandom(4096) * (WORDS.get("holds_megabytes", 0) << 8))
POOL = connections() if "database" in WORDS else None
server = Server(("127.0.0.1", 0), Handler)
for _ in range(WORDS.get("workers", 1) - 1):
    if os.fork() == 0:
        break
else:
    print("ready", server.server_port, flush=True)
if WORDS.get("accept", True):
    server.serve_forever()
time.sleep(3600)
