#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is secret on the wire is nowhere in what culprit says or keeps (DESIGN: rule 3)."""
import json
import subprocess

import psycopg2

from harness import case, expect, main, run, scratch
from servers import mariadb, postgresql, program, redis
from watching import watching

PASSWORD = "pLaNtEd-role-password"  # of apps/schema.sql
SECRETS = (b"pLaNtEd", b"8675309")


def say_secrets():
    """In as many ways as there are; each server must still count what it is asked."""
    with psycopg2.connect(host="127.0.0.1", port=POSTGRESQL.port, user="secretive",
                          password=PASSWORD, dbname="postgres") as connection:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 'pLaNtEd1', E'it\\'s pLaNtEd2', 8675309 /* pLaNtEd3 */")
            cursor.execute("SELECT customer FROM orders WHERE customer = %s", ("pLaNtEd4",))
    POSTGRESQL.psql("ALTER ROLE secretive PASSWORD 'pLaNtEd-role-password'",
                    "SELECT $$pLaNtEd5$$, $x$pLaNtEd6$x$ -- pLaNtEd7",
                    "PREPARE p AS SELECT customer FROM orders WHERE customer = $1",
                    "EXECUTE p('pLaNtEd8')", "SELECT count(*) FROM orders WHERE id IN (8675309, 1)")
    POSTGRESQL.pgbench("-S", "-c", "1", "-t", "5")
    MARIADB.client("SELECT \"pLaNtEd9\", 'it\\'s pLaNtEdA', 8675309 # pLaNtEdB",
                   "CREATE USER 'safe'@'localhost' IDENTIFIED BY 'pLaNtEdC'", "DROP USER "
                   "'safe'@'localhost'")
    REDIS.cli("CONFIG", "SET", "requirepass", "pLaNtEdD")
    REDIS.cli("--no-auth-warning", "-a", "pLaNtEdD", "SET", "key:8675309", "pLaNtEdE")
    REDIS.cli("--no-auth-warning", "-a", "pLaNtEdD", "EVAL", "return 'pLaNtEdF'", "0")
    REDIS.cli("AUTH", "pLaNtEdG")
    REDIS.cli("--no-auth-warning", "-a", "pLaNtEdD", "CONFIG", "SET", "requirepass", "")


def expect_none(name, data):
    for secret in SECRETS:
        at = data.find(secret)
        expect(at < 0,
               f"expected nothing secret in {name}, found {data[max(0, at - 80):at + 40]!r}")


# The servers' and clients' command lines are no bytes of the wire.
HIDDEN = "--hide-commands"


@case("secrets are not in the JSON, and the queries that had them are")
def in_json():
    with watching(HIDDEN) as watch:
        say_secrets()
    expect_none("the JSON", watch.out.encode())
    expect_none("stderr", watch.err.encode())
    systems = {row["system"] for row in watch.snapshot["queries"]}
    expect({"postgresql", "mysql", "redis"} <= systems, f"expected all three, found {systems}")
    texts = {row["text"] for row in watch.snapshot["queries"]}
    for text in ("SELECT ?, ?, ?", "SELECT customer FROM orders WHERE customer = ?"):
        expect(text in texts, f"expected {text}, found {texts}")


@case("secrets are not in the text report")
def in_text():
    with watching(HIDDEN, command=("analyze", "--duration", "600", "--format", "text")) as watch:
        say_secrets()
    expect(watch.out.strip(), "expected a report")
    expect_none("the text", watch.out.encode())
    expect_none("stderr", watch.err.encode())


@case("secrets are not in a recording, packed and unpacked, nor in what is made of it")
def in_recording():
    with scratch() as directory:
        file = directory / "recording"
        with watching(HIDDEN, command=("record", file, "--interval", "0.5")) as watch:
            say_secrets()
        expect_none("stderr", watch.err.encode())
        expect_none("the recording", file.read_bytes())
        unpacked = unpack(file.read_bytes())
        expect(len(unpacked) > len(file.read_bytes()), "expected the recording to be unpacked")
        expect_none("the unpacked recording", unpacked)
        report = run("analyze", "--from", file, "--format", "json").expect(err="")
        expect_none("an analysis of the recording", report.out.encode())
        texts = {row["text"] for row in json.loads(report.out)["queries"]}
        expect("SELECT ?, ?, ?" in texts, f"expected the query in the recording, found {texts}")


ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"


def unpack(data):
    """All of zstd's frames, wherever they are in the file."""
    parts, at = [], data.find(ZSTD_MAGIC)
    while at >= 0:
        done = subprocess.run([program("zstd"), "-dcq"], input=data[at:], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, check=False, timeout=60)
        parts.append(done.stdout)
        at = data.find(ZSTD_MAGIC, at + 4)
    return b"".join(parts)


with postgresql() as POSTGRESQL, mariadb() as MARIADB, redis() as REDIS:
    main()
