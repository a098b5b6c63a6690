#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Arguments, right and wrong, and outputs that cannot be written, of every subcommand."""
import json
import os
import pathlib
import shlex
import shutil

from harness import CULPRIT, NOBODY, case, commands, expect, main, run, scratch

SCHEMAS = pathlib.Path(__file__).parents[2] / "rules/schema"

# Name, words after culprit, status, pattern on stderr; each prints one line there and nothing on
# stdout. {dir} is a fresh directory.
REFUSED = [
    ("unknown subcommand", "frobnicate", 2, "no command 'frobnicate'"),
    ("an option instead of a subcommand", "--frobnicate", 2, "frobnicate"),
    ("a duration that is none", "analyze --duration soon", 2, "'soon' is not a duration"),
    ("a negative duration", "analyze --duration=-1", 2, "'-1' is not a duration"),
    ("a duration of nothing", "analyze --duration 0", 2, "'0' is not a duration"),
    ("a duration of years", "analyze --duration 1000d", 2, "'1000d' is not a duration"),
    ("a duration with trailing text", "analyze --duration 10sec", 2, "'10sec'"),
    ("an empty duration", "analyze --duration ''", 2, "(not a duration|argument)"),
    ("a value that is missing", "analyze --duration", 2, "duration"),
    ("a word that is too much", "analyze 10", 2, "analyze --help"),
    ("an option that is given twice", "analyze -d 1 -d 2", 2, "duration"),
    ("an abbreviated option", "analyze --dur 1", 2, "dur"),
    ("analyze knows its formats", "analyze --format xml", 2, "'xml'"),
    ("export knows its formats", "export --format json", 2, "'json'"),
    ("doctor knows its formats", "doctor --format yaml", 2, "'yaml'"),
    ("an interval that is none", "export --interval fast", 2, "'fast' is not a duration"),
    ("record has an interval that is none", "record {dir}/r -i x", 2, "'x' is not a duration"),
    ("record has a duration that is none", "record {dir}/r -d x", 2, "'x' is not a duration"),
    ("record wants a file", "record", 2, "name the file"),
    ("record keeps what is there", "record {dir}/there -d 1", 2, "/there: is there already"),
    ("record cannot write there", "record {dir}/none/r -d 1", 2, "/none/r: .*No such file"),
    ("replay wants a subcommand", "replay {dir}/there", 2, "SUBCOMMAND"),
    ("replay wants a file", "replay -- analyze", 2, "FILE"),
    ("replay knows its subcommands", "replay {dir}/there -- frobnicate", 2, "'frobnicate'"),
    ("processes are for openmetrics", "export --processes 3", 2, "openmetrics"),
    ("a number that is none", "export --format openmetrics --processes x", 2, "processes"),
    ("a number below zero", "export --format openmetrics --processes=-1", 2, "processes"),
    ("an unknown feature", "analyze --without sunshine", 2, "sunshine"),
    ("an unknown feature among known ones", "doctor --without sched,sunshine", 2, "sunshine"),
    ("an empty feature", "analyze --without ''", 2, "(without|feature)"),
    ("a recording holds what it holds", "analyze --from {dir}/there --without bpf", 2, "--without"),
    ("top wants 100ms or more", "top --interval 10ms", 2, "100ms"),
    ("top has such views", "top --view galaxies", 2, "galaxies"),
    ("top has such columns", "top --sort MOON%", 2, "MOON%"),
    ("top prints one frame or more", "top --batch 0", 2, "--batch"),
    ("top wants a terminal", "top", 2, "terminal"),
    ("why wants a target", "why", 2, "TARGET"),
    ("why wants one target", "why 1 2", 2, "why --help"),
    ("why knows its formats", "why 1 --format xml", 2, "'xml'"),
    ("why finds nobody", "why -d 0.1 no-such-name", 1, "no process, unit or task no-such-name"),
    ("flame knows its formats", "flame --format png", 2, "'png'"),
    ("flame wants a sensible frequency", "flame --frequency 0", 2, "--frequency takes 1 to"),
    ("flame wants a pid", "flame --pid=-1", 2, "--pid takes"),
    ("flame wants one subject", "flame --pid 1 --unit a", 2, "only one of them"),
    ("flame has a threshold for waits", "flame --threshold 1s", 2, "--off-cpu"),
    ("flame counts every wait", "flame --off-cpu --frequency 99", 2, "--frequency"),
    ("flame has a threshold that is none", "flame --off-cpu --threshold x", 2, "'x'"),
    ("flame finds no such unit", "flame -d 0.1 --unit no-such-unit", 1, "no unit no-such-unit"),
    ("flame can be refused", "flame -d 0.1 --without stack", 3, "no stacks: --without stack"),
    ("flame needs BPF", "flame -d 0.1 --without bpf", 3, "no stacks: "),
    ("rules are in a directory", "analyze --rules {dir}/none", 2, "/none: is no directory"),
    ("rules that are none", "analyze --rules {dir}/rules", 2, "/rules/a.json: /: "),
    ("check wants a file", "check", 2, "FILE"),
    ("check wants a file that is there", "check {dir}/none", 2, "/none: cannot be read"),
    ("check knows its documents", "check {dir}/there", 2, "{dir}/there: "),
    ("check wants thresholds", "check {dir}/there -t {dir}/none", 2, "/none: is not there"),
    ("check wants thresholds that are some", "check {dir}/there -t {dir}/there", 2, "/there: /: "),
    ("a daemon's configuration that is not there", "daemon -c {dir}/none", 2, "/none: cannot be read"),
    ("a daemon's configuration that is none", "daemon -c {dir}/there", 2, "/there: /: "),
    ("no daemon listens there", "analyze --socket {dir}/none", 3, "/none: no daemon answers: No such"),
    ("a daemon has probes of its own", "top -b 1 --socket {dir}/s --stacks", 2, "--stacks is for probes"),
    ("rules wants a verb", "rules", 2, "list.check.test"),
    ("rules knows its verbs", "rules frobnicate", 2, "list.check.test"),
    ("rules list takes no path", "rules list {dir}", 2, "only check takes paths"),
    ("rules check wants rules", "rules check {dir}/there", 2, "/there: /: "),
    ("rules check wants a path that is there", "rules check {dir}/none", 2, "/none: is not there"),
    ("rules test wants a recording", "rules test", 2, "--from RECORDING"),
    ("an output in no directory", "analyze -d 0.1 -o {dir}/none/out", 1, "/none/out: No such file"),
    ("an output that is a directory", "analyze -d 0.1 -o {dir}", 1, "{dir}: "),
    ("an output on a full device", "analyze -d 0.1 -o /dev/full", 1, "/dev/full: No space left"),
]


def refused(words, code, pattern):
    with scratch() as directory:
        (directory / "there").write_text("mine\n")
        (directory / "rules").mkdir()
        (directory / "rules/a.json").write_text("none\n")
        place = {"dir": directory}
        done = run(*(word.format(**place) for word in shlex.split(words)))
        done.refuses(code, pattern.format(**place))
        left = sorted(path.name for path in directory.iterdir())
        expect(left == ["rules", "there"], f"expected no other file than before, found {left}")
        expect((directory / "there").read_text() == "mine\n", "expected the file to be untouched")


for title, words_of_case, code_of_case, pattern_of_case in REFUSED:
    case(f"arguments: {title}")(
        lambda w=words_of_case, c=code_of_case, p=pattern_of_case: refused(w, c, p))


def every_subcommand():
    names = commands()
    expect(len(names) >= 6, f"expected the subcommands in the help, found {names}")
    for name in names:
        case(f"{name} --help tells its options")(
            lambda n=name: run(n, "--help").expect(out=f"^usage: culprit {n} ", err=""))
        case(f"{name} refuses an unknown option")(
            lambda n=name: run(n, "--frobnicate").refuses(2, "frobnicate"))
        case(f"{name} refuses stray words")(
            lambda n=name: run(n, "stray", "words").refuses(2))
        case(f"{name} --help into a full device is no success")(
            lambda n=name: into_full_device(n, "--help"))


def into_full_device(*words):
    with open("/dev/full", "wb") as full:
        done = run(*words, stdout=full)
    done.refuses(1, "(No space left|cannot be written)")


every_subcommand()


@case("no subcommand: the overview on stderr")
def no_subcommand():
    run().expect(code=2, out="", err="^usage: culprit COMMAND")


@case("--help and help: the overview on stdout")
def overview():
    for word in ("--help", "-h", "help"):
        run(word).expect(out="^usage: culprit COMMAND", err="")


@case("--version tells name and version")
def version():
    run("--version").expect(out=r"^culprit \d+\.\d+\.\d+$", err="")


WRITERS = {
    "analyze": ["analyze", "-d", "0.1"],
    "analyze --format json": ["analyze", "-d", "0.1", "-f", "json"],
    "why": ["why", "-d", "0.1", "culprit"],
    "export": ["export", "-d", "0.3", "-i", "0.1"],
    "export --format openmetrics": ["export", "-d", "0.3", "-i", "0.1", "-f", "openmetrics"],
    "flame": ["flame", "-d", "0.3"],
    "doctor": ["doctor"],
    "rules list": ["rules", "list"],
    "top --batch": ["top", "--batch", "2", "-i", "0.2"],
    "--help": ["--help"],
    "--version": ["--version"],
}
for title, words_of_writer in WRITERS.items():
    case(f"{title} into a full device is no success")(
        lambda w=words_of_writer: into_full_device(*w))


@case("record into a full device says so")
def record_full():
    with scratch() as directory, open("/dev/full", "wb") as full:
        done = run("record", directory / "r", "-d", "0.2", "-i", "0.1", stdout=full)
        done.refuses(1)


@case("record with stdout closed keeps stdout's words out of the recording")
def record_closed():
    with scratch() as directory:
        file = directory / "r"
        done = run("record", file, "-d", "0.2", "-i", "0.1", stdout=None,
                   preexec_fn=lambda: os.close(1))
        done.refuses(1)
        run("analyze", "--from", file).expect(out=".", err="")


def with_stdout_closed(words):
    run(*words, stdout=None, preexec_fn=lambda: os.close(1)).refuses(1)


for title, words_of_writer in WRITERS.items():
    case(f"{title} with stdout closed is no success")(
        lambda w=words_of_writer: with_stdout_closed(w))


def as_nobody(*words):
    """From a place where anybody may run it: the build tree may be ours alone."""
    with scratch() as directory:
        binary = shutil.copy(CULPRIT, directory)
        return run(*words, executable=binary, user=NOBODY, group=NOBODY, extra_groups=[])


@case("not root: analyze answers from /proc and says why")
def analyze_not_root():
    snapshot = as_nobody("analyze", "-d", "0.3", "-f", "json").expect().json()
    expect(snapshot["collector"]["mode"] == "proc", "expected mode proc")
    reasons = {probe["reason"] for probe in snapshot["collector"]["probes"]}
    expect(any("root" in (reason or "") for reason in reasons), f"expected root in {reasons}")


@case("not root: export answers from /proc")
def export_not_root():
    lines = as_nobody("export", "-d", "0.5", "-i", "0.2").expect().out.splitlines()
    expect(len(lines) >= 2, f"expected two snapshots or more, found {len(lines)}")


@case("not root: doctor tells that root is missing, with status 3")
def doctor_not_root():
    as_nobody("doctor").expect(code=3, out="root", err="")


@case("not root: top --batch answers from /proc")
def top_not_root():
    as_nobody("top", "--batch", "1", "-i", "0.2").expect(out="PID USER")


@case("not root: a directory that is not ours is no place for a file")
def output_not_root():
    with scratch() as directory:
        as_nobody("analyze", "-d", "0.1", "-o", directory / "out").refuses(1, "Permission denied")
        as_nobody("record", directory / "out", "-d", "0.1").refuses(2, "Permission denied")


@case("rules list tells the kinds of rows that the schema of rules knows")
def rules_and_their_schema():
    lines = run("rules", "list", "--fields").expect(err="").out.splitlines()
    schema = json.loads((SCHEMAS / "finding-rules-1.schema.json").read_text())
    known = schema["$defs"]["rule"]["properties"]["on"]["enum"]
    expect({line.split("\t")[0] for line in lines} == set(known), f"expected rows of {known}")


@case("check: an analysis against thresholds, with an exit code")
def check_analysis():
    with scratch() as directory:
        file, strict, loose = directory / "a.json", directory / "strict", directory / "loose"
        run("analyze", "-d", "0.3", "-f", "json", "-o", file).expect(out="", err="")
        limit = '{"system_thresholds": {"memory_usage_percent": {"warning": %s, "critical": %s}}}'
        strict.write_text(limit % (0, 0))
        loose.write_text(limit % (100, 100))
        run("check", file, "-t", strict).expect(code=1, out="^FAIL: memory_usage_percent ", err="")
        run("check", file, "-t", loose).expect(out="^PASS: 1 of 1 thresholds", err="")


@case("rules: an own one is checked, listed and speaks")
def own_rule():
    with scratch() as directory:
        (directory / "mine.json").write_text("""// Holds on every host.
            {"rules": [{"id": "host.mine", "title": "Mine", "on": "host", "severity": "critical",
                        "when": {"field": "processes.count", "above": 1},
                        "summary": "there are {processes.count}"}]}""")
        run("rules", "check", directory).expect(out="rules, with those of 1 files", err="")
        run("rules", "list", "--rules", directory).expect(out="^host.mine\thost\tMine", err="")
        run("analyze", "-d", "0.3", "--rules", directory).expect(
            out="critical +there are [0-9]+", err="")


main()
