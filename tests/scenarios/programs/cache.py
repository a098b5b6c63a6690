# SPDX-License-Identifier: Apache-2.0
"""Clients of a Redis. Their words are JSON: port, before (commands, once), commands, rate of rounds
a second of all, connections. {} in a command becomes the round's number."""
import contextlib
import itertools
import json
import sys
import threading
import time

import redis

WORDS = json.loads(sys.argv[1])
CONNECTIONS = WORDS.get("connections", 1)
PERIOD = CONNECTIONS / WORDS["rate"]


def say(client, commands, number):
    for command in commands:
        with contextlib.suppress(redis.ResponseError):
            client.execute_command(*(word.format(number) for word in command.split()))


def ask(start):
    client = redis.Redis(port=WORDS["port"])
    due = time.monotonic() + start
    for number in itertools.count(1):
        time.sleep(max(0, due - time.monotonic()))
        due = max(due + PERIOD, time.monotonic())
        say(client, WORDS["commands"], number)


first = redis.Redis(port=WORDS["port"])
for line in WORDS.get("before", []):
    say(first, [line], 0)
first.close()
for index in range(CONNECTIONS):
    threading.Thread(target=ask, args=[PERIOD * index / CONNECTIONS], daemon=True).start()
print("ready", flush=True)
time.sleep(3600)
