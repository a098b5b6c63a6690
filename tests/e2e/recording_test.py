#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Recordings: what is kept is what comes back, however the recorder ended; hostile files."""
import atexit
import functools
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import tempfile
import time

from harness import CULPRIT, case, ended, expect, main, run, scratch, start, until


@functools.lru_cache(maxsize=None)
def recording():
    """Three seconds of this host, for every case that wants some."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="culprit-e2e-"))
    atexit.register(shutil.rmtree, directory)
    file = directory / "three-seconds"
    done = run("record", file, "--duration", "3", "--interval", "0.5")
    done.expect(out=r"three-seconds: 7 samples over 3\.\d+ s, \d+ bytes$", err="")
    return file


def read(file, *words):
    return run("analyze", "--from", file, "--format", "json", *words)


@case("a recording is for its owner's eyes only")
def mode():
    expect(recording().stat().st_mode & 0o777 == 0o600, oct(recording().stat().st_mode))


@case("replay gives the same bytes each time, and the same as --from")
def deterministic():
    words = ("replay", recording(), "--", "analyze", "--format", "json")
    first, second = run(*words).expect(err=""), run(*words).expect(err="")
    expect(first.out == second.out, "expected the same twice")
    expect(read(recording()).expect(err="").out == first.out, "expected the same by --from")
    seconds = first.json()["interval"]["seconds"]
    expect(2.9 < seconds < 4, f"expected all of it, found {seconds} s")


@case("export of a recording: a line for each sample but the first, the same each time")
def export_from():
    first = run("export", "--from", recording()).expect(err="").out
    again = run("replay", recording(), "--", "export").expect(err="").out
    expect(first == again, "expected the same lines twice")
    lines = [json.loads(line) for line in first.splitlines()]
    expect(len(lines) == 6, f"expected 6 lines, found {len(lines)}")
    metrics = run("export", "--from", recording(), "-f", "openmetrics").expect(err="").out
    expect(metrics.count("# EOF\n") == 6, "expected 6 expositions")


@case("top --batch of a recording")
def top_from():
    words = ("top", "--from", recording(), "--batch", "3", "--interval", "0.5")
    first = run(*words).expect(out="PID USER", err="").out
    expect(first == run(*words).expect(err="").out, "expected the same frames twice")


@case("the parts of an interval add up to the whole")
def parts_add_up():
    whole = read(recording()).expect().json()
    parts = [json.loads(line) for line in run("export", "--from", recording()).out.splitlines()]
    used = [part["system"]["accounting"]["cpu_seconds"] for part in parts]
    expected = whole["system"]["accounting"]["cpu_seconds"]
    expect(abs(sum(used) - expected) < 0.05, f"expected {expected} s of CPU, found {sum(used)}")


@case("a recorder that is killed leaves a readable recording")
def killed():
    with scratch() as directory:
        file = directory / "killed"
        process = start("record", file, "--interval", "0.1")
        sizes = set()

        def grown_often():
            sizes.add(file.stat().st_size if file.exists() else 0)
            return len(sizes) > 4

        grown = until(grown_often, 20)
        process.kill()
        ended(process)
        expect(grown, "expected the recording to grow")
        done = read(file).expect(err="(|ends within frame)")
        expect(done.json()["interval"]["seconds"] > 0.1, "expected an interval")


@case("a recorder that is told to end has kept all it saw")
def told_to_end():
    for number in (signal.SIGINT, signal.SIGTERM):
        with scratch() as directory:
            process = start("record", directory / "r", "--interval", "0.1")
            time.sleep(1.5)
            process.send_signal(number)
            ended(process, timeout=3).expect(out=r"\d+ samples", err="")
            read(directory / "r").expect(err="")


@case("a disk that is full: an error that names the file, and a readable recording")
def disk_full():
    with scratch() as directory:
        script = ('mount -t tmpfs -o size=256k tmpfs "$1" && { "$0" record "$1/r" -i 0.05; s=$?; '
                  '"$0" analyze --from "$1/r" -f json >/dev/null; echo $? $s; }')
        done = subprocess.run(["unshare", "--mount", "bash", "-c", script,
                               CULPRIT, directory],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
                              check=False)
        expect(done.stdout.split() == [b"0", b"1"], f"expected status 0 and 1: {done}")
        expect(b"/r: cannot write: No space left" in done.stderr, f"expected the reason: {done}")


def damaged(change):
    """Runs analyze on a changed copy; gives what it said."""
    with scratch() as directory:
        file = directory / "damaged"
        file.write_bytes(change(recording().read_bytes()))
        return read(file)


@case("cut anywhere, a recording gives what is whole, or says what is wrong")
def cut():
    size = recording().stat().st_size
    for length in (1, 19, 20, 24, 60, size // 3, size // 2, size - 1):
        done = damaged(lambda data, n=length: data[:n])
        if done.code == 0:
            done.expect(err="/damaged: ends within frame")
        else:
            expect(done.code in (1, 2), f"cut to {length} bytes: {done}")
            expect("/damaged: " in done.err, f"cut to {length} bytes, expected its name: {done}")
            expect(done.out == "", f"cut to {length} bytes: {done}")


@case("a byte changed anywhere: an error or an answer, never a crash")
def flipped():
    chance = random.Random(7)
    for _ in range(40):
        place, bit = chance.random(), 1 << chance.randrange(8)

        def flip(data, p=place, b=bit):
            at = int(p * len(data))
            return data[:at] + bytes([data[at] ^ b]) + data[at + 1:]

        done = damaged(flip)
        expect(done.code in (0, 1, 2), f"at {place}: {done}")
        if done.code:
            expect("/damaged: " in done.err and done.out == "", f"at {place}: {done}")


# Name, contents, pattern beside the file's name; each is refused with status 2.
HOSTILE = [
    ("an empty file", b"", "recording"),
    ("text", b"hello\n", "recording"),
    ("a JSON document", b'{"schema": "culprit.snapshot/1"}\n', "recording"),
    ("zeros", bytes(100000), "recording"),
    ("a recording of another version", b"culprit.recording/9\n" + bytes(100), "(version|/9|/1)"),
    ("a recording without a header", b"culprit.recording/1\n", "header"),
    ("a header of 4 GB", b"culprit.recording/1\n\1\0\0\0\xff\xff\xff\xff" + bytes(99), "frame 1"),
    ("a header that is none", b"culprit.recording/1\n\1\0\0\0\4\0\0\0abcd", "frame 1"),
]


def hostile(contents, pattern):
    with scratch() as directory:
        file = directory / "given"
        file.write_bytes(contents)
        for words in (("analyze",), ("export",), ("top", "--batch", "1")):
            run(*words, "--from", file).refuses(2, f"/given: .*{pattern}")
        run("replay", file, "--", "analyze").refuses(2, f"/given: .*{pattern}")


for title, contents_of_case, pattern_of_case in HOSTILE:
    case(f"refused as a recording: {title}")(
        lambda c=contents_of_case, p=pattern_of_case: hostile(c, p))


@case("refused as a recording: what is not there, a directory, what may not be read")
def no_file():
    with scratch() as directory:
        run("analyze", "--from", directory / "none").refuses(2, "/none: .*No such file")
        run("analyze", "--from", directory).refuses(2, f"{directory}: .*directory")
        run("analyze", "--from", "").refuses(2)
        run("analyze", "--from", "/dev/null").refuses(2, "/dev/null: ")


@case("a recording can be read from a pipe")
def from_pipe():
    reading, writing = os.pipe()
    with open(recording(), "rb") as file:
        cat = subprocess.Popen(["cat"], stdin=file, stdout=writing)
    os.close(writing)
    piped = run("analyze", "--from", "/dev/stdin", "-f", "json", stdin=reading).expect(err="")
    os.close(reading)
    cat.wait()
    expect(piped.out == read(recording()).out, "expected the same as from the file")


main()
