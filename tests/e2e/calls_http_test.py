#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Requests that processes answer, and the calls that they make for them."""
import re
import threading

import servers
from harness import case, expect, main
from servers import call, nginx, postgresql, program, uvicorn, wsgi
from watching import calls, expect_count, expect_near, lost, only, queries, watching


def endpoints(watch, pid):
    return {(row["method"], row["route"]): row for row in watch.snapshot["endpoints"]
            if pid in (None, row["process"]["pid"])}


def one_endpoint(watch, pid, method, route):
    found = endpoints(watch, pid)
    expect((method, route) in found, f"expected {method} {route}, found {list(found)}")
    return found[method, route]


@case("FastAPI: a handler with 1 + 25 queries shows as 26 calls a request")
def one_plus_n():
    requests = 20
    with uvicorn(SERVER) as (pid, port, _):
        servers.get(port, "/nothing")
        SERVER.forget_calls()
        with watching() as watch:
            for number in range(requests):
                status, _ = servers.get(port, f"/orders/{number + 1}")
                expect(status == 200, f"the application answered {status}")
            truth = sum(SERVER.calls().values())
    expect(truth == 26 * requests, f"expected {26 * requests} at the server, found {truth}")
    rows = queries(watch.snapshot, "postgresql", SERVER.address)
    expect_count(watch.snapshot, calls(rows), truth)
    row = one_endpoint(watch, pid, "GET", "/orders/{id}")
    expect_count(watch.snapshot, row["requests"], requests, "requests")
    expect_near(row["calls_per_request"], 26, 0 if lost(watch.snapshot) == 0 else 1,
                "calls_per_request")
    items = only([row for row in rows if row["text"] == "SELECT price FROM items WHERE id = ?"],
                 "query of prices")
    # More than one task until the names of what a new process runs are known.
    asked = calls([caller for caller in items["callers"]
                   if caller["endpoint"] == "GET /orders/{id}"])
    expect_near(asked / requests, 25, 0 if lost(watch.snapshot) == 0 else 1,
                "calls a request of the query of prices")


def requests_of_wrk(said):
    return int(re.search(r"(\d+) requests in", said)[1])


@case("nginx under wrk: requests, statuses and routes are its access log's")
def nginx_counts():
    with nginx() as server:
        script = server.path.parent / "paths.lua"
        script.write_text('local n = 0\nfunction request()\n  n = n + 1\n'
                          '  return wrk.format("GET", "/items/" .. n)\nend\n')
        with watching() as watch:
            call([program("wrk"), "-t", "1", "-c", "8", "-d", "2", "-s", script,
                  f"http://127.0.0.1:{server.port}/"])
            for _ in range(10):
                servers.get(server.port, "/hello.txt")
                servers.get(server.port, "/absent")
            truth = server.requests()
        pids = {row["process"]["pid"] for row in watch.snapshot["endpoints"]
                if row["process"]["name"] == "nginx"}
        pid = only(sorted(pids), "nginx that answers")
        found = endpoints(watch, pid)
        # wrk closes its connections with requests in flight, which nginx logs or does not.
        items = one_endpoint(watch, pid, "GET", "/items/{id}")
        expect(abs(items["requests"] - (truth - 20)) <= 8 + lost(watch.snapshot),
               f"expected {truth - 20} requests, found {items['requests']}; "
               f"lost {lost(watch.snapshot)}")
        for path, status in (("/hello.txt", "2xx"), ("/absent", "4xx")):
            row = found.get(("GET", path))
            expect(row and row["requests"] == 10 and row["status"].get(status) == 10,
                   f"expected GET {path} ten times with {status}, found {row}")


@case("a threaded WSGI server: three calls a request, four clients at a time")
def threaded_wsgi():
    clients, each = 4, 25
    with wsgi(SERVER) as (pid, port):
        SERVER.forget_calls()
        with watching() as watch:
            answers = []

            def ask():
                for number in range(each):
                    answers.append(servers.get(port, f"/customers/{number + 1}")[0])

            threads = [threading.Thread(target=ask) for _ in range(clients)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            truth = sum(SERVER.calls().values())
    expect(answers == [200] * clients * each, f"expected all to be answered, found {answers}")
    expect_count(watch.snapshot, calls(queries(watch.snapshot, "postgresql", SERVER.address)),
                 truth)
    row = one_endpoint(watch, pid, "GET", "/customers/{id}")
    expect_count(watch.snapshot, row["requests"], clients * each, "requests")
    expect_near(row["calls_per_request"], 3, 0.05, "calls_per_request")
    expect(row["status"].get("2xx") == clients * each, f"found {row['status']}")


with postgresql() as SERVER:
    main()
