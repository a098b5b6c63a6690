#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What culprit is for: a backend under a steady load of requests, and nine background jobs that
take its CPU. Told three times in one run: nothing done, a weight that a person sets beforehand,
and `culprit daemon --mode auto`. Needs root and a cgroup tree with the CPU's controller."""
import contextlib
import pathlib
import sys
import time

import servers
from acting import acting_daemon
from harness import case, expect, main, until
from load import Load

QUIET, LOADED, RELIEF = 15, 12, 15  # seconds
CPU_TREES = ("/sys/fs/cgroup/cpu", "/sys/fs/cgroup")


@contextlib.contextmanager
def jobs(count=9):
    with contextlib.ExitStack() as all_of_them:
        yield [all_of_them.enter_context(servers.script("story_job.py", ready=None)).pid
               for _ in range(count)]


@contextlib.contextmanager
def weight(pids):
    """What a person would set: a tenth of the usual weight for all of them together."""
    tree = next(pathlib.Path(one) for one in CPU_TREES
                if (pathlib.Path(one) / "cpu.shares").exists() or
                "cpu" in (pathlib.Path(one) / "cgroup.subtree_control").read_text().split())
    group = tree / "culprit-test-story"
    group.mkdir()
    try:
        name, value = ("cpu.shares", "102") if (group / "cpu.shares").exists() else ("cpu.weight",
                                                                                    "10")
        (group / name).write_text(value)
        for pid in pids:
            (group / "cgroup.procs").write_text(str(pid))
        yield
        for pid in pids:
            (tree / "cgroup.procs").write_text(str(pid))
    finally:
        group.rmdir()


@case("background jobs that take a backend's CPU are slowed within 15 s, and let go of when they end")
def _():
    with servers.postgresql() as server, servers.uvicorn(server, "story_app") as app, \
            Load(app.port) as load:
        with acting_daemon() as daemon:
            load.over_next(5)
            quiet = load.over_next(QUIET)
            expect(daemon.actions() == [], "expected nothing to be done on a quiet host")
            with jobs() as pids:
                onset = time.monotonic()
                relieved = until(lambda: daemon.actions(), RELIEF, pause=0.5)
                expect(relieved, f"expected an action within {RELIEF} s")
                acted = time.monotonic() - onset
                time.sleep(3)
                auto = load.over_next(LOADED)
                judged = until(lambda: daemon.actions()[0]["verdict"], 45, pause=1)
                expect(judged, f"expected a verdict, there is {daemon.actions()}")
                done = daemon.actions()
            ends = until(lambda: all(one["state"] == "ended" for one in daemon.actions()), 90, pause=1)
            expect(ends, f"expected the limits to go with the jobs, there is {daemon.actions()}")
        with jobs() as pids:
            nothing = load.over_next(LOADED)
        with jobs() as pids, weight(pids):
            time.sleep(2)
            person = load.over_next(LOADED)
    told = (f"p95 quiet {quiet * 1000:.1f} ms, nothing done {nothing * 1000:.1f}, a person's weight "
            f"{person * 1000:.1f}, culprit {auto * 1000:.1f}, first action after {acted:.1f} s")
    print(f"# {told}", file=sys.stderr)
    expect(nothing > 2 * quiet, f"expected the jobs to make it slow: {told}")
    expect(done[0]["verdict"] == "helped", f"expected the verdict helped: {told} {done}")
    expect(auto <= quiet + 0.3 * (nothing - quiet), f"expected relief: {told}")


main()
