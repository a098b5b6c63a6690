#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tasks of threads, frameworks, pre-fork servers, scripts: named as a developer would name them."""
import subprocess
import time

from harness import case, expect, main
from servers import (PYTHON, App, applications, as_user, asking, connects, directory_of_user,
                     free_port, program, redis, script, serving)
from tasks import function_of, task, tasks_of, told
from watching import watching


@case("threads by their class or function, an executor by what it is given")
def threads():
    with script("threads.py") as app:
        with watching() as watch:
            time.sleep(7)
    rows = tasks_of(watch.snapshot, app.pid)
    for function, kind in (("Indexer.run", "thread"), ("watch_queue", "thread"),
                           ("resize_image", "job")):
        row = task(watch.snapshot, app.pid, function, kind)
        expect(row["class"] == "background" and row["cpu_seconds"] > 0.2, f"found {told(rows)}")


@case("a Celery worker's two jobs")
def celery():
    with redis() as broker, directory_of_user() as directory:
        applications(directory)
        (directory / "redis").write_text(str(broker.port))
        order = ("import jobs, time\nfor n in range(400):\n  jobs.send_invoice.delay(n)\n"
                 "  jobs.resize_photo.delay(n)\n  time.sleep(.05)\n")
        with serving([PYTHON, "-m", "celery", "-A", "jobs", "worker", "--concurrency", "2",
                      "--without-mingle", "--without-gossip", "-l", "INFO"], directory,
                     lambda: "ready." in (directory / "python3.log").read_text()):
            client = subprocess.Popen([PYTHON, "-c", order], **as_user(directory))
            try:
                time.sleep(1)
                with watching() as watch:
                    time.sleep(6)
            finally:
                client.kill()
                client.wait()
    found = {}
    for row in watch.snapshot["tasks"]:
        if function_of(row) in ("send_invoice", "resize_photo"):
            expect(row["kind"] == "job", f"expected a job: {row}")
            found[function_of(row)] = found.get(function_of(row), 0) + row["cpu_seconds"]
    expect(len(found) == 2, f"expected two jobs: {told(watch.snapshot['tasks'])}")
    ratio = found["send_invoice"] / found["resize_photo"]
    expect(1.8 < ratio < 3.2, f"expected 50 ms against 20 ms a job, found {found}")


@case("gunicorn's workers, by the view that answers")
def gunicorn():
    with directory_of_user() as directory:
        applications(directory)
        port = free_port()
        with serving([program("gunicorn"), "-w", "2", "-b", f"127.0.0.1:{port}", "flask_app:app"],
                     directory, lambda: connects(("127.0.0.1", port))):
            with asking(port, "/report/7", "/ping"), watching() as watch:
                time.sleep(5)
    rows = [row for row in watch.snapshot["tasks"]
            if function_of(row) in ("report", "ping")]
    names = {function_of(row) for row in rows}
    expect(names == {"report", "ping"}, f"expected both views: {told(watch.snapshot['tasks'])}")
    for row in rows:
        expect(row["class"] == "foreground", f"expected what answers requests: {told(rows)}")


@case("a short job that is run again and again is one task")
def cron_like():
    with script("nightly.sh", ready=None):
        with watching() as watch:
            time.sleep(6)
    rows = [row for row in watch.snapshot["tasks"] if "--batch" in row["name"]]
    expect(len(rows) == 1, f"expected one task: {told(watch.snapshot['tasks'])}")
    row = rows[0]
    expect(row["kind"] == "job" and row["class"] == "background", f"found {row}")
    expect(6 <= row["runs"] <= 16, f"expected a run every half second or so: {row}")
    expect(row["period_seconds"] and 0.35 < row["period_seconds"] < 1.2, f"found {row}")


@case("Node.js: the main thread, its workers and its helpers")
def node():
    port = free_port()
    with directory_of_user() as directory:
        applications(directory)
        with serving([program("node"), "workers.js", port], directory,
                     lambda: connects(("127.0.0.1", port))) as server:
            app = App(server.pid, port, directory)
            with asking(port, "/"), watching() as watch:
                time.sleep(4)
    rows = tasks_of(watch.snapshot, app.pid)
    process = next(row for row in watch.snapshot["processes"] if row["pid"] == app.pid)
    busy = [row for row in rows if row["cpu_seconds"] > 0.05 * process["cpu_seconds"]]
    expect(len(busy) >= 2, f"expected the main thread and workers of Node.js: {told(rows)}")
    expect(process["class"] == "foreground", f"found {process['class']}")
    whole = sum(row["cpu_seconds"] for row in rows)
    expect(abs(whole - process["cpu_seconds"]) <= 0.02 * process["cpu_seconds"] + 0.01,
           f"expected tasks to add up to {process['cpu_seconds']}: {told(rows)}")


main()
