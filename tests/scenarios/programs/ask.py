# SPDX-License-Identifier: Apache-2.0
"""Clients of a web server. Their words are JSON: host, port, paths ({} becomes a number), rate a second
of all, connections, keep = false: a new connection for each request, burst: all of them at the
same moment of the clock, as often as the rate allows, over connections that were made before, one
after the other, timeout."""
import http.client
import itertools
import json
import sys
import threading
import time

WORDS = json.loads(sys.argv[1])
PATHS = WORDS.get("paths", ["/"])
CONNECTIONS = WORDS.get("connections", 1)
PERIOD = CONNECTIONS / WORDS["rate"]


def connect():
    return http.client.HTTPConnection(WORDS.get("host", "127.0.0.1"), WORDS["port"],
                                      timeout=WORDS.get("timeout", 30))


def ask(connection, start):
    due = time.monotonic() + start
    for number in itertools.count():
        time.sleep(max(0, due - time.monotonic()))
        due = max(due + PERIOD, time.monotonic() - PERIOD)
        try:
            connection.request("GET", PATHS[number % len(PATHS)].format(number % 90 + 1))
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            connection.close()
        if not WORDS.get("keep", True):
            connection.close()


for index in range(CONNECTIONS):
    offset = (-time.time() % PERIOD) if WORDS.get("burst") else PERIOD * index / CONNECTIONS
    connection = connect()
    if WORDS.get("burst"):
        connection.connect()
        time.sleep(0.02)
    threading.Thread(target=ask, args=[connection, offset], daemon=True).start()
print("ready", flush=True)
time.sleep(3600)
