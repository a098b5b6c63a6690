#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Calls that go over TLS: read at the calls of OpenSSL, or else timed by turns."""
import contextlib

import servers
from harness import case, expect, main
from servers import PYTHON, call, program
from watching import (calls, expect_count, expect_operations, first_words, only, queries, watching)

TEXT = "SELECT customer FROM orders WHERE id = ?"


@contextlib.contextmanager
def https():
    """apps/https_server.py; gives its pid and port."""
    with servers.directory_of_user() as directory:
        servers.certificate(directory)
        app, port = servers.applications(directory), servers.free_port()
        with servers.serving([PYTHON, "https_server.py", port], app,
                             lambda: servers.connects(("127.0.0.1", port))) as process:
            yield process.pid, port, app


def ask(server, *words, client=(PYTHON, "https_client.py")):
    _, port, app = server
    call([*client, port, *words], app)


def warm_up(server, **options):
    """Its library is found at the first connection, of which something is lost."""
    ask(server, "/warm", 2, **options)


def endpoint(watch, server, route="/items/{id}"):
    pid, _, _ = server
    return only([row for row in watch.snapshot["endpoints"]
                 if row["process"]["pid"] == pid and row["route"] == route], "endpoint")


def probes(watch):
    return {(row["attach"], row["state"]) for row in watch.snapshot["collector"]["probes"]
            if row["name"] == "tls"}


NODE = (program("node"), "https_client.js")


def https_counts(warm, words, client, truth):
    with https() as server:
        with watching() as watch:
            warm_up(server, client=warm)
            ask(server, "/items", *words, client=client)
            ask(server, "/large", *words, client=client)
    service = only([row for row in watch.snapshot["services"]
                    if row["address"] == f"127.0.0.1:{server[1]}"], "service")
    expect(service["protocol"] == "http" and 0 <= service["requests"] - 2 * truth <= 2,
           f"expected {2 * truth} requests and some of the first client, found {service}")
    for route in ("/items/{id}", "/large/{id}"):
        row = endpoint(watch, server, route)
        expect_count(watch.snapshot, row["requests"], truth, "requests")
        expect(row["status"].get("2xx") == row["requests"], f"found {row['status']}")


SYSTEM = (PYTHON, "https_client.py")
case("HTTPS: every request of http.client")(lambda: https_counts(SYSTEM, (50,), SYSTEM, 50))
case("HTTPS: every request of asyncio, whose sessions have no socket")(
    lambda: https_counts(SYSTEM, (20, 4), SYSTEM, 80))
case("HTTPS: every request of Node.js, which has OpenSSL in itself or beside")(
    lambda: https_counts(NODE, (100,), NODE, 100))


@case("HTTPS: curl, whose process lives for one request")
def short_lived():
    with https() as server:
        with watching() as watch:
            warm_up(server)
            for number in range(20):
                call([program("curl"), "-sk", f"https://127.0.0.1:{server[1]}/items/{number}"])
    row = endpoint(watch, server)
    expect_count(watch.snapshot, row["requests"], 20, "requests")


@case("without the probe TLS is timed by turns, and nothing is attached")
def without():
    with https() as server:
        with watching("--without", "tls") as watch:
            ask(server, "/items", 20)
    expect(all(state == "off" for _, state in probes(watch)), f"found {probes(watch)}")
    service = only([row for row in watch.snapshot["services"]
                    if row["address"] == f"127.0.0.1:{server[1]}"], "service")
    expect(service["protocol"] == "tls" and service["requests"] == 20, f"found {service}")
    routes = {row["route"] for row in watch.snapshot["endpoints"]
              if row["process"]["pid"] == server[0]}
    expect(routes <= {None}, f"expected no route, found {routes}")


@case("as long as nobody uses TLS nothing is attached")
def nothing_attached():
    with watching() as watch:
        SERVER.psql("SELECT 1", host=SERVER.directory)
    expect({state for _, state in probes(watch)} == {"off"}, f"found {probes(watch)}")


def ours(watch):
    return queries(watch.snapshot, "postgresql", SERVER.address)


@contextlib.contextmanager
def warm_watching(*words):
    with https() as server, watching(*words) as watch:
        warm_up(server)
        yield watch


def pgbench_counts(mode):
    # Of what is prepared, the server counts BEGIN and END only once.
    scripts = ["-S"] if mode == "prepared" else ["-b", "tpcb-like@1", "-b", "select-only@4"]
    with warm_watching() as watch:
        SERVER.forget_calls()
        SERVER.pgbench("-M", mode, "-c", "4", "-t", "100", *scripts)
        truth = first_words(SERVER.calls())
    rows = ours(watch)
    expect_operations(watch.snapshot, rows, truth)
    texts = {row["text"] for row in rows if row["calls"] > 100}
    expect("SELECT abalance FROM pgbench_accounts WHERE aid = ?" in texts, f"found {texts}")


for MODE in ("simple", "extended", "prepared"):
    case(f"PostgreSQL over TLS, pgbench -M {MODE}: as many calls as the server counts")(
        lambda m=MODE: pgbench_counts(m))


@case("PostgreSQL over TLS: a large result, a large statement, and what comes after them")
def large():
    with warm_watching() as watch:
        SERVER.psql("SELECT repeat('x', 100) FROM generate_series(1, 20000)", "SELECT 1",
                    f"SELECT length('{'y' * 40000}')", "SELECT 1, 2")
    rows = {row["text"]: row for row in ours(watch)}
    found = {text: row["calls"] for text, row in rows.items()}
    wanted = {"SELECT repeat(?, ?) FROM generate_series(?, ?)": 1, "SELECT ?": 1,
              "SELECT length(?": 1, "SELECT ?, ?": 1}
    expect(found == wanted, f"found {found}")
    many = rows["SELECT repeat(?, ?) FROM generate_series(?, ?)"]
    expect(many["rows"] == 20000, f"expected 20000 rows, found {many['rows']}")


def driver(name):
    with servers.directory_of_user() as directory, warm_watching() as watch:
        SERVER.forget_calls()
        servers.application(SERVER, directory)
        call([PYTHON, directory / name], directory)
        truth = first_words(SERVER.calls())
    expect_operations(watch.snapshot, ours(watch), truth)
    row = only([row for row in ours(watch) if row["text"] == TEXT], "query for customers")
    expect_count(watch.snapshot, row["calls"], 50, "calls of the query for customers")


for NAME in ("psycopg2", "asyncpg"):
    case(f"PostgreSQL over TLS, {NAME}: as many calls as the server counts")(
        lambda n=NAME: driver(f"client_{n}.py"))


@case("PostgreSQL over TLS: what is secret stays within")
def secrets():
    with warm_watching("--hide-commands") as watch:
        SERVER.psql("SELECT 'pLaNtEd1', 8675309", "SELECT $$pLaNtEd2$$",
                    "ALTER ROLE secretive PASSWORD 'pLaNtEd-role-password'")
    expect("SELECT ?, ?" in {row["text"] for row in ours(watch)}, f"found {ours(watch)}")
    for secret in ("pLaNtEd", "8675309"):
        expect(secret not in watch.out, f"expected no {secret} in the JSON")


@case("PostgreSQL over TLS without the probe: as many calls, and no text")
def postgresql_without():
    with watching("--without", "tls") as watch:
        SERVER.pgbench("-S", "-c", "2", "-t", "100")
    rows = ours(watch)
    expect({row["text"] for row in rows} == {None}, f"found {rows}")
    found = calls(rows)
    expect(200 <= found <= 210, f"expected 200 calls and few of the login, found {found}")


with servers.postgresql(tls=True) as SERVER:
    main()
