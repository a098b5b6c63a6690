#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a daemon that may act must leave alone, for half an hour each: a quiet host with users, and
one that is merely busy. By hand, not in CI: CULPRIT_MINUTES=30 restraint.py [BINARY [PATTERN]]."""
import os
import sys
import time

import servers
from acting import acting_daemon
from harness import case, expect, main, until, workload
from load import Load

SECONDS = 60 * float(os.environ.get("CULPRIT_MINUTES", "30"))


def expect_nothing_done(daemon):
    until(daemon.actions, SECONDS, pause=5)
    print(f"# vetoed: {daemon.refusals()}", file=sys.stderr)
    expect(daemon.actions() == [], f"expected that nothing is done, there is {daemon.actions()}")


@case("quiet: a backend on PostgreSQL that answers 60 requests a second")
def quiet_host():
    with servers.postgresql() as server, servers.uvicorn(server, "story_app") as app, \
            Load(app.port) as load, acting_daemon() as daemon:
        begin = time.monotonic()
        expect_nothing_done(daemon)
        print(f"# p95 {load.p95(begin, time.monotonic()) * 1000:.1f} ms", file=sys.stderr)


@case("busy: programs that want all CPUs and more, and nobody who waits for an answer")
def busy_host():
    with workload("burn", "--threads", "2", "--seconds", int(SECONDS) + 60), \
            workload("burn", "--threads", "3", "--share", "50", "--seconds", int(SECONDS) + 60), \
            acting_daemon() as daemon:
        expect_nothing_done(daemon)


main()
