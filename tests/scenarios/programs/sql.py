# SPDX-License-Identifier: Apache-2.0
"""Clients of a PostgreSQL. Their words are JSON: port, statements, rate of rounds a second of all
(0: one round), connections, idle_connections (which do nothing), autocommit = false: a round is a
transaction, hold_seconds: the round waits before it commits, pause_ms between its statements, new =
true: a connection for each round, times: the statements so often in a round. {} in a statement
becomes a number."""
import itertools
import json
import sys
import threading
import time

import psycopg2

WORDS = json.loads(sys.argv[1])
CONNECTIONS = WORDS.get("connections", 1)
RATE = WORDS.get("rate", 1)


def connect():
    one = psycopg2.connect(host="127.0.0.1", port=WORDS["port"], user="postgres", dbname="postgres")
    one.autocommit = WORDS.get("autocommit", True)
    return one


def say(connection, number):
    with connection.cursor() as cursor:
        for turn, statement in enumerate(WORDS["statements"] * WORDS.get("times", 1)):
            try:
                cursor.execute(statement.format(number + turn, number + turn))
                if cursor.description:
                    cursor.fetchall()
            except psycopg2.Error:
                connection.rollback()
            time.sleep(WORDS.get("pause_ms", 0) / 1000)
    time.sleep(WORDS.get("hold_seconds", 0))
    if not connection.autocommit:
        connection.commit()


def ask(start):
    connection = connect()
    due = time.monotonic() + start
    for number in itertools.count(WORDS.get("first", 1)):
        time.sleep(max(0, due - time.monotonic()))
        say(connection, number)
        if not RATE:
            return
        if WORDS.get("new"):
            connection.close()
            connection = connect()
        due = max(due + CONNECTIONS / RATE, time.monotonic())


IDLE = [connect() for _ in range(WORDS.get("idle_connections", 0))]
for index in range(CONNECTIONS):
    threading.Thread(target=ask, args=[index / RATE if RATE else 0], daemon=True).start()
print("ready", flush=True)
time.sleep(3600)
