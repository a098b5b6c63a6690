#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The reading subcommands on the running host, with BPF and without."""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

from harness import (CULPRIT, ROOT, case, ended, expect, main, run, scratch, start, until,
                     workload)


def validated(text, validator="validate_json.py"):
    """Holds documents against the schemas that we ship, metrics against another's parser."""
    done = subprocess.run([sys.executable, ROOT / "tests/e2e" / validator],
                          input=text.encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False, timeout=60)
    expect(done.returncode == 0, f"expected valid output:\n{done.stdout.decode()}")


def process_row(snapshot, pid):
    rows = [row for row in snapshot["processes"] if row["pid"] == pid]
    expect(len(rows) == 1, f"expected pid {pid} once in processes, found it {len(rows)} times")
    return rows[0]


@case("analyze prints one valid document, with BPF, and the books are in it")
def analyze_json():
    done = run("analyze", "--duration", "1", "--format", "json").expect(err="")
    snapshot = done.json()
    validated(done.out)
    expect(done.out.endswith("\n"), "expected a line end after the document")
    expect(snapshot["collector"]["mode"] == "bpf", "expected mode bpf")
    seconds = snapshot["interval"]["seconds"]
    expect(1 <= seconds < 3, f"expected 1 s, found {seconds} s")
    books = snapshot["system"]["accounting"]
    for key in ("cpu_seconds", "attributed_seconds", "kernel_seconds", "unattributed_seconds"):
        expect(isinstance(books[key], (int, float)), f"expected {key} in the books, found {books}")
    ours = process_row(snapshot, snapshot["collector"].get("pid", 0) or own_pid(snapshot))
    expect(ours["name"] == "culprit", f"expected culprit among the processes, found {ours['name']}")


def own_pid(snapshot):
    pids = [row["pid"] for row in snapshot["processes"] if row["name"] == "culprit"]
    expect(pids, "expected culprit among the processes")
    return pids[0]


@case("analyze --output writes what stdout would carry")
def analyze_output():
    with scratch() as directory:
        file = directory / "out.json"
        run("analyze", "-d", "0.2", "-f", "json", "-o", file).expect(out="", err="")
        validated(file.read_text())
        run("analyze", "-d", "0.2", "-o", file).expect(out="", err="")
        expect("{" != file.read_text()[0], "expected text in place of the JSON")
        expect([file] == list(directory.iterdir()), "expected no other file")
        run("analyze", "-d", "0.2", "-o", "/dev/stdout").expect(out=".", err="")


@case("analyze ends with what it has on SIGINT and SIGTERM")
def analyze_interrupted():
    for number in (signal.SIGINT, signal.SIGTERM):
        process = start("analyze", "--duration", "60", "--format", "json")
        time.sleep(2)
        process.send_signal(number)
        snapshot = ended(process, timeout=3).expect(err="").json()
        expect(0.2 < snapshot["interval"]["seconds"] < 6, f"found {snapshot['interval']}")


@case("without BPF: /proc alone, absent is null, and a burner has the CPU time it used")
def proc_fallback():
    def cpu_seconds(pid):
        return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9

    with workload("burn", "--share", "50", "--seconds", "60") as burn:
        before, began = cpu_seconds(burn.pid), time.monotonic()
        done = run("analyze", "--without", "bpf", "-d", "4", "-f", "json").expect(err="")
        truth = (cpu_seconds(burn.pid) - before) / (time.monotonic() - began)
    validated(done.out)
    snapshot = done.json()
    expect(snapshot["collector"]["mode"] == "proc", "expected mode proc")
    row = process_row(snapshot, burn.pid)
    expect(abs(row["cpu_cores"] - truth) < 0.1, f"expected {truth} cores, found {row['cpu_cores']}")
    for value in (row["blocked_seconds"]["lock"], row["disk"]["wait_seconds"],
                  row["network"]["transmit_bytes"],
                  snapshot["system"]["run_queue"]["latency"]):
        expect(value is None, f"expected what /proc cannot tell to be null, found {value}")


def features():
    """The names that doctor's help lists for --without."""
    text = run("doctor", "--help").expect().out.split("Features for --without", 1)[1]
    return re.findall(r"^  (\S+)  ", text, re.MULTILINE)


def without(feature):
    refusal = f"--without {feature}"
    done = run("analyze", "--without", feature, "-d", "0.2", "-f", "json").expect(err="")
    collector = done.json()["collector"]
    reasons = {probe["name"]: f"{probe['state']}: {probe['reason']}"
               for probe in collector["probes"] if probe["state"] != "attached"}
    off = [name for name, reason in reasons.items() if refusal in reason]
    if collector["mode"] == "proc" or off:
        for name in off:
            expect(reasons[name].startswith("off: "), f"expected {name} off, found {reasons[name]}")
    else:  # what it is for is done by another probe
        told = run("doctor", "--without", feature).expect().out
        expect(refusal in told, f"expected '{refusal}' of doctor; analyze has {reasons}\n{told}")
    expect(collector["probes"], "expected probes, found none")


def every_feature():
    names = features()
    expect(len(names) > 20, f"expected the features in doctor's help, found {names}")
    for name in names:
        case(f"--without {name}: analyze works and says what is off")(lambda n=name: without(n))


every_feature()


@case("--without takes a list, and several of them")
def without_list():
    done = run("analyze", "-d", "0.2", "-f", "json", "--without", "sched,block", "--without",
               "network").expect(err="")
    off = {probe["reason"] for probe in done.json()["collector"]["probes"]
           if probe["state"] == "off"}
    for name in ("sched", "block", "network"):
        expect(f"--without {name}" in off, f"expected {name} to be off, found {off}")


@case("doctor: all is there, as text and as JSON")
def doctor():
    run("doctor").expect(out=".", err="")
    report = run("doctor", "--format", "json").expect(err="").json()
    expect(report["schema"] == "culprit.doctor/1", f"found {report['schema']}")
    run("doctor", "--without", "bpf").expect(code=3, out="--without bpf", err="")


@case("export: a valid snapshot a line, intervals that meet")
def export_ndjson():
    done = run("export", "--interval", "0.5", "--duration", "2").expect(err="")
    snapshots = [json.loads(line) for line in done.out.splitlines()]
    expect(3 <= len(snapshots) <= 5, f"expected 4 snapshots, found {len(snapshots)}")
    validated(done.out)
    for one, next_one in zip(snapshots, snapshots[1:]):
        expect(one["interval"]["end"] == next_one["interval"]["start"], "expected no gap")


@case("export: OpenMetrics that Prometheus' own parser takes")
def export_openmetrics():
    done = run("export", "-i", "0.5", "-d", "1", "-f", "openmetrics").expect(err="")
    expect(done.out.count("# EOF\n") >= 2, "expected two expositions")
    validated(done.out, "validate_openmetrics.py")


@case("export: ends by itself when nobody reads any more")
def export_into_head():
    done = subprocess.run(["bash", "-c", 'set -o pipefail; "$0" export -i 0.1 | head -n 2', CULPRIT],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=20, check=False)
    expect(done.returncode == 0 and not done.stderr, f"expected status 0, nothing said: {done}")
    expect(len(done.stdout.splitlines()) == 2, f"expected two lines, found {done.stdout[:300]}")


@case("export: a reader that stops reading does not keep it from ending")
def export_stuck_reader():
    reading, writing = os.pipe()
    process = start("export", "-i", "0.05", stdout=writing)
    os.close(writing)
    try:
        time.sleep(3)  # by now the pipe is full
        process.send_signal(signal.SIGTERM)
        ended(process, timeout=3).expect(err="")
    finally:
        os.close(reading)


@case("two at the same time both work")
def two_at_once():
    both = [start("analyze", "-d", "2", "-f", "json") for _ in range(2)]
    for process in both:
        collector = ended(process).expect(err="").json()["collector"]
        expect(collector["mode"] == "bpf", f"expected mode bpf, found {collector['mode']}")
        # Without fexit there are the tracepoints of one file system, so that something is lacking.
        lacking = [p["name"] for p in collector["probes"]
                   if p["state"] == "unavailable" and p["name"] != "sync"]
        expect(not lacking, f"expected every probe, but not {lacking}")


@case("--hide-commands keeps the command lines out")
def hide_commands():
    with workload("burn", "--share", "20", "--seconds", "60", "--name", "tell-tale") as burn:
        for more, seen in (([], True), (["--hide-commands"], False)):
            done = run("analyze", "-d", "0.5", "-f", "json", *more).expect(err="")
            expect(process_row(done.json(), burn.pid)["name"] == "tell-tale", "expected its name")
            expect(("--seconds" in done.out) == seen, f"expected command lines: {seen}")


@case("why prints a valid document of a process and of its unit")
def why_json():
    with workload("burn", "--share", "20", "--seconds", "60") as burn:
        why = run("why", burn.pid, "-d", "1", "-f", "json").expect(err="")
        validated(why.out)
        process = why.json()["process"]
        expect(process["pid"] == burn.pid, f"expected pid {burn.pid}, found {process['pid']}")
        why = run("why", process["cgroup"], "-d", "1", "-f", "json").expect(err="")
        validated(why.out)
        pids = [row["pid"] for row in why.json()["processes"]]
        expect(burn.pid in pids, f"expected pid {burn.pid} among the unit's, found {pids}")


@case("top --batch prints the frames it is asked for")
def top_batch():
    done = run("top", "--batch", "3", "--interval", "0.3").expect(err="")
    frames = len(re.findall("PID USER", done.out))
    expect(frames == 3, f"expected 3 frames, found {frames}\n{done}")


@case("top --batch ends with status 0 on SIGINT and SIGTERM")
def top_batch_interrupted():
    for number in (signal.SIGINT, signal.SIGTERM):
        process = start("top", "--batch", "1000", "--interval", "0.2")
        until(lambda p=process: b"PID" in os.read(p.stdout.fileno(), 65536), 10)
        process.send_signal(number)
        ended(process, timeout=3).expect(err="")


main()
