#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""History and trends: a recording becomes history, which is read by time; hostile files; a full disk."""
import atexit
import functools
import json
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import tempfile
import time
from datetime import datetime, timezone

from harness import CULPRIT, ROOT, case, expect, main, run, scratch, workload

UTC = {**os.environ, "TZ": "UTC0", "LC_ALL": "C.UTF-8"}


@functools.lru_cache(maxsize=None)
def directory():
    path = pathlib.Path(tempfile.mkdtemp(prefix="culprit-e2e-"))
    atexit.register(shutil.rmtree, path)
    return path


@functools.lru_cache(maxsize=None)
def recording():
    """Six seconds of a process that takes half of a CPU."""
    file = directory() / "six-seconds"
    with workload("burn", "--share", "50", "--seconds", "60"):
        run("record", file, "--duration", "6", "--interval", "1", timeout=40).expect(err=None)
    return file


@functools.lru_cache(maxsize=None)
def history():
    file = directory() / "history.db"
    run("history", "--import", recording(), "--history", file).expect(out=r"\d intervals added$", err="")
    return file


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def ends():
    """First and last moment of the recording."""
    lines = run("export", "--from", recording()).expect().out.splitlines()
    return (moment(json.loads(lines[0])["interval"]["start"]),
            moment(json.loads(lines[-1])["interval"]["end"]))


def stamp(when):
    return when.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")


@case("history: only its owner can read the file")
def mode():
    expect(history().stat().st_mode & 0o777 == 0o600, oct(history().stat().st_mode))


@case("history: what was kept adds up to what was recorded")
def adds_up():
    begin, end = ends()
    kept = run("history", "--history", history(), "--since", stamp(begin), "--until",
               stamp(end), "--format", "json").expect(err="").json()
    expect(kept["schema"] == "culprit.history/1", kept["schema"])
    whole = run("analyze", "--from", recording(), "--format", "json").expect().json()
    for name in ("user_seconds", "system_seconds", "idle_seconds"):
        told, truth = kept["whole"]["system"]["cpu"][name], whole["system"]["cpu"][name]
        expect(abs(told - truth) < 0.02, f"{name}: expected {truth}, found {told}")
    rows = kept["whole"]["processes"]
    truth = sum(row["cpu_seconds"] for row in whole["processes"] if row["name"] == "burn")
    told = sum(row["cpu_seconds"] for row in rows if row["name"] == "burn")
    expect(truth > 0.1, f"expected burn to have burnt, found {truth}")
    expect(abs(told - truth) < 0.05, f"burn: expected {truth}, found {told}")
    everything = sum(row["cpu_seconds"] for row in rows + [kept["whole"]["rest"]["processes"]])
    truth = sum(row["cpu_seconds"] for row in whole["processes"])
    expect(abs(everything - truth) < 0.1 * truth, f"expected {truth}, found {everything}")


@case("history --at: the interval that holds the moment")
def at():
    begin, end = ends()
    middle = begin + (end - begin) / 2
    found = run("history", "--history", history(), "--at", stamp(middle), "-f", "json").expect().json()
    tick = found["tick"]
    expect(moment(tick["start"]) <= middle <= moment(tick["end"]), f"{middle} is not in {tick['start']}")
    expect(0.5 < tick["seconds"] < 3, f"expected one interval, found {tick['seconds']} s")
    snapshots = [json.loads(line) for line in run("export", "--from", recording()).out.splitlines()]
    then = next(one for one in snapshots if moment(one["interval"]["end"]) >= middle)
    busiest = max(then["processes"], key=lambda row: row["cpu_seconds"])
    told = sum(row["cpu_seconds"] for row in tick["processes"] if row["name"] == busiest["name"])
    expect(told >= busiest["cpu_seconds"] * 0.99, f"expected {busiest['name']}, found {told}")
    local = middle.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
    run("history", "--history", history(), "--at", local, env=UTC).expect(
        out=r"PID  CPU% RUNQ%", err="")


@case("history --at: a moment of which there is nothing is told, with what there is")
def nothing():
    done = run("history", "--history", history(), "--at", "2001-01-01T00:00:00Z")
    done.refuses(1, r"--at 2001-01-01T00:00:00Z: nothing was kept of it; there is history from 20")
    run("history", "--history", history(), "--since", "2001-01-01", "--until",
        "2001-01-02").refuses(1, "nothing was kept of it")


@case("history: a gap is a gap")
def gaps():
    with scratch() as place:
        file = place / "history.db"
        shutil.copy(history(), file)
        first, second = place / "first", place / "second"
        run("record", first, "--duration", "2", "--interval", "0.5").expect()
        time.sleep(3)
        run("record", second, "--duration", "2", "--interval", "0.5").expect()
        for one in (first, second):
            run("history", "--import", one, "--history", file).expect(err="")
        told = run("history", "--history", file, "--since", "1m", "-f", "json").expect(err="").json()
        times = [(moment(gap["until"]) - moment(gap["since"])).total_seconds() for gap in told["gaps"]]
        expect(any(3 <= span < 30 for span in times), f"expected a gap of 3 s or more: {times}")
        empty = [step for step in told["steps"] if step["seconds"] == 0]
        expect(empty and all(step["system"] is None for step in empty), f"expected nulls: {empty[:1]}")
        run("history", "--history", file, "--since", "1m", env=UTC).expect(
            out="-- nothing was kept --", err="")


@case("history and trends of a recording, and by replay")
def of_recording():
    text = run("history", "--from", recording(), env=UTC).expect(out="CPU ", err="").out
    expect(all(word in text for word in ("CPU ", "Memory ", "LED BY", "In all of that time")), text)
    again = run("replay", recording(), "--", "history", env=UTC).expect(err="").out
    expect(text == again, "expected the same by replay")
    run("trends", "--from", recording()).expect(out="not watched for long enough", err="")
    told = run("trends", "--from", recording(), "-f", "json").expect(err="").json()
    expect(told["schema"] == "culprit.trends/1", told["schema"])
    expect(all(one["direction"] == "unknown" and one["from"] is None for one in told["trends"]),
           "expected six seconds to be too little")
    left = [path for path in pathlib.Path(tempfile.gettempdir()).glob("culprit-history-*")]
    expect(not left, f"expected nothing to be left behind: {left}")


def aged(days):
    """The recording's ticks as minutes of so many days, with a leak and a jump."""
    file = directory() / "aged.db"
    shutil.copy(history(), file)
    with sqlite3.connect(file) as database:
        rows = database.execute(
            "SELECT layout, host, rows FROM tick_1s ORDER BY start_ms").fetchall()
        end = int(time.time() * 1000) // 60000 * 60000
        count = days * 1440
        for minute in range(count):
            start = end - (count - minute) * 60000
            database.execute("INSERT OR REPLACE INTO tick_60s VALUES(?,?,60.0,?,?,?)",
                             (start, start + 60000, *rows[minute % len(rows)]))
    database.close()
    return file


@case("trends: days of the same are stable, with a forecast")
def stable():
    told = run("trends", "--history", aged(4), "--days", "3", "-f", "json").expect(err="").json()
    expect(2.9 < told["days"] <= 3.01, f"expected three days: {told['days']}")
    by_name = {one["metric"]: one for one in told["trends"]}
    memory = by_name["memory.used_ratio"]
    expect(memory["direction"] == "stable", f"expected it to be stable: {memory}")
    expect(memory["limit"] is None, "expected no limit")
    forecast = memory["forecast"]
    expect(forecast["low"] <= forecast["value"] <= forecast["high"], f"{forecast}")
    expect(forecast["confidence"] == 0.9, f"{forecast}")
    run("trends", "--history", aged(4), env=UTC).expect(out=r"stable +memory.used_ratio", err="")


@case("history: an hour of minutes is read within 100 ms and the start of a process")
def quick():
    file = aged(4)
    best = 9.0
    for _ in range(5):
        begin = time.monotonic()
        run("history", "--history", file, "--since", "3h", "--until", "2h", "-f", "json").expect()
        best = min(best, time.monotonic() - begin)
    expect(best < 0.5, f"expected far less than half a second, found {best}")


@case("history: wrong use is told in one line")
def wrong_use():
    for words, pattern in (
            (("--at", "tomorrow"), "'tomorrow' is no time; write 2h"),
            (("--since", "x"), "'x' is no time"),
            (("--since", "1h", "--until", "2h"), "is not before --until"),
            (("--at", "1h", "--since", "2h"), "--at is a moment"),
            (("--format", "xml"), "--format is text or json, not 'xml'"),
            (("--from", recording()), "--from and --history: name one")):
        run("history", "--history", history(), *words).refuses(2, pattern)
    run("history", "--import", recording(), "--at", "1h").refuses(2, "--import RECORDING goes with")
    run("trends", "--history", history(), "--days", "0").refuses(2, "--days takes more than 0")


@case("history: a file that is none is refused, and stays as it is")
def hostile():
    with scratch() as place:
        text = place / "text"
        text.write_text("hello\n" * 1000, encoding="utf-8")
        other = place / "other.db"
        with sqlite3.connect(other) as database:
            database.execute("CREATE TABLE tick_1s(a)")
        database.close()
        for file, pattern in ((text, "not a database"), (other, "is no history of culprit"),
                              (place / "none", "unable to open"), (place, "")):
            run("history", "--history", file).refuses(2, f"{file}: .*{pattern}")
            run("trends", "--history", file).refuses(2, f"{file}: .*{pattern}")
        before = text.read_bytes()
        run("history", "--import", recording(), "--history", text).refuses(2, "not a database")
        expect(text.read_bytes() == before, "expected the file to stay as it is")


@case("history: bytes changed anywhere give an answer or one line, never a crash")
def flipped():
    chance = random.Random(11)
    whole = history().read_bytes()
    with scratch() as place:
        file = place / "damaged.db"
        for _ in range(25):
            data = bytearray(whole)
            for _ in range(20):
                data[chance.randrange(100, len(data))] = chance.randrange(256)
            file.write_bytes(data)
            done = run("history", "--history", file, "--since", "1h", "-f", "json")
            expect(done.code in (0, 1, 2), f"{done}")
            if done.code:
                done.refuses(done.code, "damaged.db: |nothing was kept|history is empty")


@case("history: a full disk ends an import with the reason, and leaves a whole history")
def disk_full():
    script = ('mount -t tmpfs -o size=100k tmpfs "$1" && { "$0" history --import "$2" --history "$1/h";'
              ' s=$?; ls -l "$1" >&2; umount "$1"; echo $s; }')
    with scratch() as place:
        done = subprocess.run(["unshare", "--mount", "bash", "-c", script, CULPRIT, place, recording()],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False)
        expect(done.stdout.split() == [b"1"], f"expected status 1: {done}")
        expect(b"full" in done.stderr, f"expected the reason: {done}")


def validated(text):
    done = subprocess.run(["/usr/bin/python3", ROOT / "tests/e2e/validate_json.py"],
                          input=text.encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False, timeout=60)
    expect(done.returncode == 0, f"expected valid output:\n{done.stdout.decode()}")


@case("history, trends and compare print what their schemas say")
def schemas():
    begin, end = ends()
    of_it = ("--history", history(), "--format", "json")
    for words in (("history", "--since", stamp(begin), "--until", stamp(end)),
                  ("history", "--at", stamp(begin + (end - begin) / 2)), ("trends",),
                  ("compare", f"{stamp(begin)}/3s", f"{stamp(begin)}/2s")):
        validated(run(*words, *of_it).expect(err="").out)


@case("compare: times of history, as long as they were watched")
def compared_times():
    begin, _ = ends()
    middle = begin + (ends()[1] - begin) / 2
    told = run("compare", f"{stamp(begin)}/{stamp(middle)}", f"{stamp(middle)}/5s", "--history",
               history(), "-f", "json").expect(err="").json()
    expect(told["before"]["intervals"] >= 2 and told["after"]["intervals"] >= 2, f"found {told}")
    expect(told["before"]["seconds"] < 5, f"found {told['before']}")
    expect(any(number["name"].startswith("burn") for number in told["numbers"]),
           f"expected burn, found {told['numbers']}")
    run("compare", "2001-01-01/1h", "1h/30m", "--history", history()).refuses(
        1, "2001-01-01/1h: nothing was kept of it")
    run("compare", "2h ago/3h ago", "1h/30m", "--history", history()).refuses(2, "2h ago/3h ago")


main()
