#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""culprit flame: what each format holds after a real run, read back by other means."""
import contextlib
import gzip
import json
import os
import pathlib
import re
import signal
import subprocess
import xml.etree.ElementTree

from harness import case, ended, expect, main, run, scratch, start, until, workload

SVG = "{http://www.w3.org/2000/svg}"


def flame(*words, seconds="2"):
    return run("flame", "-d", seconds, *words, timeout=60).expect(err="")


def folded(text):
    """Stacks as {(frames): count}."""
    stacks = {}
    for line in text.splitlines():
        frames, _, count = line.rpartition(" ")
        stacks[tuple(frames.split(";"))] = int(count)
    return stacks


def share(stacks, function):
    return (sum(weight for frames, weight in stacks.items() if function in frames)
            / sum(stacks.values()))


def expect_shares(stacks, tolerance=0.06):
    for function, wanted in (("hot_sixty", 0.6), ("hot_thirty", 0.3), ("hot_ten", 0.1)):
        found = share(stacks, function)
        expect(abs(found - wanted) < tolerance, f"{function}: expected {wanted}, found {found}")


@case("folded: the shares of a process")
def folded_shares():
    with workload("hotspots", "--seconds", "30") as process:
        stacks = folded(flame("--pid", process.pid, seconds="4").out)
    expect_shares(stacks)
    for frames in stacks:
        expect(frames[0] == "hotspots", f"expected the process outermost: {frames}")
    expect(share(stacks, "main_loop") > 0.9, "expected main_loop on nearly all stacks")


@case("folded: the kernel's functions are marked")
def kernel_functions():
    with workload("hotspots", "--kernel", "--seconds", "30") as process:
        stacks = folded(flame("--pid", process.pid).out)
    found = share(stacks, "vfs_read_[k]")
    expect(0.35 < found < 0.65, f"expected half of it in vfs_read, found {found}")


@case("folded: of the whole host, with other processes")
def whole_host():
    with workload("hotspots", "--seconds", "30"), workload("burn", "--seconds", "30"):
        processes = {frames[0] for frames in folded(flame().out)}
    expect({"hotspots", "burn"} <= processes, f"expected both workloads in {processes}")


@case("folded: of one unit, as analyze names it")
def one_unit():
    with workload("hotspots", "--seconds", "30") as process:
        rows = run("analyze", "-d", "0.5", "-f", "json").expect().json()["processes"]
        (unit,) = {row["cgroup"] for row in rows if row["pid"] == process.pid}
        done = flame("--unit", unit)
    expect("hotspots" in {frames[0] for frames in folded(done.out)}, f"expected it in {unit}")


@case("off-cpu: where a sleeper sleeps, in microseconds")
def off_cpu():
    with workload("sleeper", "--how", "nanosleep", "--seconds", "30") as process:
        stacks = folded(flame("--pid", process.pid, "--off-cpu").out)
    seconds = sum(stacks.values()) / 1e6
    # What it waits for a CPU is not sleep; the live tests hold it against its own books.
    expect(1 < seconds < 2.3, f"expected 2 s of sleep, found {seconds}")
    expect(share(stacks, "hrtimer_nanosleep_[k]") > 0.95, f"expected nanosleep in {stacks}")


def fields(data):
    """A protobuf message as a list of (field, number or bytes)."""
    found, at = [], 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7

    while at < len(data):
        tag = varint()
        if tag & 7 == 0:
            found.append((tag >> 3, varint()))
            continue
        expect(tag & 7 == 2, f"expected a number or bytes, found type {tag & 7}")
        size = varint()
        expect(at + size <= len(data), "expected the field's bytes to be there")
        found.append((tag >> 3, data[at:at + size]))
        at += size
    return found


def numbers(data):
    values, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            values.append(value)
            value = shift = 0
    return values


@case("pprof: decoded, the stacks have the same shares")
def pprof():
    with scratch() as directory, workload("hotspots", "--seconds", "30") as process:
        flame("--pid", process.pid, "-f", "pprof", "-o", directory / "p", seconds="4")
        profile = fields(gzip.decompress((directory / "p").read_bytes()))
    texts = [value.decode() for field, value in profile if field == 6]
    expect(texts[0] == "", "expected an empty text first")
    functions = {}
    for field, value in profile:
        if field == 5:
            function = dict(fields(value))
            functions[function[1]] = texts[function[2]]
    locations = {}
    for field, value in profile:
        if field == 4:
            location = dict(fields(value))
            locations[location[1]] = functions[dict(fields(location[4]))[1]]
    stacks = {}
    for field, value in profile:
        if field == 2:
            sample = dict(fields(value))
            frames = tuple(locations[one] for one in reversed(numbers(sample[1])))
            count, nanoseconds = numbers(sample[2])
            expect(nanoseconds == count * (10**9 // 499), f"expected periods of 499 Hz: {sample}")
            stacks[frames] = stacks.get(frames, 0) + count
    expect_shares(stacks)
    types = [tuple(texts[number] for _, number in fields(value))
             for field, value in profile if field == 1]
    expect(types == [("samples", "count"), ("cpu", "nanoseconds")], f"found {types}")


@case("speedscope: what its schema asks for, and the same shares")
def speedscope():
    with workload("hotspots", "--seconds", "30") as process:
        document = flame("--pid", process.pid, "-f", "speedscope", seconds="4").json()
    expect(document["$schema"] == "https://www.speedscope.app/file-format-schema.json", "schema")
    frames = document["shared"]["frames"]
    expect(all(isinstance(frame["name"], str) and set(frame) <= {"name", "file", "line", "col"}
               for frame in frames), "expected frames with a name")
    (profile,) = document["profiles"]
    expect(set(profile) == {"type", "name", "unit", "startValue", "endValue", "samples", "weights"},
           f"found {set(profile)}")
    expect(profile["type"] == "sampled" and profile["unit"] == "nanoseconds", "type and unit")
    expect(len(profile["samples"]) == len(profile["weights"]), "expected a weight for each sample")
    expect(profile["endValue"] == sum(profile["weights"]), "expected the weights up to the end")
    stacks = {}
    for sample, weight in zip(profile["samples"], profile["weights"]):
        expect(all(0 <= number < len(frames) for number in sample), "expected frames that exist")
        names = tuple(frames[number]["name"] for number in sample)
        stacks[names] = stacks.get(names, 0) + weight
    expect_shares(stacks)


@case("svg: well-formed, boxes within their parents, shares told")
def svg():
    with workload("hotspots", "--seconds", "30") as process:
        text = flame("--pid", process.pid, "-f", "svg", seconds="4").out
    root = xml.etree.ElementTree.fromstring(text)
    shares, boxes = {}, []
    for group in root.find(f"{SVG}g[@id='frames']"):
        told = group.find(f"{SVG}title").text.split("\n")
        rect = group.find(f"{SVG}rect")
        boxes.append([float(rect.get(name)) for name in ("x", "y", "width")])
        shares[told[0]] = float(re.search(r"([\d.]+) %", told[2])[1]) / 100
    for function, wanted in (("hot_sixty", 0.6), ("hot_thirty", 0.3), ("hot_ten", 0.1)):
        expect(abs(shares[function] - wanted) < 0.06, f"{function}: found {shares[function]}")
    for x, y, width in boxes[1:]:
        expect(any(abs(y - py - 17) < 1 and px - 0.02 <= x and x + width <= px + pwidth + 0.02
                   for px, py, pwidth in boxes), f"expected a parent above {x} {y} {width}")
    expect("http" not in re.sub(r"http://www\.w3\.org/\S+", "", text), "expected no other address")


@case("what Node compiled while it ran has its name from the perf map")
def compiled_functions():
    with scratch() as directory:
        script = directory / "busy.js"
        script.write_text("function busyLoop() { let sum = 0; for (let i = 0; i < 1e7; i++) sum += i;"
                          " return sum; }\nconst end = Date.now() + 30000;\n"
                          "while (Date.now() < end) busyLoop();\n")
        process = subprocess.Popen(["node", "--perf-basic-prof", script], cwd=directory)
        try:
            map_file = pathlib.Path(f"/tmp/perf-{process.pid}.map")
            expect(until(lambda: map_file.exists() and "busyLoop" in map_file.read_text(), 15),
                   "expected Node's perf map")
            stacks = folded(flame("--pid", process.pid).out)
        finally:
            process.kill()
            process.wait()
            map_file.unlink(missing_ok=True)
    found = sum(weight for frames, weight in stacks.items()
                if any("busyLoop" in frame for frame in frames)) / sum(stacks.values())
    expect(found > 0.8, f"expected busyLoop on nearly all stacks, found {found}: {stacks}")


PYTHON = """
import asyncio, hashlib, json, sys, time

def burn(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        json.dumps([dict.fromkeys(range(40))] * 3, default=repr)
        hashlib.sha256(b"x" * 20000).hexdigest()

def hot(): burn(0.007)
def warm(): burn(0.003)
def turn(): hot(); warm()
def doze(): time.sleep(0.02)

async def refresh():
    while True:
        burn(0.006)
        await asyncio.sleep(0)

async def collect():
    while True:
        burn(0.004)
        await asyncio.sleep(0)

async def both():
    await asyncio.gather(refresh(), collect())

def main(how):
    print("ready", flush=True)
    if how == "asyncio":
        asyncio.run(both())
    while True:
        turn() if how == "cpu" else doze()

main(sys.argv[1])
"""


@contextlib.contextmanager
def python(how):
    """Debian's Python, which is built without frame pointers."""
    with scratch() as directory:
        program = directory / "program.py"
        program.write_text(PYTHON)
        process = subprocess.Popen(["/usr/bin/python3", program, how], stdout=subprocess.PIPE)
        try:
            expect(process.stdout.readline() == b"ready\n", "expected the program to start")
            yield process
        finally:
            process.kill()
            process.communicate()


def share_below(stacks, *callers):
    """Of stacks that have these frames next to one another."""
    wanted = ";" + ";".join(callers) + ";"
    return (sum(weight for frames, weight in stacks.items()
                if wanted in ";" + ";".join(frames) + ";") / sum(stacks.values()))


@case("python: functions in place of the interpreter's, with their shares")
def python_functions():
    with python("cpu") as process:
        stacks = folded(flame("--pid", process.pid, seconds="6").out)
    for function, wanted in (("hot", 0.7), ("warm", 0.3)):
        found = share_below(stacks, "<module>", "main", "turn", function, "burn")
        expect(abs(found - wanted) < 0.05, f"{function}: expected {wanted}, found {found}")
    for frames in stacks:
        expect(not any(frame.startswith("_PyEval_") for frame in frames), f"found {frames}")
    found = share_below(stacks, "burn", "dumps")
    expect(found > 0.05, f"expected functions that native code does not part: found {found}")


@case("python: functions from the first sample on")
def python_from_the_start():
    with python("cpu") as process:
        stacks = folded(flame("--pid", process.pid, "--frequency", "5000", seconds="0.3").out)
    without = {frames: samples for frames, samples in stacks.items() if "<module>" not in frames}
    # Of 300,000 samples, one hits a moment at which there are no frames to be read.
    expect(sum(without.values()) <= 1, f"found {without}")


@case("python: off-cpu, the function that sleeps")
def python_sleeps():
    with python("sleep") as process:
        stacks = folded(flame("--pid", process.pid, "--off-cpu").out)
    found = share_below(stacks, "<module>", "main", "doze")
    expect(found > 0.95, f"expected doze, found {found}: {stacks}")


@case("python: one of two coroutines, by its name")
def python_task():
    with python("asyncio") as process:
        stacks = folded(flame("--task", "refresh", seconds="4").out)
        both = folded(flame("--pid", process.pid, seconds="4").out)
        run("flame", "-d", "0.5", "--task", "nobody's").refuses(1, "no task nobody's")
    expect(share(stacks, "refresh") > 0.98, f"expected refresh alone: {stacks}")
    expect(share(stacks, "collect") == 0, f"expected nothing of collect: {stacks}")
    found = share(both, "refresh")
    expect(abs(found - 0.6) < 0.05, f"expected 60 % in refresh, found {found}")


@case("why tells a process's hottest stacks when asked")
def hottest():
    with python("cpu") as process:
        done = run("why", process.pid, "-d", "3", "--stacks").expect(out="Its hottest stacks")
        expect("burn < hot < turn < main" in done.out, f"expected hot's stack\n{done.out}")


@case("an interrupt ends the watching, and what was found is written")
def interrupted():
    with workload("hotspots", "--seconds", "30") as process:
        watcher = start("flame", "-d", "1h", "--pid", process.pid)
        expect(until(lambda: holds_stack_program(watcher.pid), 15), "expected the program loaded")
        until(lambda: False, 1)
        watcher.send_signal(signal.SIGINT)
        done = ended(watcher).expect(err="")
    expect(share(folded(done.out), "hot_sixty") > 0.3, "expected stacks")


def holds_stack_program(pid):
    """Several perf events are open once the clocks run."""
    links = 0
    for descriptor in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            links += os.readlink(descriptor) == "anon_inode:[perf_event]"
        except OSError:
            pass
    return links > 0


@case("a recording with stacks replays as a flame graph, another says that it has none")
def recorded():
    with scratch() as directory, workload("hotspots", "--seconds", "30") as process:
        run("record", directory / "with", "-d", "4", "--stacks", timeout=60).expect()
        run("record", directory / "without", "-d", "0.3", "-i", "0.1").expect()
        done = run("flame", "--from", directory / "with", "--pid", process.pid).expect(err="")
        expect_shares(folded(done.out), tolerance=0.15)
        run("replay", directory / "with", "--", "flame", "--format", "svg").expect(out="^<svg")
        run("flame", "--from", directory / "without").refuses(1, "without: holds no stacks")
        run("flame", "--from", directory / "with", "--frequency", "9").refuses(2, "--frequency")


@case("a program that was never on a CPU says so")
def idle_process():
    with workload("sleeper", "--how", "pause", "--period-ms", "60000", "--seconds", "60") as process:
        run("flame", "-d", "0.5", "--pid", process.pid).refuses(1)


@case("json of speedscope is one line")
def one_line():
    with workload("hotspots", "--seconds", "30"):
        text = flame("-f", "speedscope", seconds="0.5").out
    expect(len(text.splitlines()) == 1 and json.loads(text), "expected one line")


main()
