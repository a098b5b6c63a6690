# SPDX-License-Identifier: Apache-2.0
"""culprit as it watches all the time: its snapshots, with the moment at which each was told."""
import json
import os
import pathlib
import re
import subprocess
import threading
import time

from harness import CULPRIT, ROOT, expect, until

RULES = ROOT / "rules/findings"


class Watch:
    """From the first snapshot on, once it has been entered; of one second each."""

    def __init__(self, rules):
        self.rules, self.lines = rules, []
        self.process = self.reader = None

    def __enter__(self):
        words = [CULPRIT, "export", "--interval", "1", "--no-attach", "--rules", self.rules]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        self.reader = threading.Thread(target=self.read)
        self.reader.start()
        try:
            expect(until(lambda: self.lines or self.process.poll() is not None, 15)
                   and self.process.poll() is None, "culprit export gave nothing in 15 s")
        except BaseException:
            self.__exit__()
            raise
        return self

    def read(self):
        for line in self.process.stdout:
            self.lines.append((time.monotonic(), line))

    def __exit__(self, *_):
        self.process.terminate()
        self.reader.join()
        self.process.wait()

    def documents(self):
        """(moment, snapshot); to be asked for when it is over, amid a line perhaps."""
        return [(moment, json.loads(line)) for moment, line in self.lines
                if line.endswith(b"\n")]


def write_rules(directory, shorter):
    """Copies of the shipped rules whose trends take `shorter` windows, {id: window}."""
    rules = [rule for rule in shipped() if rule["id"] in shorter]
    expect(len(rules) == len(shorter), f"expected a rule for each of {shorter}")
    for rule in rules:
        expect("over" in rule["when"], f"expected a trend: {rule['id']}")
        rule["when"]["over"] = shorter[rule["id"]]
    if rules:
        (pathlib.Path(directory) / "shorter.json").write_text(json.dumps({"rules": rules}))


def shipped():
    for path in sorted(RULES.glob("*.json")):
        text = re.sub(r"^\s*//.*$", "", path.read_text(), flags=re.MULTILINE)
        yield from json.loads(text)["rules"]


def children():
    """The processes that this one started and that are there."""
    found = set()
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            stat = pathlib.Path(entry.path, "stat").read_text()
        except OSError:
            continue  # it ended meanwhile
        if int(stat.rpartition(")")[2].split()[1]) == os.getpid():
            found.add(int(entry.name))
    return found
