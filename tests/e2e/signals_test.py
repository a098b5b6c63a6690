#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Findings about limits, names, storage and repetition on real workloads, against their own clocks."""
import contextlib
import json
import os
import pathlib
import resource
import subprocess
import time
import urllib.request

from harness import CULPRIT, case, expect, main, run, scratch, until
from servers import APPS, PYTHON, postgresql
from watching import watching

CGROUPS = pathlib.Path("/sys/fs/cgroup")


def finding(snapshot, rule):
    found = [one for one in snapshot["findings"] if one["id"] == rule]
    expect(found, f"expected {rule}, found {[one['id'] for one in snapshot['findings']]}")
    return found[0]


def none_of(snapshot, *rules):
    found = [one["id"] for one in snapshot["findings"] if one["id"] in rules]
    expect(not found, f"expected none of {rules}, found {found}")


@contextlib.contextmanager
def app(name, *words, before=()):
    """A program of apps/, ready; `line` is what it said then."""
    process = subprocess.Popen([*before, PYTHON, APPS / name, *(str(word) for word in words)],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                               start_new_session=True)
    try:
        process.line = process.stdout.readline()
        expect(process.line.startswith("ready"), f"{name} did not get ready")
        yield process
    finally:
        process.stdin.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 15)
        process.wait(timeout=10)


def say(process):
    process.stdin.write("\n")
    process.stdin.flush()


def hierarchies():
    """Where cgroups are, in version 1 or 2; that of cpusets takes nobody without settings."""
    legacy = [path for path in CGROUPS.iterdir()
              if (path / "cgroup.procs").exists() and path.name != "cpuset"]
    return [CGROUPS] if (CGROUPS / "cgroup.controllers").exists() else legacy


@contextlib.contextmanager
def cgroup(hierarchy):
    """One of our own; gone with the block."""
    path = hierarchy / f"culprit-e2e-{os.getpid()}"
    path.mkdir()
    try:
        yield path
    finally:
        parent = path.parent / "cgroup.procs"
        for pid in (path / "cgroup.procs").read_text().split():
            parent.write_text(pid)
        expect(until(lambda: not (path / "cgroup.procs").read_text(), 5), "the cgroup stays in use")
        path.rmdir()


@case("limits.processes: a unit near its TasksMax, and who has them")
def processes():
    program = ("import threading, time\n"
               "for _ in range(53):\n"
               "    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
               "print('ready', flush=True)\n"
               "time.sleep(60)")
    with contextlib.ExitStack() as stack:
        paths = [stack.enter_context(cgroup(one)) for one in hierarchies()]
        next(path for path in paths if (path / "pids.max").exists()).joinpath(
            "pids.max").write_text("60")
        holder = subprocess.Popen([PYTHON, "-c", program], stdout=subprocess.PIPE, text=True)
        try:
            holder.stdout.readline()
            for path in paths:
                (path / "cgroup.procs").write_text(str(holder.pid))
            snapshot = run("analyze", "-d", "1", "-f", "json").expect(err="").json()
        finally:
            holder.kill()
            holder.wait()
    row = next(row for row in snapshot["units"] if row["path"].endswith(paths[0].name))
    expect(row["pids"] == {"current": 54, "limit": 60}, f"found {row['pids']}")
    found = finding(snapshot, "limits.processes")
    expect("54 of the 60" in found["summary"] and "python3 54" in found["summary"],
           found["summary"])
    row = next(row for row in snapshot["processes"] if row["pid"] == holder.pid)
    truth = resource.getrlimit(resource.RLIMIT_NPROC)[0]
    expect(row["process_limit"] == truth, f"expected {truth}, found {row['process_limit']}")


def in_network_of(process, *words):
    done = subprocess.run(["nsenter", "-t", str(process.pid), "-n", CULPRIT, *words], check=True,
                          stdout=subprocess.PIPE, timeout=60)
    return json.loads(done.stdout)


@case("limits.ephemeral_ports: ports towards one address, TIME_WAIT included")
def ports():
    with app("signal_ports.py", 30, 58, before=("unshare", "-n")) as holder:
        snapshot = in_network_of(holder, "analyze", "-d", "1", "-f", "json")
    found = finding(snapshot, "limits.ephemeral_ports")
    expect(found["target"]["name"] == "127.0.0.1:7000", f"found {found['target']}")
    use = snapshot["system"]["ports"][0]
    expect((use["used"], use["time_wait"], use["available"]) == (88, 58, 100), f"found {use}")
    with app("signal_ports.py", 40, 20, before=("unshare", "-n")) as holder:
        snapshot = in_network_of(holder, "analyze", "-d", "1", "-f", "json")
    expect(snapshot["system"]["ports"][0]["used"] == 60, f"found {snapshot['system']['ports']}")
    none_of(snapshot, "limits.ephemeral_ports")


@case("kernel.settings: somaxconn, while it holds a queue that drops connections")
def somaxconn():
    with app("signal_ports.py", 0, 0, before=("unshare", "-n")) as holder:
        process = subprocess.Popen(["nsenter", "-t", str(holder.pid), "-n", CULPRIT, "analyze",
                                    "-d", "6", "-f", "json"], stdout=subprocess.PIPE)
        time.sleep(2.5)
        say(holder)
        snapshot = json.loads(process.communicate(timeout=60)[0])
    found = finding(snapshot, "kernel.settings")
    expect(found["target"]["id"] == "net.core.somaxconn", f"found {found['target']}")
    expect(found["severity"] == "info", f"found {found['severity']}")
    finding(snapshot, "limits.listen_overflow")


@case("dns.slow: as many lookups as the client made, by name and outcome, within its own times")
def lookups():
    with scratch() as directory, app("signal_lookups.py", directory,
                                     before=("unshare", "-n", "-m")) as client:
        with watching() as watch:
            say(client)
            truth = json.loads(client.stdout.readline())
            time.sleep(5.5)  # until the last one counts as unanswered
            say(client)
    rows = [row for row in watch.snapshot["lookups"] if row["server"] == "127.0.0.53:53"]
    asked = sum(row["lookups"] for row in rows)
    expect(asked == len(truth["times"]) + truth["libc"] + 1, f"expected {truth}, found {rows}")
    told = {key: sum(row[key] for row in rows) for key in ("failures", "not_found", "unanswered")}
    expect(told == {"failures": 10, "not_found": 10, "unanswered": 1}, f"found {told}")
    names = {name["name"]: name for row in rows for name in row["names"]}
    slow = [seconds for kind, seconds in truth["times"] if kind == "slow"]
    mine = [name["seconds"] / name["lookups"] for name in names.values()
            if name["name"].startswith("slow-")]
    expect(mine and all(abs(one - sum(slow) / len(slow)) < 0.02 for one in mine),
           f"expected {slow}, found {mine}")
    found = finding(watch.snapshot, "dns.slow")
    expect("127.0.0.53:53" in found["summary"], found["summary"])


@contextlib.contextmanager
def slow_device(directory, writes_per_second):
    """An ext4 on a loop device; and a cgroup whose writes to it are throttled."""
    image, mount = directory / "image", directory / "mount"
    mount.mkdir()
    with image.open("wb") as file:
        file.truncate(64 << 20)
    subprocess.run(["mkfs.ext4", "-q", image], check=True)
    loop = subprocess.run(["losetup", "--find", "--show", image], stdout=subprocess.PIPE,
                          text=True, check=True).stdout.strip()
    try:
        subprocess.run(["mount", loop, mount], check=True)
        number = os.stat(loop).st_rdev
        device = f"{os.major(number)}:{os.minor(number)}"
        legacy = CGROUPS / "blkio"
        with cgroup(legacy if legacy.is_dir() else CGROUPS) as path:
            legacy = path / "blkio.throttle.write_iops_device"
            if legacy.exists():
                legacy.write_text(f"{device} {writes_per_second}")
            else:
                (path / "io.max").write_text(f"{device} wiops={writes_per_second}")
            yield mount, path
    finally:
        subprocess.run(["umount", mount], check=False)
        subprocess.run(["losetup", "-d", loop], check=False)


def asked_to_sync(directory, group=None):
    """How a server that syncs was seen, and its own times."""
    with app("signal_syncs.py", directory / "file") as server:
        port = server.line.split()[1]
        if group:
            (group / "cgroup.procs").write_text(str(server.pid))
        with watching() as watch:
            end = time.monotonic() + 5
            while time.monotonic() < end:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20).read()
        say(server)
        times = json.loads(server.stdout.readline())
        row = next(row for row in watch.snapshot["processes"] if row["pid"] == server.pid)
    return watch.snapshot, row, times


@case("disk.sync_stall: fsync on a slow device takes what the program's own clock says")
def syncs():
    with scratch() as directory, slow_device(directory, 8) as (mount, group):
        snapshot, row, times = asked_to_sync(mount, group)
    expect(max(times) > 0.06, f"expected the device to be slow, found {max(times)}")
    expect(abs(row["sync"]["count"] - len(times)) <= 1,
           f"expected {len(times)}, found {row['sync']['count']}")
    told, truth = row["sync"]["latency"]["max_seconds"], max(times)
    expect(abs(told - truth) < 0.1 * truth + 0.001, f"expected {truth}, found {told}")
    middle = sorted(times)[len(times) // 2]
    told = row["sync"]["latency"]["p50_seconds"]
    expect(abs(told - middle) < 0.15 * middle + 0.002, f"expected {middle}, found {told}")
    found = finding(snapshot, "disk.sync_stall")
    expect(found["target"]["pid"] == row["pid"], f"found {found['target']}")


@case("disk.sync_stall: not where fsync is quick")
def quick_syncs():
    with scratch() as directory:
        snapshot, row, times = asked_to_sync(directory)
    if sorted(times)[int(len(times) * 0.98)] < 0.04:  # else the disk really stalls
        none_of(snapshot, "disk.sync_stall")
    expect(abs(row["sync"]["count"] - len(times)) <= 1,
           f"expected {len(times)}, found {row['sync']['count']}")


@case("service.retry_storm: the same requests, five times each")
def retries():
    with app("signal_retries.py", "serve") as server:
        port = server.line.split()[1]
        with watching() as watch:
            subprocess.run([PYTHON, APPS / "signal_retries.py", "ask", port], check=True)
    found = finding(watch.snapshot, "service.retry_storm")
    service = next(row for row in watch.snapshot["services"]
                   if row["address"] == f"127.0.0.1:{port}")
    expect((service["retried_requests"], service["retry_attempts"]) == (20, 100),
           f"found {service}")
    expect(found["victims"], "expected who sends them among the victims")


@case("cache.uncached_query: the same SELECT, and not one whose arguments differ")
def uncached():
    with scratch() as directory, postgresql() as server:
        directory.chmod(0o777)
        same, other = directory / "same.sql", directory / "other.sql"
        same.write_text("SELECT pg_sleep(0.002), * FROM pgbench_accounts WHERE aid = 42;\n")
        other.write_text("\\set id random(1, 100000)\n"
                         "SELECT pg_sleep(0.002), * FROM pgbench_accounts WHERE aid = :id;\n")
        for mode in ("simple", "prepared"):
            with watching() as watch:
                server.pgbench("-n", "-c", "2", "-T", "6", "-R", "80", "-M", mode, "-f", same)
            found = finding(watch.snapshot, "cache.uncached_query")
            row = next(row for row in watch.snapshot["queries"]
                       if row["id"] == found["target"]["id"])
            expect(row["repeated_calls"] >= 0.8 * row["calls"], f"{mode}: found {row}")
            with watching() as watch:
                server.pgbench("-n", "-c", "2", "-T", "6", "-R", "80", "-M", mode, "-f", other)
            none_of(watch.snapshot, "cache.uncached_query")
            for row in watch.snapshot["queries"]:
                if "pgbench_accounts" in (row["text"] or ""):
                    expect((row["repeated_calls"] or 0) < 10, f"{mode}: found {row}")


main()
