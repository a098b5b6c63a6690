# SPDX-License-Identifier: Apache-2.0
"""Units as a service manager makes them: cgroups, of version 1 or 2, of which one has limits where
they are asked for."""
import contextlib
import os
import pathlib
import re

from harness import expect, until

ROOT = pathlib.Path("/sys/fs/cgroup")
PARENT = "scenarios.slice"
SLICE = "slice"  # the name of what all units are in
ACCOUNTED = ("memory", "pids")  # what a service manager accounts for without being asked
PERIOD_US = 100_000


def unified():
    return (ROOT / "cgroup.controllers").exists()


class Unit:
    """cpus: as many may be used; memory: bytes or "64M"; pids: as many tasks."""

    def __init__(self, name, cpus=None, memory=None, pids=None):
        self.name = name
        self.limits = limits(cpus, memory, pids)
        path = PARENT if name == SLICE else f"{PARENT}/{name}"
        controllers = {*ACCOUNTED, *(file.split(".")[0] for file, _ in self.limits)}
        if unified():
            self.places = {None: ROOT / path}
        else:
            self.places = {one: ROOT / one / path for one in sorted(controllers)}

    def make(self):
        for controller, place in self.places.items():
            place.mkdir(parents=True, exist_ok=True)
            if controller is None:
                for parent in (ROOT, ROOT / PARENT):
                    (parent / "cgroup.subtree_control").write_text("+cpu +memory +pids")
        for file, value in self.limits:
            (self.places[None if unified() else file.split(".")[0]] / file).write_text(value)

    @contextlib.contextmanager
    def inside(self):
        """What is started within the block is started in this unit."""
        before = {one: joined(one) for one in self.places}
        self.move(self.places)
        try:
            yield
        finally:
            self.move(before)

    @staticmethod
    def move(places):
        for place in places.values():
            (place / "cgroup.procs").write_text(str(os.getpid()))

    def remove(self):
        for place in self.places.values():
            if not place.exists():
                continue
            empty = until(lambda: not (place / "cgroup.procs").read_text(), 10)  # noqa: B023
            expect(empty, f"{place}: still has processes")
            place.rmdir()
            if place.name != PARENT and not any(one.is_dir() for one in place.parent.iterdir()):
                place.parent.rmdir()


def limits(cpus, memory, pids):
    found = []
    if cpus and unified():
        found.append(("cpu.max", f"{int(cpus * PERIOD_US)} {PERIOD_US}"))
    elif cpus:
        found.append(("cpu.cfs_period_us", str(PERIOD_US)))
        found.append(("cpu.cfs_quota_us", str(int(cpus * PERIOD_US))))
    if memory:
        found.append(("memory.max" if unified() else "memory.limit_in_bytes", str(memory)))
    if pids:
        found.append(("pids.max", str(pids)))
    return found


def joined(controller):
    """The cgroup of that controller in which this process is."""
    pattern = r"^0::(.*)$" if controller is None else rf"^\d+:(?:.*,)?{controller}(?:,.*)?:(.*)$"
    path = re.search(pattern, pathlib.Path("/proc/self/cgroup").read_text(), re.MULTILINE)[1]
    return ROOT / (controller or "") / path.lstrip("/")
